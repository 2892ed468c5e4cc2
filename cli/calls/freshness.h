#pragma once

// How new the stored rows are, and how many weeks still wait to be sealed.

#include <cstdint>
#include <optional>
#include <vector>

#include <absl/time/time.h>

#include "cli/calls/client.h"
#include "tremorcast/v1/ingest_service.pb.h"

namespace tremorcast::cli {

struct Freshness {
  std::vector<v1::StationFreshness> rows;    // station order
  absl::Time newest = absl::InfinitePast();  // start of the newest slot of all
  std::optional<int64_t> unsealed_weeks;     // nothing when the server does not say
};

grpc::Status FetchFreshness(const Client& client, Freshness& freshness);

}  // namespace tremorcast::cli
