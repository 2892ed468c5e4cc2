#pragma once

// Rows as the service keeps them. What all ports promise (threads, blocking, errors):
// core/ports/README.md.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/observation/observation.h"

namespace tremorcast {

struct LatestObservation {
  StationId station;
  Signal signal;
  Slot slot;
};

class ObservationStore {
 public:
  virtual ~ObservationStore() = default;

  // Stores many batches in one transaction and returns only after its commit is durable. One result
  // per batch, in order. A batch with a fault of its own fails alone: AlreadyExists (batch id known
  // with other content), InvalidArgument. Unavailable / DeadlineExceeded apply to the whole group
  // and say nothing about whether it was committed: send again. Rows with checked[i].verdict ==
  // kRejected are skipped. A batch holding a kUnknownStation or kStationNotValid rejection is not
  // recorded under its id, so that it may be sent again once the station is known.
  virtual std::vector<absl::StatusOr<BatchResult>> Ingest(absl::Span<const ObservationBatch* const> group,
                                                          absl::Time deadline) = 0;

  // The token of the last committed batch of (station, source); nothing when there is none.
  virtual absl::StatusOr<std::optional<std::string>> Position(const StationId& station, absl::string_view source) = 0;

  // Newest stored slot per station and signal, station order.
  virtual absl::StatusOr<std::vector<LatestObservation>> Latest() = 0;
  virtual absl::StatusOr<int64_t> CountRows(const StationId& station, Signal signal) = 0;

  // Partitions for every week touching `period` exist afterwards (made ahead by a job).
  virtual absl::Status EnsurePartitions(const Interval& period) = 0;
};

}  // namespace tremorcast
