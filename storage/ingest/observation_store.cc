#include "storage/ingest/observation_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "core/base/status_macros.h"
#include "storage/ingest/ingest_group.h"
#include "storage/ingest/ingest_transaction.h"
#include "storage/postgres/pg_status.h"

namespace tremorcast {
namespace {

// Each station-week costs an advisory lock until the commit; PostgreSQL as shipped has room for
// some 6,400 locks in all.
constexpr int kMaxStationWeeks = 1500;
constexpr int kAttempts = 4;
constexpr absl::Duration kPositionTimeout = absl::Seconds(30);
constexpr absl::Duration kMaxPartitionPeriod = absl::Hours(24 * 366 * 10);

int WeeksOf(const ObservationBatch& batch) {
  absl::flat_hash_set<int64_t> weeks;
  Interval week = {absl::InfiniteFuture(), absl::InfiniteFuture()};
  for (const ObservationRow& row : batch.rows) {
    if (week.Contains(row.slot.start())) continue;
    week = WeekGrid::Service().Containing(row.slot.start());
    weeks.insert(absl::ToUnixSeconds(week.begin));
  }
  return static_cast<int>(weeks.size());
}

}  // namespace

std::vector<absl::StatusOr<BatchResult>> PgObservationStore::Ingest(absl::Span<const ObservationBatch* const> group,
                                                                    absl::Time deadline) {
  Results results;
  results.reserve(group.size());
  for (size_t begin = 0; begin < group.size();) {
    int weeks = WeeksOf(*group[begin]);
    size_t end = begin + 1;
    while (end < group.size()) {
      weeks += WeeksOf(*group[end]);
      if (weeks > kMaxStationWeeks) break;
      ++end;
    }
    Results chunk = IngestChunk(group.subspan(begin, end - begin), deadline);
    std::move(chunk.begin(), chunk.end(), std::back_inserter(results));
    begin = end;
  }
  return results;
}

std::vector<absl::StatusOr<BatchResult>> PgObservationStore::IngestChunk(
    absl::Span<const ObservationBatch* const> chunk, absl::Time deadline) {
  const IngestGroup group = PlanIngest(chunk);
  bool allow_straight = options_.straight_copy;
  absl::Status failure;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    bool nothing_sent = false;
    std::set<absl::Time> dropped_weeks;
    absl::StatusOr<Results> results = absl::InternalError("not run");
    if (absl::Status ensured = partitions_.Ensure(group.weeks, deadline); ensured.ok()) {
      results = Attempt(group, allow_straight, deadline, &nothing_sent, &dropped_weeks);
    } else {
      results = ensured;
    }
    if (results.ok()) return *std::move(results);
    if (!dropped_weeks.empty()) return IngestWithout(dropped_weeks, chunk, deadline);
    failure = results.status();
    const std::string state = SqlStateOf(failure);
    if (state == kUniqueViolation && allow_straight) {
      allow_straight = false;  // another process stored rows past the high-water mark; look before we copy
    } else if (state == kUndefinedTable || state == kCheckViolation) {
      partitions_.Forget();
    } else if (!nothing_sent && state != "40P01" && state != "40001") {
      break;
    }
  }
  disk_full_ = SqlStateOf(failure) == kDiskFull;
  // One batch's text or value the server cannot take must not keep its neighbours out.
  if (absl::IsInvalidArgument(failure) && chunk.size() > 1) {
    Results alone;
    for (const ObservationBatch* batch : chunk) alone.push_back(std::move(IngestChunk({&batch, 1}, deadline).front()));
    return alone;
  }
  if (absl::IsFailedPrecondition(failure) || absl::IsInvalidArgument(failure)) return Results(chunk.size(), failure);
  Results failed;
  for (const PlannedBatch& planned : group.batches) failed.emplace_back(planned.status.ok() ? failure : planned.status);
  return failed;
}

// The rows of dropped weeks are refused as those beyond retention are; their neighbours go on.
PgObservationStore::Results PgObservationStore::IngestWithout(const std::set<absl::Time>& weeks,
                                                              absl::Span<const ObservationBatch* const> chunk,
                                                              absl::Time deadline) {
  std::vector<ObservationBatch> batches;
  std::vector<const ObservationBatch*> pointers;
  batches.reserve(chunk.size());
  for (const ObservationBatch* original : chunk) {
    ObservationBatch& batch = batches.emplace_back(*original);
    for (size_t i = 0; i < batch.rows.size() && i < batch.checked.size(); ++i) {
      const absl::Time week = WeekGrid::Service().Containing(batch.rows[i].slot.start()).begin;
      if (batch.checked[i].verdict != Verdict::kRejected && weeks.count(week) > 0) {
        batch.checked[i] = {Verdict::kRejected, RejectReason::kBeyondRetention, -1};
      }
    }
    pointers.push_back(&batch);
  }
  return IngestChunk(pointers, deadline);
}

absl::StatusOr<PgObservationStore::Results> PgObservationStore::Attempt(const IngestGroup& group, bool allow_straight,
                                                                        absl::Time deadline, bool* nothing_sent,
                                                                        std::set<absl::Time>* dropped_weeks) {
  ASSIGN_OR_RETURN(auto connection, pool_->Acquire(deadline));
  IngestTransaction transaction(&*connection, group, deadline);
  auto outcome = transaction.Prepare(allow_straight);
  if (!outcome.ok()) {
    // A pooled connection that died while idle: nothing was committed, a fresh one may do.
    *nothing_sent = connection->broken() && absl::IsUnavailable(outcome.status());
    *dropped_weeks = transaction.dropped_weeks();
    connection->Rollback();
    return outcome.status();
  }
  if (absl::Status committed = transaction.Commit(options_.commit_patience); !committed.ok()) {
    connection->Rollback();
    return committed;
  }
  disk_full_ = false;
  straight_rows_ += outcome->straight_rows;
  careful_rows_ += outcome->careful_rows;
  return std::move(outcome->results);
}

// Whoever goes on from a position takes the batches before it for acknowledged, so it is an
// acknowledgement itself: one read from a commit that no standby has yet would be lost with the
// primary. Locking the row writes a record behind that commit, and our own commit waits for both.
absl::StatusOr<std::optional<std::string>> PgObservationStore::Position(const StationId& station,
                                                                        absl::string_view source) {
  const absl::Time deadline = absl::Now() + kPositionTimeout;
  absl::Status failure;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    ASSIGN_OR_RETURN(auto connection, pool_->Acquire(deadline));
    if (const auto begun = connection->Exec(
            absl::StrCat("BEGIN; SET LOCAL statement_timeout = ", absl::ToInt64Milliseconds(kPositionTimeout)),
            deadline);
        !begun.ok()) {
      failure = begun.status();
      if (connection->broken() && absl::IsUnavailable(failure)) continue;  // died while idle
      return failure;
    }
    const auto rows =
        connection->Exec("SELECT position FROM ingest_positions WHERE station = $1 AND source = $2 FOR SHARE",
                         SqlParams().Text(station.value()).Text(source), deadline);
    failure = rows.ok() ? connection->Commit(deadline, options_.commit_patience) : rows.status();
    if (!failure.ok()) {
      connection->Rollback();
      return failure;
    }
    if (rows->empty()) return std::optional<std::string>();
    return std::optional<std::string>(rows->Text(0, 0));
  }
  return failure;
}

absl::StatusOr<std::vector<LatestObservation>> PgObservationStore::Latest() {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<LatestObservation>> {
    const SqlRows rows = ExecSql(tx, R"sql(
      SELECT station, signal, slot
      FROM ingest_high_water
      WHERE slot > '-infinity'
      ORDER BY station, signal
    )sql");
    std::vector<LatestObservation> latest;
    for (int i = 0; i < rows.size(); ++i) {
      latest.push_back(
          {StationId(rows.Text(i, 0)), static_cast<Signal>(rows.Int(i, 1)), SlotContaining(rows.Time(i, 2))});
    }
    return latest;
  });
}

absl::StatusOr<int64_t> PgObservationStore::CountRows(const StationId& station, Signal signal) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<int64_t> {
    return ExecSql(tx, "SELECT count(*) FROM observations WHERE station = $1 AND signal = $2",
                   SqlParams().Text(station.value()).Int(static_cast<int>(signal)))
        .Int(0, 0);
  });
}

absl::Status PgObservationStore::EnsurePartitions(const Interval& period) {
  if (period.empty()) return absl::OkStatus();
  if (period.length() > kMaxPartitionPeriod)
    return absl::InvalidArgumentError("partitions of more than ten years at once");
  std::vector<absl::Time> weeks;
  for (Interval week = WeekGrid::Service().Containing(period.begin); week.begin < period.end;
       week = WeekGrid::Service().At(week.begin, 1)) {
    weeks.push_back(week.begin);
  }
  return partitions_.Ensure(weeks, absl::Now() + absl::Minutes(5));
}

absl::StatusOr<int64_t> PgObservationStore::DropExpiredBatches(absl::Time now) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<int64_t> {
    return ExecSql(tx, "DELETE FROM ingest_batches WHERE expires_at <= $1", SqlParams().Time(now)).affected();
  });
}

}  // namespace tremorcast
