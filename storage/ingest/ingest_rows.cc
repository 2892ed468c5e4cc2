// The second half of IngestTransaction: rows into their tables, and the marks they leave.

#include <algorithm>
#include <map>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "storage/ingest/copy_rows.h"
#include "storage/ingest/ingest_transaction.h"
#include "storage/ingest/verdict_codec.h"
#include "storage/schema/partitions.h"

namespace tremorcast {

absl::Status IngestTransaction::CopyStraight(const IngestPaths& paths) {
  for (size_t w = 0; w < paths.straight.size(); ++w) {
    if (paths.straight[w].empty()) continue;
    RETURN_IF_ERROR(Arm());
    // Into the partition itself: routing through the parent costs a tenth.
    const std::string copy =
        absl::StrCat("COPY ", PartitionName(group_.weeks[w]), " (", kCopyColumns, ") FROM STDIN (FORMAT binary)");
    RETURN_IF_ERROR(connection_->BeginCopy(copy, deadline_));
    CopyEncoder encoder(group_, false,
                        [&](absl::string_view piece) { return connection_->SendCopy(piece, deadline_); });
    for (const uint32_t i : paths.straight[w]) {
      RETURN_IF_ERROR(encoder.Add(group_.rows[i]));
    }
    RETURN_IF_ERROR(encoder.Finish());
    RETURN_IF_ERROR(connection_->EndCopy(deadline_));
    outcome_.straight_rows += static_cast<int64_t>(paths.straight[w].size());
  }
  return absl::OkStatus();
}

absl::Status IngestTransaction::CopyCareful(const IngestPaths& paths) {
  if (paths.careful.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(Arm());
  constexpr char kStaging[] = R"sql(
    CREATE TEMPORARY TABLE IF NOT EXISTS ingest_staging (
      ord integer,
      repeated boolean,
      slot timestamptz,
      signal smallint,
      received_at timestamptz,
      delivery smallint,
      station text COLLATE "C",
      source text COLLATE "C",
      values real[]
    ) ON COMMIT DELETE ROWS
  )sql";
  RETURN_IF_ERROR(connection_->Exec(kStaging, deadline_).status());
  RETURN_IF_ERROR(connection_->BeginCopy(
      absl::StrCat("COPY ingest_staging (ord, repeated, ", kCopyColumns, ") FROM STDIN (FORMAT binary)"), deadline_));
  CopyEncoder encoder(group_, true, [&](absl::string_view piece) { return connection_->SendCopy(piece, deadline_); });
  std::vector<bool> weeks(group_.weeks.size(), false);
  for (size_t k = 0; k < paths.careful.size(); ++k) {
    const PlannedRow& row = group_.rows[paths.careful[k]];
    weeks[group_.station_weeks[row.station_week].week_index] = true;
    RETURN_IF_ERROR(encoder.Add(row, static_cast<uint32_t>(k), paths.repeated[k]));
  }
  RETURN_IF_ERROR(encoder.Finish());
  RETURN_IF_ERROR(connection_->EndCopy(deadline_));

  const bool one_week = std::count(weeks.begin(), weeks.end(), true) == 1;
  const std::string target =
      one_week ? PartitionName(group_.weeks[std::find(weeks.begin(), weeks.end(), true) - weeks.begin()])
               : "observations";
  // The first of two rows with one key must win; without such rows the order is all one, and
  // sorting would cost a quarter.
  ASSIGN_OR_RETURN(
      const auto inserted,
      Exec(absl::StrCat("INSERT INTO ", target, " (", kCopyColumns, ") SELECT ", kCopyColumns, " FROM ingest_staging ",
                        paths.any_repeated ? "ORDER BY ord " : "", "ON CONFLICT DO NOTHING")));
  outcome_.careful_rows += static_cast<int64_t>(paths.careful.size());
  if (inserted.affected() == static_cast<int64_t>(paths.careful.size())) return absl::OkStatus();
  return CompareCareful(paths, target, inserted.affected());
}

// A statement of its own, so that it sees rows committed while the insert waited for them. A row
// not inserted by this transaction, or by an earlier row of the group, was there before: the same
// bits or others?
absl::Status IngestTransaction::CompareCareful(const IngestPaths& paths, const std::string& target, int64_t inserted) {
  // The staging table has no statistics; the key's index is right whatever the planner guesses.
  RETURN_IF_ERROR(
      connection_->Exec("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off", deadline_).status());
  ASSIGN_OR_RETURN(const auto found, Exec(absl::StrCat(R"sql(
      SELECT t.ord, record_image_eq(ROW(o.values), ROW(t.values))
      FROM ingest_staging t
      JOIN )sql",
                                                       target, R"sql( o
        ON o.station = t.station AND o.signal = t.signal AND o.slot = t.slot
      WHERE t.repeated OR o.xmin <> (SELECT pg_current_xact_id()::xid)
    )sql")));
  if (found.size() + inserted != static_cast<int64_t>(paths.careful.size())) {
    return absl::UnavailableError("stored rows disappeared while a group was compared with them");
  }
  for (int i = 0; i < found.size(); ++i) {
    const PlannedRow& row = group_.rows[paths.careful[found.Int(i, 0)]];
    SetVerdict(row, {found.Bool(i, 1) ? Verdict::kDuplicate : Verdict::kConflict, RejectReason::kNone, -1});
  }
  return absl::OkStatus();
}

absl::Status IngestTransaction::WriteMarks() {
  std::vector<bool> touched(group_.station_weeks.size(), false), dirty(group_.station_weeks.size(), false);
  std::vector<absl::Time> last_received(group_.station_weeks.size(), absl::InfinitePast());
  for (const PlannedRow& row : group_.rows) {
    if (!is_new_[row.batch]) continue;
    touched[row.station_week] = true;
    last_received[row.station_week] =
        std::max(last_received[row.station_week], group_.batches[row.batch].batch->received_at);
    if (outcome_.results[row.batch]->verdicts[row.row].verdict == Verdict::kLate) dirty[row.station_week] = true;
  }
  std::vector<std::string> stations;
  std::vector<absl::Time> weeks, received;
  const auto collect = [&](const std::vector<bool>& marked) {
    stations.clear(), weeks.clear(), received.clear();
    for (size_t i = 0; i < marked.size(); ++i) {
      if (!marked[i]) continue;
      stations.push_back(group_.station_weeks[i].station);
      weeks.push_back(group_.station_weeks[i].week);
      received.push_back(last_received[i]);
    }
    return !weeks.empty();
  };
  if (collect(touched)) {
    RETURN_IF_ERROR(Exec(R"sql(
                           INSERT INTO station_weeks AS s (station, week, last_received_at)
                           SELECT *
                           FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[])
                           ON CONFLICT (station, week) DO UPDATE SET last_received_at = excluded.last_received_at
                           WHERE s.last_received_at < excluded.last_received_at
                         )sql",
                         SqlParams().Texts(stations).Times(weeks).Times(received))
                        .status());
  }
  if (!collect(dirty)) return absl::OkStatus();
  return Exec(R"sql(
                INSERT INTO dirty_windows (station, week)
                SELECT *
                FROM unnest($1::text[], $2::timestamptz[])
                ON CONFLICT DO NOTHING
              )sql",
              SqlParams().Texts(stations).Times(weeks))
      .status();
}

absl::Status IngestTransaction::WriteHighWater() {
  std::vector<int64_t> newest = high_water_;
  for (const PlannedRow& row : group_.rows) {
    if (is_new_[row.batch])
      newest[row.station_signal] = std::max(newest[row.station_signal], group_.row(row).slot.index);
  }
  std::vector<std::string> stations;
  std::vector<int64_t> signals;
  std::vector<absl::Time> slots;
  for (size_t i = 0; i < newest.size(); ++i) {
    if (newest[i] <= high_water_[i]) continue;
    stations.push_back(group_.station_signals[i].station);
    signals.push_back(static_cast<int64_t>(group_.station_signals[i].signal));
    slots.push_back(Slot{newest[i]}.start());
  }
  if (slots.empty()) return absl::OkStatus();
  return Exec(R"sql(
                UPDATE ingest_high_water h
                SET slot = u.slot
                FROM unnest($1::text[], $2::smallint[], $3::timestamptz[]) AS u(station, signal, slot)
                WHERE h.station = u.station AND h.signal = u.signal
              )sql",
              SqlParams().Texts(stations).Ints(signals).Times(slots))
      .status();
}

absl::Status IngestTransaction::WritePositions() {
  std::map<std::pair<std::string, std::string>, const ObservationBatch*> newest;
  for (uint32_t b = 0; b < group_.batches.size(); ++b) {
    const ObservationBatch& batch = *group_.batches[b].batch;
    if (is_new_[b] && group_.batches[b].recorded && !batch.position.empty())
      newest[{batch.station.value(), batch.source}] = &batch;
  }
  if (newest.empty()) return absl::OkStatus();
  std::vector<std::string> stations, sources, positions;
  std::vector<absl::Time> times;
  for (const auto& [key, batch] : newest) {
    stations.push_back(key.first);
    sources.push_back(key.second);
    positions.push_back(batch->position);
    times.push_back(batch->received_at);
  }
  return Exec(R"sql(
                INSERT INTO ingest_positions (station, source, position, updated_at)
                SELECT *
                FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
                ON CONFLICT (station, source) DO UPDATE SET
                  position = excluded.position,
                  updated_at = excluded.updated_at
              )sql",
              SqlParams().Texts(stations).Texts(sources).Texts(positions).Times(times))
      .status();
}

absl::Status IngestTransaction::WriteVerdicts() {
  std::vector<std::string> stations, ids, encoded;
  for (uint32_t b = 0; b < group_.batches.size(); ++b) {
    if (!is_new_[b] || !group_.batches[b].recorded) continue;
    const std::vector<RowVerdict>& verdicts = outcome_.results[b]->verdicts;
    if (AllAccepted(verdicts)) continue;
    stations.push_back(group_.batches[b].batch->station.value());
    ids.push_back(group_.batches[b].batch->batch_id);
    encoded.push_back(EncodeVerdicts(verdicts));
  }
  if (ids.empty()) return absl::OkStatus();
  return Exec(R"sql(
                UPDATE ingest_batches b
                SET verdicts = u.verdicts
                FROM unnest($1::text[], $2::text[], $3::bytea[]) AS u(station, batch_id, verdicts)
                WHERE b.station = u.station AND b.batch_id = u.batch_id
              )sql",
              SqlParams().Texts(stations).Texts(ids).ByteStrings(encoded))
      .status();
}

}  // namespace tremorcast
