#pragma once

// What an operator does to stored rows, beyond ingestion: drops what is older than the retention,
// corrects a row, looks at the state of the tables. Every act stays on record.
//
// MaintenanceStore is implemented by storage/ over PostgreSQL. Thread safe; every call blocks on
// I/O. Errors as in core/ports/README.md, others per call.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "core/observation/feature_schema.h"

namespace tremorcast {

// A week of stored rows that is older than the retention. Its rows may go only when every station's
// week is sealed and none got rows since: then each row is in a window that stays.
struct ExpiredWeek {
  absl::Time week;            // start
  int64_t station_weeks = 0;  // stations with rows in it
  int64_t unsealed = 0;       // of these: without a window
  int64_t dirty = 0;          // of these: rows came, or were corrected, after the newest window

  bool droppable() const { return unsealed == 0 && dirty == 0; }
};

struct CorrectionRequest {
  StationId station;
  Signal signal = Signal::kMagn;
  Slot slot;
  // Index within the signal's features, new value; the other features keep theirs. Each index at
  // most once.
  std::vector<std::pair<int, float>> values;
  std::string reason;
  std::string actor;
  absl::Time corrected_at;
};

struct Correction {
  int64_t sequence = 0;
  StationId station;
  Signal signal = Signal::kMagn;
  Slot slot;
  absl::Time corrected_at;
  std::string actor;
  std::string reason;
  std::vector<float> old_values, new_values;  // the whole row, schema order
  bool week_was_sealed = false;               // so that its station-week gets a new window revision
};

// What only the database can tell of itself.
struct StoreState {
  absl::Time database_time;
  int schema_version = 0;          // last migration applied
  int program_schema_version = 0;  // last migration of this program
  // End of the unbroken run of week partitions that begins with the week of `now`; that week's
  // start when it has none.
  absl::Time partitions_until;
  std::vector<std::string> orphaned_partitions;  // tables of a week that belong to no table any more
  int64_t week_tables = 0;                       // weeks that have a table
  int64_t lock_slots = 0;                        // locks that all transactions together may hold
  bool leader_present = false;                   // some replica holds the leader lock
  bool trainer_present = false;                  // a run holds the trainer's lock of one of the rungs
  int64_t dirty_weeks = 0;
  std::optional<absl::Time> oldest_dirty_mark;
  int64_t unsealed_weeks = 0;                 // station-weeks that ended before `now` without a window
  std::optional<absl::Time> oldest_unsealed;  // start of the oldest of these weeks
};

class MaintenanceStore {
 public:
  virtual ~MaintenanceStore() = default;

  // Weeks with stored rows that end at or before `before`, oldest first.
  virtual absl::StatusOr<std::vector<ExpiredWeek>> ExpiredWeeks(absl::Time before) = 0;
  // Drops the rows of one week for good; how many. Windows, forecasts and verdicts stay. Rows of
  // the week are rejected from then on. FailedPrecondition: a station's week is unsealed or dirty,
  // or its rows are not all in a window; nothing was dropped. DeadlineExceeded: readers kept the
  // table; nothing was dropped, try later.
  virtual absl::StatusOr<int64_t> DropWeek(absl::Time week, absl::Time now) = 0;

  // Changes a stored row, keeps the old values on record, and marks exactly its station-week dirty
  // when that was sealed. The row counts as known from `corrected_at` on, so nothing "as of" an
  // earlier moment changes. Sent again, gives the entry of the first time. NotFound: no such row.
  // FailedPrecondition: the row has these values already, or retention dropped its week.
  // InvalidArgument: no values, an index twice or out of range, a value that is not finite.
  virtual absl::StatusOr<Correction> Correct(const CorrectionRequest& request) = 0;
  // Newest first; `station` empty = all; only entries below `before_sequence`.
  virtual absl::StatusOr<std::vector<Correction>> Corrections(const std::optional<StationId>& station,
                                                              int64_t before_sequence, int limit) = 0;

  virtual absl::StatusOr<StoreState> State(absl::Time now) = 0;
};

}  // namespace tremorcast
