#include "storage/stores/maintenance_store.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/observation/observation.h"
#include "storage/postgres/lock_keys.h"
#include "storage/schema/migrations.h"
#include "storage/schema/partitions.h"

namespace tremorcast {
namespace {

constexpr char kCorrectionColumns[] = R"sql(
    sequence, station, signal, slot, corrected_at, actor, reason, old_values::float8[], new_values::float8[],
    week_was_sealed
)sql";

// float8 keeps every bit of a real in text form.
std::vector<float> FloatsOf(const std::vector<double>& doubles) { return {doubles.begin(), doubles.end()}; }

SqlParams& AddFloats(SqlParams& params, const std::vector<float>& values) {
  return params.Doubles(std::vector<double>(values.begin(), values.end()));
}

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](float x, float y) { return std::bit_cast<uint32_t>(x) == std::bit_cast<uint32_t>(y); });
}

Correction CorrectionFrom(SqlRow row) {
  Correction correction;
  correction.sequence = row.Int();
  correction.station = StationId(row.Text());
  correction.signal = static_cast<Signal>(row.Int());
  correction.slot = SlotContaining(row.Time());
  correction.corrected_at = row.Time();
  correction.actor = row.Text();
  correction.reason = row.Text();
  correction.old_values = FloatsOf(row.Doubles());
  correction.new_values = FloatsOf(row.Doubles());
  correction.week_was_sealed = row.Bool();
  return correction;
}

absl::Status Validate(const CorrectionRequest& request) {
  RETURN_IF_ERROR(ValidateId("station id", request.station.value()));
  if (request.reason.empty() || request.actor.empty()) {
    return absl::InvalidArgumentError("a correction needs a reason and somebody who answers for it");
  }
  if (request.values.empty()) return absl::InvalidArgumentError("no value to correct");
  std::set<int> seen;
  for (const auto& [index, value] : request.values) {
    if (index < 0 || index >= FeatureCount(request.signal) || !seen.insert(index).second) {
      return absl::InvalidArgumentError(absl::StrCat("feature ", index, " is unknown or named twice"));
    }
    if (!std::isfinite(value)) return absl::InvalidArgumentError("a value that is not finite");
  }
  return absl::OkStatus();
}

std::string RowName(const CorrectionRequest& request) {
  return absl::StrCat(SignalName(request.signal), " row of station ", request.station.value(), " at ",
                      FormatUtc(request.slot.start()));
}

// The entry of the same correction, made before; nothing when the stored values came otherwise.
std::optional<Correction> MadeBefore(pqxx::work& tx, const CorrectionRequest& request,
                                     const std::vector<float>& stored) {
  const SqlRows rows = ExecSql(
      tx, absl::StrCat("SELECT ", kCorrectionColumns, R"sql(
        FROM observation_corrections
        WHERE station = $1 AND signal = $2 AND slot = $3
        ORDER BY sequence DESC
        LIMIT 1
      )sql"),
      SqlParams().Text(request.station.value()).Int(static_cast<int>(request.signal)).Time(request.slot.start()));
  if (rows.empty()) return std::nullopt;
  Correction last = CorrectionFrom(rows[0]);
  if (last.actor != request.actor || last.reason != request.reason || !SameBits(last.new_values, stored)) {
    return std::nullopt;
  }
  return last;
}

}  // namespace

absl::StatusOr<Correction> PgMaintenanceStore::Correct(const CorrectionRequest& request) {
  RETURN_IF_ERROR(Validate(request));
  const absl::Time week = WeekGrid::Service().Containing(request.slot.start()).begin;
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<Correction> {
    // Neither the sealer nor ingestion is at this station's week while we hold it.
    LockForTransaction(tx, StationWeekLock(request.station, week));
    const SqlParams key =
        SqlParams().Text(request.station.value()).Int(static_cast<int>(request.signal)).Time(request.slot.start());
    const SqlRows stored = ExecSql(tx, R"sql(
                                     SELECT values::float8[], received_at, delivery
                                     FROM observations
                                     WHERE station = $1 AND signal = $2 AND slot = $3
                                     FOR UPDATE
                                   )sql",
                                   key);
    if (stored.empty()) {
      if (RowsWereDropped(tx, week)) {
        return absl::FailedPreconditionError(
            absl::StrCat("the ", RowName(request), " was dropped by retention; its window stays as it is"));
      }
      return absl::NotFoundError(absl::StrCat("there is no ", RowName(request), ": ingest it instead"));
    }
    Correction correction;
    correction.old_values = correction.new_values = FloatsOf(stored.Doubles(0, 0));
    for (const auto& [index, value] : request.values) correction.new_values[index] = value;
    if (SameBits(correction.old_values, correction.new_values)) {
      if (auto before = MadeBefore(tx, request, correction.old_values)) return *std::move(before);
      return absl::FailedPreconditionError(absl::StrCat("the ", RowName(request), " has these values already"));
    }
    const SqlParams pair = SqlParams().Text(request.station.value()).Time(week);
    correction.week_was_sealed =
        !ExecSql(tx, "SELECT 1 FROM weekly_windows WHERE station = $1 AND window_start = $2 LIMIT 1", pair).empty();
    SqlParams update = key;
    AddFloats(update, correction.new_values).Time(request.corrected_at).Int(static_cast<int>(Delivery::kLive));
    ExecSql(tx, R"sql(
              UPDATE observations
              SET values = $4::float8[]::real[], received_at = $5, delivery = $6
              WHERE station = $1 AND signal = $2 AND slot = $3
            )sql",
            update);
    if (correction.week_was_sealed) {
      ExecSql(tx, "INSERT INTO dirty_windows (station, week) VALUES ($1, $2) ON CONFLICT DO NOTHING", pair);
    }
    SqlParams entry = key;
    entry.Time(request.corrected_at).Text(request.actor).Text(request.reason);
    entry.Time(stored.Time(0, 1)).Int(stored.Int(0, 2));
    AddFloats(AddFloats(entry, correction.old_values), correction.new_values).Bool(correction.week_was_sealed);
    const SqlRows added = ExecSql(tx,
                                  absl::StrCat(R"sql(
                                    INSERT INTO observation_corrections (
                                      station, signal, slot, corrected_at, actor, reason, old_received_at, old_delivery,
                                      old_values, new_values, week_was_sealed)
                                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::float8[]::real[],
                                            $10::float8[]::real[], $11)
                                    RETURNING)sql",
                                               kCorrectionColumns),
                                  entry);
    return CorrectionFrom(added[0]);
  });
}

absl::StatusOr<std::vector<Correction>> PgMaintenanceStore::Corrections(const std::optional<StationId>& station,
                                                                        int64_t before_sequence, int limit) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<Correction>> {
    SqlParams params = SqlParams().Int(before_sequence).Int(limit);
    if (station.has_value()) params.Text(station->value());
    return ExecSql(tx,
                   absl::StrCat("SELECT ", kCorrectionColumns, R"sql(
                     FROM observation_corrections
                     WHERE sequence < $1)sql",
                                station.has_value() ? " AND station = $3" : "", R"sql(
                     ORDER BY sequence DESC
                     LIMIT $2
                   )sql"),
                   params)
        .All(CorrectionFrom);
  });
}

absl::StatusOr<StoreState> PgMaintenanceStore::State(absl::Time now) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<StoreState> {
    StoreState state;
    const SqlRows self = ExecSql(tx, R"sql(
      SELECT clock_timestamp(), (SELECT coalesce(max(number), 0) FROM schema_migrations)
    )sql");
    state.database_time = self.Time(0, 0);
    state.schema_version = static_cast<int>(self.Int(0, 1));
    state.program_schema_version = static_cast<int>(EmbeddedMigrations().size());
    const std::vector<absl::Time> weeks = AttachedWeeks(tx);
    state.partitions_until = WeekGrid::Service().Containing(now).begin;
    while (std::binary_search(weeks.begin(), weeks.end(), state.partitions_until)) {
      state.partitions_until += kWeekLength;
    }
    state.week_tables = static_cast<int64_t>(weeks.size());
    state.lock_slots = ExecSql(tx, R"sql(
      SELECT current_setting('max_locks_per_transaction')::bigint *
             (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint)
    )sql")
                           .Int(0, 0);
    state.orphaned_partitions = ExecSql(tx, R"sql(
      SELECT relname
      FROM pg_class c
      WHERE relname ~ '^observations_w[0-9]{8}$'
        AND relkind = 'r'
        AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'observations'::regclass)
        AND NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = c.oid)
      ORDER BY relname
    )sql")
                                    .All([](SqlRow row) { return row.Text(); });
    const auto held = [&](absl::string_view leader) {
      return !ExecSql(tx, R"sql(
                        SELECT 1
                        FROM pg_locks
                        WHERE locktype = 'advisory'
                          AND granted
                          AND objsubid = 1
                          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                          AND (classid::bigint << 32 | objid::bigint) = $1
                      )sql",
                      SqlParams().Int(LeaderLockKey(leader)))
                  .empty();
    };
    state.leader_present = held(kServerJobsLeader);
    state.trainer_present = held(kTrainerLeader) || held(kCatalogueTrainerLeader);
    const SqlRows dirty = ExecSql(tx, "SELECT count(*), min(marked_at) FROM dirty_windows");
    state.dirty_weeks = dirty.Int(0, 0);
    if (!dirty.Null(0, 1)) state.oldest_dirty_mark = dirty.Time(0, 1);
    const SqlRows unsealed = ExecSql(tx, R"sql(
                                       SELECT count(*), min(week)
                                       FROM station_weeks s
                                       WHERE week <= $1
                                         AND NOT EXISTS (
                                           SELECT 1
                                           FROM weekly_windows w
                                           WHERE w.station = s.station AND w.window_start = s.week
                                         )
                                     )sql",
                                     SqlParams().Time(now - kWeekLength));
    state.unsealed_weeks = unsealed.Int(0, 0);
    if (!unsealed.Null(0, 1)) state.oldest_unsealed = unsealed.Time(0, 1);
    return state;
  });
}

}  // namespace tremorcast
