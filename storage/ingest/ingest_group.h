#pragma once

// What a group of batches asks of the database, worked out before the transaction: which batches
// may go on, which keys to lock, and one small record per row. Pure; points into the batches, which
// must outlive it.

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/observation/observation.h"

namespace tremorcast {

struct PlannedBatch {
  const ObservationBatch* batch = nullptr;
  absl::Status status;    // not OK: never sent to the database
  bool recorded = false;  // its id is kept, see BatchIsRecorded
  int same_id_as = -1;    // an earlier recorded batch of this group with the same station and id: stores nothing itself
  uint32_t first_row = 0, end_row = 0;  // in IngestGroup::rows
};

struct PlannedRow {
  uint32_t batch = 0;
  uint32_t row = 0;             // in the batch
  uint32_t station_week = 0;    // in IngestGroup::station_weeks
  uint32_t station_signal = 0;  // in IngestGroup::station_signals
};

struct PlannedStationWeek {
  std::string station;
  absl::Time week;
  uint32_t week_index = 0;  // in IngestGroup::weeks
  friend bool operator<(const PlannedStationWeek& a, const PlannedStationWeek& b) {
    return a.station != b.station ? a.station < b.station : a.week < b.week;
  }
};

struct StationSignal {
  std::string station;
  Signal signal = Signal::kMagn;
  friend auto operator<=>(const StationSignal&, const StationSignal&) = default;
};

struct IngestGroup {
  std::vector<PlannedBatch> batches;              // as given
  std::vector<PlannedRow> rows;                   // batch by batch, rejected rows left out
  std::vector<absl::Time> weeks;                  // sorted
  std::vector<PlannedStationWeek> station_weeks;  // sorted
  std::vector<StationSignal> station_signals;     // sorted

  const ObservationRow& row(const PlannedRow& r) const { return batches[r.batch].batch->rows[r.row]; }
};

IngestGroup PlanIngest(absl::Span<const ObservationBatch* const> batches);

// How the rows of the batches that are new go in, given the newest stored slot per station and
// signal.
struct IngestPaths {
  // Past the high-water mark and met for the first time: no such key can exist. One list per week
  // of the group.
  std::vector<std::vector<uint32_t>> straight;  // indices into IngestGroup::rows
  std::vector<uint32_t> careful;                // everything else, in order
  std::vector<bool> repeated;                   // parallel to `careful`: an earlier row of the group has this key
  bool any_repeated = false;
};
IngestPaths ChoosePaths(const IngestGroup& group, const std::vector<bool>& batch_is_new,
                        absl::Span<const int64_t> high_water_slots, bool allow_straight);

}  // namespace tremorcast
