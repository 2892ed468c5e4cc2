#pragma once

// One ingest transaction over one connection, in this order: shared (station, week) locks; batch
// ids; high-water rows; rows; dirty marks, positions, marks of what was stored; COMMIT. Runs once
// and blocks; not thread safe.
//
// Why a verdict can be trusted:
//  * the shared (station, week) lock keeps the sealer out, so "sealed" cannot change between our look and our commit;
//  * a batch id that another transaction is writing makes us wait for its end, and a new statement then sees what it
//  answered;
//  * the high-water rows are locked in key order, so two transactions never insert rows of one (station, signal) at
//  once nor
//    wait for each other in a circle;
//  * rows that were not inserted are compared in a new statement, which sees what was committed while the insert
//  waited.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/observation/observation.h"
#include "storage/ingest/ingest_group.h"
#include "storage/postgres/pg_connection.h"

namespace tremorcast {

class IngestTransaction {
 public:
  struct Outcome {
    std::vector<absl::StatusOr<BatchResult>> results;  // one per batch; to be handed out only after the commit
    int64_t straight_rows = 0;                         // stored through COPY into the partition
    int64_t careful_rows = 0;                          // gone through the staging table
  };

  IngestTransaction(PgConnection* connection, const IngestGroup& group, absl::Time deadline)
      : connection_(connection), group_(group), deadline_(deadline) {}

  // Everything up to the commit. On an error the caller rolls back. `allow_straight` false: all
  // rows take the careful path. SqlStateOf tells a unique violation in a straight copy (another
  // process wrote past our back) and a missing partition.
  absl::StatusOr<Outcome> Prepare(bool allow_straight);
  // After Prepare: weeks of the group that retention dropped. Not empty: Prepare failed and nothing
  // may be stored.
  const std::set<absl::Time>& dropped_weeks() const { return dropped_weeks_; }
  absl::Status Commit(absl::Duration patience) { return connection_->Commit(deadline_, patience); }

 private:
  absl::StatusOr<SqlRows> Exec(const std::string& sql, const SqlParams& params = SqlParams());
  absl::Status Arm();

  absl::Status Begin();
  absl::Status LockStationWeeks();
  absl::Status ClaimBatchIds();
  absl::Status InsertBatchIds();
  absl::StatusOr<bool> LookUpBatchIds();
  absl::Status DropExpired();
  absl::Status ReadSealed();
  absl::Status LockHighWater();
  absl::Status CopyStraight(const IngestPaths& paths);
  absl::Status CopyCareful(const IngestPaths& paths);
  absl::Status CompareCareful(const IngestPaths& paths, const std::string& target, int64_t inserted);
  absl::Status WriteMarks();
  absl::Status WriteHighWater();
  absl::Status WritePositions();
  absl::Status WriteVerdicts();
  void AnswerRepeatedIds();
  RowVerdict StoredVerdict(const PlannedRow& row) const;
  void SetVerdict(const PlannedRow& row, RowVerdict verdict);

  PgConnection* const connection_;
  const IngestGroup& group_;
  const absl::Time deadline_;
  absl::Time armed_at_ = absl::InfinitePast();

  std::vector<uint32_t> id_order_;   // batches with an id of their own, sorted by (station, id); filled once
  std::vector<bool> is_new_;         // per batch: its rows are to be stored
  std::vector<bool> sealed_;         // per station-week
  std::vector<int64_t> high_water_;  // slot index per station-signal
  std::set<absl::Time> dropped_weeks_;
  Outcome outcome_;
};

}  // namespace tremorcast
