#pragma once

// ObservationStore over PostgreSQL: groups of batches through IngestTransaction, and the little
// that is read back. Thread safe; blocks on I/O.

#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/ports/observation_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pool.h"
#include "storage/postgres/sql_session.h"
#include "storage/schema/partitions.h"

namespace tremorcast {

class PgObservationStore : public ObservationStore {
 public:
  struct Options {
    // How long a COMMIT may take beyond the deadline before its connection is given up (never
    // cancelled).
    absl::Duration commit_patience = absl::Seconds(30);
    // Off: every row takes the careful path.
    bool straight_copy = true;
  };

  PgObservationStore(Options options, Pool<PgConnection>* pool, SqlSessions* sessions)
      : options_(options), pool_(pool), sessions_(sessions), partitions_(pool) {}

  std::vector<absl::StatusOr<BatchResult>> Ingest(absl::Span<const ObservationBatch* const> group,
                                                  absl::Time deadline) override;
  absl::StatusOr<std::optional<std::string>> Position(const StationId& station, absl::string_view source) override;
  absl::StatusOr<std::vector<LatestObservation>> Latest() override;
  absl::StatusOr<int64_t> CountRows(const StationId& station, Signal signal) override;
  absl::Status EnsurePartitions(const Interval& period) override;

  // Deletes batch records that expired before `now`; returns how many.
  absl::StatusOr<int64_t> DropExpiredBatches(absl::Time now);

  // Whether the newest group was refused because the disk is full.
  bool disk_full() const { return disk_full_; }
  void ForgetDiskFull() { disk_full_ = false; }

  // Rows by path since the start, for metrics and benchmarks.
  int64_t straight_rows() const { return straight_rows_; }
  int64_t careful_rows() const { return careful_rows_; }

 private:
  using Results = std::vector<absl::StatusOr<BatchResult>>;
  Results IngestChunk(absl::Span<const ObservationBatch* const> chunk, absl::Time deadline);
  Results IngestWithout(const std::set<absl::Time>& weeks, absl::Span<const ObservationBatch* const> chunk,
                        absl::Time deadline);
  absl::StatusOr<Results> Attempt(const struct IngestGroup& group, bool allow_straight, absl::Time deadline,
                                  bool* nothing_sent, std::set<absl::Time>* dropped_weeks);

  const Options options_;
  Pool<PgConnection>* const pool_;
  SqlSessions* const sessions_;
  Partitions partitions_;
  std::atomic<int64_t> straight_rows_{0}, careful_rows_{0};
  std::atomic<bool> disk_full_{false};
};

}  // namespace tremorcast
