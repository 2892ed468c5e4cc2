#pragma once

// Takes stations, regions and events to and from a server, page by page. Each call blocks; errors
// are the server's.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <absl/types/span.h>

#include "cli/calls/client.h"
#include "core/catalogue/event.h"
#include "core/network/station_network.h"
#include "tremorcast/v1/catalog_service.pb.h"
#include "tremorcast/v1/network_service.pb.h"

namespace tremorcast::cli {

grpc::Status FetchStations(const Client& client, std::vector<v1::Station>& stations);
grpc::Status FetchRegions(const Client& client, std::vector<v1::Region>& regions);

struct UpsertCounts {
  int64_t created = 0, changed = 0, unchanged = 0;
};
// Writes them one by one; `counts` says how far it came.
grpc::Status UpsertStations(const Client& client, absl::Span<const Station> stations, UpsertCounts& counts);
grpc::Status UpsertRegions(const Client& client, absl::Span<const Region> regions, UpsertCounts& counts);

struct EventImportCounts {
  int64_t inserted = 0, revised = 0, unchanged = 0;
};
// Sends them in requests of at most 5,000, each of which is taken whole or not at all. Afterwards
// it tells the service that each source of `complete_until` is complete up to that time.
grpc::Status ImportEvents(const Client& client, absl::Span<const SeismicEvent> events,
                          const std::map<std::string, absl::Time>& complete_until, EventImportCounts& counts);

}  // namespace tremorcast::cli
