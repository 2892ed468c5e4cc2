#include "storage/ingest/ingest_transaction.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "core/base/status_macros.h"
#include "core/observation/ingest_rules.h"
#include "storage/ingest/verdict_codec.h"
#include "storage/postgres/lock_keys.h"
#include "storage/postgres/pg_status.h"
#include "storage/postgres/session_check.h"

namespace tremorcast {
namespace {

absl::Status KnownWithOtherContent(const ObservationBatch& batch) {
  return absl::AlreadyExistsError(absl::StrCat("batch ", batch.batch_id, " of station ", batch.station.value(),
                                               " was stored before with other content"));
}

}  // namespace

// The server ends a statement that would outlast the deadline. Set anew when time has passed, for
// each statement gets the full timeout.
absl::Status IngestTransaction::Arm() {
  const absl::Time now = absl::Now();
  if (now >= deadline_) return absl::DeadlineExceededError("the ingest deadline passed");
  if (deadline_ == absl::InfiniteFuture() || now - armed_at_ < absl::Milliseconds(250)) return absl::OkStatus();
  armed_at_ = now;
  const int64_t left =
      std::clamp<int64_t>(absl::ToInt64Milliseconds(deadline_ - now), 1, std::numeric_limits<int32_t>::max());
  return connection_->Exec(absl::StrCat("SET LOCAL statement_timeout = ", left), deadline_).status();
}

absl::StatusOr<SqlRows> IngestTransaction::Exec(const std::string& sql, const SqlParams& params) {
  RETURN_IF_ERROR(Arm());
  return connection_->Exec(sql, params, deadline_);
}

absl::StatusOr<IngestTransaction::Outcome> IngestTransaction::Prepare(bool allow_straight) {
  outcome_.results.reserve(group_.batches.size());
  for (const PlannedBatch& planned : group_.batches) {
    if (!planned.status.ok()) {
      outcome_.results.emplace_back(planned.status);
    } else {
      outcome_.results.emplace_back(BatchResult{planned.batch->checked, false});
    }
    is_new_.push_back(planned.status.ok() && planned.same_id_as < 0);
  }
  for (const auto step :
       {&IngestTransaction::Begin, &IngestTransaction::LockStationWeeks, &IngestTransaction::ClaimBatchIds,
        &IngestTransaction::ReadSealed, &IngestTransaction::LockHighWater}) {
    RETURN_IF_ERROR((this->*step)());
  }
  for (const PlannedRow& row : group_.rows) {
    if (is_new_[row.batch]) SetVerdict(row, StoredVerdict(row));
  }
  const IngestPaths paths = ChoosePaths(group_, is_new_, high_water_, allow_straight);
  RETURN_IF_ERROR(CopyStraight(paths));
  RETURN_IF_ERROR(CopyCareful(paths));
  for (const auto step :
       {&IngestTransaction::WriteMarks, &IngestTransaction::WriteHighWater, &IngestTransaction::WritePositions,
        &IngestTransaction::WriteVerdicts, &IngestTransaction::Arm}) {
    RETURN_IF_ERROR((this->*step)());
  }
  AnswerRepeatedIds();
  return std::move(outcome_);
}

// With the clocks apart, received_at would be wrong for good and good rows would be refused as of
// the future.
absl::Status IngestTransaction::Begin() {
  const absl::Time before = absl::Now();
  ASSIGN_OR_RETURN(const auto begun, connection_->Exec("BEGIN; SELECT clock_timestamp()", deadline_));
  return CheckClock(before, begun.Time(0, 0), absl::Now());
}

absl::Status IngestTransaction::LockStationWeeks() {
  std::vector<int64_t> keys;
  for (const PlannedStationWeek& pair : group_.station_weeks)
    keys.push_back(StationWeekLock(StationId(pair.station), pair.week));
  std::sort(keys.begin(), keys.end());
  if (keys.empty()) return absl::OkStatus();
  return Exec("SELECT count(pg_advisory_xact_lock_shared(key)) FROM unnest($1::bigint[]) AS key",
              SqlParams().Ints(keys))
      .status();
}

absl::Status IngestTransaction::ClaimBatchIds() {
  for (uint32_t b = 0; b < group_.batches.size(); ++b) {
    if (is_new_[b]) id_order_.push_back(b);
  }
  std::sort(id_order_.begin(), id_order_.end(), [&](uint32_t a, uint32_t b) {
    const ObservationBatch &x = *group_.batches[a].batch, &y = *group_.batches[b].batch;
    return std::tie(x.station, x.batch_id, a) < std::tie(y.station, y.batch_id, b);
  });
  // Twice at most: an expired record is dropped and its id claimed like a new one.
  for (int round = 0; round < 2; ++round) {
    RETURN_IF_ERROR(InsertBatchIds());
    ASSIGN_OR_RETURN(const bool expired, LookUpBatchIds());
    if (!expired) return absl::OkStatus();
    RETURN_IF_ERROR(DropExpired());
  }
  return absl::UnavailableError("batch records are changing under us");
}

absl::Status IngestTransaction::InsertBatchIds() {
  std::vector<std::string> stations, ids, hashes;
  std::vector<absl::Time> expiries;
  for (const uint32_t b : id_order_) {
    if (!group_.batches[b].recorded) continue;
    const ObservationBatch& batch = *group_.batches[b].batch;
    stations.push_back(batch.station.value());
    ids.push_back(batch.batch_id);
    hashes.push_back(batch.content_hash);
    expiries.push_back(batch.received_at + kBatchRecordLifetime);
  }
  if (ids.empty()) return absl::OkStatus();
  return Exec(R"sql(
                INSERT INTO ingest_batches (station, batch_id, content_hash, expires_at)
                SELECT *
                FROM unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[])
                ON CONFLICT DO NOTHING
              )sql",
              SqlParams().Texts(stations).Texts(ids).ByteStrings(hashes).Times(expiries))
      .status();
}

// Every id that we did not just insert was known: its batch is answered from the record. True when
// a record has expired.
absl::StatusOr<bool> IngestTransaction::LookUpBatchIds() {
  std::vector<std::string> stations, ids;
  for (const uint32_t b : id_order_) {
    stations.push_back(group_.batches[b].batch->station.value());
    ids.push_back(group_.batches[b].batch->batch_id);
  }
  if (ids.empty()) return false;
  ASSIGN_OR_RETURN(const auto known, Exec(R"sql(
                          SELECT u.ord, b.content_hash, b.verdicts, b.expires_at
                          FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u(station, batch_id, ord)
                          JOIN ingest_batches b USING (station, batch_id)
                          WHERE b.xmin <> (SELECT pg_current_xact_id()::xid)
                        )sql",
                                          SqlParams().Texts(stations).Texts(ids)));
  std::map<uint32_t, int> record_of;  // batch -> row of the answer
  bool expired = false;
  for (int i = 0; i < known.size(); ++i) {
    const uint32_t b = id_order_[known.Int(i, 0) - 1];
    record_of[b] = i;
    expired |= known.Time(i, 3) <= group_.batches[b].batch->received_at;
  }
  if (expired) return true;
  const auto answer = [&](uint32_t b, int i) -> absl::StatusOr<BatchResult> {
    const ObservationBatch& batch = *group_.batches[b].batch;
    if (known.Bytes(i, 1) != batch.content_hash) return KnownWithOtherContent(batch);
    if (known.Null(i, 2)) return BatchResult{std::vector<RowVerdict>(batch.rows.size()), true};
    ASSIGN_OR_RETURN(auto verdicts, DecodeVerdicts(known.Bytes(i, 2), batch.rows.size()));
    return BatchResult{std::move(verdicts), true};
  };
  for (uint32_t b = 0; b < group_.batches.size(); ++b) {
    const PlannedBatch& planned = group_.batches[b];
    if (!planned.status.ok()) continue;
    const auto record = record_of.find(planned.same_id_as >= 0 ? static_cast<uint32_t>(planned.same_id_as) : b);
    if (record == record_of.end()) continue;
    is_new_[b] = false;
    outcome_.results[b] = answer(b, record->second);
  }
  return false;
}

absl::Status IngestTransaction::DropExpired() {
  std::vector<std::string> stations, ids;
  std::vector<absl::Time> now;
  for (const uint32_t b : id_order_) {
    stations.push_back(group_.batches[b].batch->station.value());
    ids.push_back(group_.batches[b].batch->batch_id);
    now.push_back(group_.batches[b].batch->received_at);
  }
  return Exec(R"sql(
                DELETE FROM ingest_batches b
                USING unnest($1::text[], $2::text[], $3::timestamptz[]) AS u(station, batch_id, now)
                WHERE b.station = u.station AND b.batch_id = u.batch_id AND b.expires_at <= u.now
              )sql",
              SqlParams().Texts(stations).Texts(ids).Times(now))
      .status();
}

// A new statement after the locks: it sees every seal that was committed before we got them, and
// none can follow until we commit.
absl::Status IngestTransaction::ReadSealed() {
  sealed_.assign(group_.station_weeks.size(), false);
  if (sealed_.empty()) return absl::OkStatus();
  std::vector<std::string> stations;
  std::vector<absl::Time> weeks;
  for (const PlannedStationWeek& pair : group_.station_weeks) {
    stations.push_back(pair.station);
    weeks.push_back(pair.week);
  }
  ASSIGN_OR_RETURN(const auto sealed, Exec(R"sql(
                          SELECT u.ord, d.week IS NOT NULL
                          FROM unnest($1::text[], $2::timestamptz[]) WITH ORDINALITY AS u(station, week, ord)
                          LEFT JOIN dropped_weeks d ON d.week = u.week
                          WHERE d.week IS NOT NULL
                            OR EXISTS (
                              SELECT 1 FROM weekly_windows w WHERE w.station = u.station AND w.window_start = u.week
                            )
                        )sql",
                                           SqlParams().Texts(stations).Times(weeks)));
  for (int i = 0; i < sealed.size(); ++i) {
    const int64_t pair = sealed.Int(i, 0) - 1;
    sealed_[pair] = true;
    if (sealed.Bool(i, 1)) dropped_weeks_.insert(group_.station_weeks[pair].week);
  }
  return dropped_weeks_.empty() ? absl::OkStatus() : absl::FailedPreconditionError("retention dropped these weeks");
}

absl::Status IngestTransaction::LockHighWater() {
  high_water_.assign(group_.station_signals.size(), std::numeric_limits<int64_t>::min());
  if (high_water_.empty()) return absl::OkStatus();
  std::vector<std::string> stations;
  std::vector<int64_t> signals;
  for (const StationSignal& pair : group_.station_signals) {
    stations.push_back(pair.station);
    signals.push_back(static_cast<int64_t>(pair.signal));
  }
  const SqlParams keys = SqlParams().Texts(stations).Ints(signals);
  for (int round = 0; round < 2; ++round) {
    ASSIGN_OR_RETURN(const auto rows, Exec(R"sql(
               SELECT h.station, h.signal, h.slot
               FROM ingest_high_water h
               JOIN unnest($1::text[], $2::smallint[]) AS u(station, signal) USING (station, signal)
               ORDER BY h.station, h.signal
               FOR UPDATE OF h
             )sql",
                                           keys));
    for (int i = 0; i < rows.size(); ++i) {
      const StationSignal pair = {rows.Text(i, 0), static_cast<Signal>(rows.Int(i, 1))};
      const auto at = std::lower_bound(group_.station_signals.begin(), group_.station_signals.end(), pair);
      const absl::Time slot = rows.Time(i, 2);
      if (slot != absl::InfinitePast()) high_water_[at - group_.station_signals.begin()] = SlotContaining(slot).index;
    }
    if (rows.size() == static_cast<int>(high_water_.size())) return absl::OkStatus();
    RETURN_IF_ERROR(Exec(R"sql(
                           INSERT INTO ingest_high_water (station, signal, slot)
                           SELECT u.station, u.signal, '-infinity'
                           FROM unnest($1::text[], $2::smallint[]) AS u(station, signal)
                           ON CONFLICT DO NOTHING
                         )sql",
                         keys)
                        .status());
    if (round == 1) break;
  }
  return absl::OkStatus();
}

RowVerdict IngestTransaction::StoredVerdict(const PlannedRow& row) const {
  return {sealed_[row.station_week] ? Verdict::kLate : Verdict::kAccepted, RejectReason::kNone, -1};
}

void IngestTransaction::SetVerdict(const PlannedRow& row, RowVerdict verdict) {
  outcome_.results[row.batch]->verdicts[row.row] = verdict;
}

void IngestTransaction::AnswerRepeatedIds() {
  for (uint32_t b = 0; b < group_.batches.size(); ++b) {
    const PlannedBatch& planned = group_.batches[b];
    if (!planned.status.ok() || planned.same_id_as < 0 || !is_new_[planned.same_id_as]) continue;
    const ObservationBatch& first = *group_.batches[planned.same_id_as].batch;
    if (first.content_hash != planned.batch->content_hash) {
      outcome_.results[b] = KnownWithOtherContent(*planned.batch);
    } else {
      outcome_.results[b] = BatchResult{outcome_.results[planned.same_id_as]->verdicts, true};
    }
  }
}

}  // namespace tremorcast
