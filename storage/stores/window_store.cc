#include "storage/stores/window_store.h"

#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/observation/ingest_rules.h"
#include "storage/postgres/lock_keys.h"
#include "storage/postgres/sql_text.h"
#include "storage/stores/maintenance_store.h"
#include "storage/stores/window_codec.h"

namespace tremorcast {
namespace {

constexpr char kInfoColumns[] =
    "station, window_start, revision, magn_rows, sound_rows, available_at, sealed_at, content_hash";

WindowInfo InfoFrom(SqlRow row) {
  WindowInfo info;
  info.key.station = StationId(row.Text());
  info.key.start = row.Time();
  info.key.revision = row.Int32();
  for (int& present : info.rows_present) present = row.Int32();
  info.available_at = row.Time();
  info.sealed_at = row.Time();
  info.content_hash = row.Bytes();
  return info;
}

WindowInfo InfoOf(const StationWindow& window) {
  return {window.key, window.rows_present, StoredTime(window.available_at), StoredTime(window.sealed_at),
          window.content_hash};
}

StationWeek StationWeekFrom(SqlRow row) {
  StationWeek pair;
  pair.station = StationId(row.Text());
  pair.week = row.Time();
  return pair;
}

absl::Status CheckStation(const StationId& station) { return ValidateId("station id", station.value()); }

}  // namespace

WindowBuilder PgWindowStore::ReadRows(pqxx::work& tx, const StationId& station, absl::Time start,
                                      absl::Time as_of) const {
  WindowBuilder builder(station, start, kSlotsPerWeek);
  const SqlRows rows = QueryBinary(tx, R"sql(
                                     SELECT signal, slot, received_at, delivery, values
                                     FROM observations
                                     WHERE station = $1
                                       AND signal IN (0, 1)
                                       AND slot >= $2 AND slot < $3
                                   )sql",
                                   SqlParams().Text(station.value()).Time(start).Time(start + kWeekLength));
  for (int i = 0; i < rows.size(); ++i) {
    SqlRow row = rows[i];
    const auto signal = static_cast<Signal>(row.Int());
    const Slot slot = SlotContaining(row.Time());
    const absl::Time received_at = row.Time();
    const auto delivery = static_cast<Delivery>(row.Int());
    const absl::Time available_at = RowAvailableAt(delivery, received_at, slot, options_.backfill_latency);
    if (available_at > as_of) continue;
    const std::vector<float> values = row.Floats();
    if (values.size() == static_cast<size_t>(FeatureCount(signal))) builder.AddRow(signal, slot, values, available_at);
  }
  return builder;
}

absl::Status PgWindowStore::Write(pqxx::work& tx, const StationWindow& window, bool rolling) const {
  ASSIGN_OR_RETURN(const auto packed, EncodeWindowValues(window.values));
  ExecSql(tx, R"sql(
            INSERT INTO weekly_windows (station, window_start, revision, rolling, slots, magn_rows, sound_rows,
                                        available_at, sealed_at, content_hash, codec, values)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
          )sql",
          SqlParams()
              .Text(window.key.station.value())
              .Time(window.key.start)
              .Int(window.key.revision)
              .Bool(rolling)
              .Int(window.slots)
              .Int(window.rows_present[0])
              .Int(window.rows_present[1])
              .Time(window.available_at)
              .Time(window.sealed_at)
              .Bytes(window.content_hash)
              .Int(kWindowCodec)
              .Bytes(packed));
  return absl::OkStatus();
}

absl::StatusOr<WindowInfo> PgWindowStore::Seal(const StationId& station, absl::Time week, absl::Time sealed_at) {
  RETURN_IF_ERROR(CheckStation(station));
  if (!WeekGrid::Service().IsStart(week)) return absl::InvalidArgumentError("not the start of a week");
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<WindowInfo> {
    LockForTransaction(tx, StationWeekLock(station, week));
    // A new statement: the one that waited for the lock does not see what was committed while it
    // waited.
    StationWindow window = ReadRows(tx, station, week, absl::InfiniteFuture()).Build(1, sealed_at);
    const SqlRows newest = ExecSql(tx, absl::StrCat("SELECT ", kInfoColumns, R"sql(
                                     FROM weekly_windows
                                     WHERE station = $1 AND window_start = $2
                                     ORDER BY revision DESC
                                     LIMIT 1
                                   )sql"),
                                   SqlParams().Text(station.value()).Time(week));
    ExecSql(tx, "DELETE FROM dirty_windows WHERE station = $1 AND week = $2",
            SqlParams().Text(station.value()).Time(week));
    // A dropped week's rows are all in its windows; a station without one had none.
    if (!newest.empty()) {
      const WindowInfo known = InfoFrom(newest[0]);
      if (RowsWereDropped(tx, week)) return known;
      if (known.content_hash == window.content_hash) return known;
      window.key.revision = known.key.revision + 1;
    }
    RETURN_IF_ERROR(Write(tx, window, false));
    return InfoOf(window);
  });
}

absl::StatusOr<std::vector<StationWeek>> PgWindowStore::Dirty(absl::Time quiet_since, int limit) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<StationWeek>> {
    return ExecSql(tx, R"sql(
                     SELECT station, week
                     FROM dirty_windows
                     JOIN station_weeks USING (station, week)
                     WHERE last_received_at <= $1
                     ORDER BY week, station
                     LIMIT $2
                   )sql",
                   SqlParams().Time(quiet_since).Int(limit))
        .All(StationWeekFrom);
  });
}

absl::StatusOr<std::vector<StationWeek>> PgWindowStore::Unsealed(absl::Time before, absl::Time quiet_since, int limit) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<StationWeek>> {
    return ExecSql(tx, R"sql(
                     SELECT station, week
                     FROM station_weeks s
                     WHERE week <= $1
                       AND last_received_at <= $2
                       AND NOT EXISTS (
                         SELECT 1 FROM weekly_windows w WHERE w.station = s.station AND w.window_start = s.week
                       )
                     ORDER BY week, station
                     LIMIT $3
                   )sql",
                   SqlParams()
                       .Time(before == absl::InfiniteFuture() ? before : before - kWeekLength)
                       .Time(quiet_since)
                       .Int(limit))
        .All(StationWeekFrom);
  });
}

absl::StatusOr<WindowInfo> PgWindowStore::ArchiveRolling(const StationId& station, absl::Time start, absl::Time as_of) {
  RETURN_IF_ERROR(CheckStation(station));
  if (!SlotAt(start).ok()) return absl::InvalidArgumentError("not the start of a slot");
  if (WeekGrid::Service().IsStart(start)) return absl::InvalidArgumentError("the start of a week: seal it instead");
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<WindowInfo> {
    LockForTransaction(tx, StationWeekLock(station, start));
    StationWindow window = ReadRows(tx, station, start, as_of).Build(1, as_of);
    if (RowsWereDropped(tx, start)) {
      return absl::FailedPreconditionError(
          absl::StrCat("retention dropped rows of the seven days from ", FormatUtc(start)));
    }
    const std::vector<WindowInfo> known = ExecSql(tx, absl::StrCat("SELECT ", kInfoColumns, R"sql(
                                                    FROM weekly_windows
                                                    WHERE station = $1 AND window_start = $2
                                                    ORDER BY revision DESC
                                                  )sql"),
                                                  SqlParams().Text(station.value()).Time(start))
                                              .All(InfoFrom);
    for (const WindowInfo& info : known) {
      if (info.content_hash == window.content_hash) return info;
    }
    window.key.revision = static_cast<int>(known.size()) + 1;
    RETURN_IF_ERROR(Write(tx, window, true));
    return InfoOf(window);
  });
}

absl::StatusOr<std::shared_ptr<const StationWindow>> PgWindowStore::Read(const WindowKey& key) {
  using Window = std::shared_ptr<const StationWindow>;
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<Window> {
    const std::string name = absl::StrCat("window of station ", key.station.value(), " at ", FormatUtc(key.start),
                                          ", revision ", key.revision);
    const SqlRows rows = QueryBinary(tx, absl::StrCat("SELECT ", kInfoColumns, R"sql(,
                                       slots, codec, values
                                       FROM weekly_windows
                                       WHERE station = $1 AND window_start = $2 AND revision = $3
                                     )sql"),
                                     SqlParams().Text(key.station.value()).Time(key.start).Int(key.revision));
    if (rows.empty()) return absl::NotFoundError(absl::StrCat("no ", name));
    WindowInfo info = InfoFrom(rows[0]);
    StationWindow window;
    window.key = key;
    window.slots = static_cast<int>(rows.Int(0, 8));
    auto values = DecodeWindowValues(static_cast<int>(rows.Int(0, 9)), rows.Bytes(0, 10),
                                     static_cast<size_t>(kFeatures) * window.slots);
    if (!values.ok()) return absl::Status(values.status().code(), absl::StrCat(name, ": ", values.status().message()));
    window.values = *std::move(values);
    if (WindowContentHash(window.key.start, window.slots, window.values) != info.content_hash) {
      return absl::DataLossError(absl::StrCat(name, ": the stored values do not have the recorded hash"));
    }
    window.rows_present = info.rows_present;
    window.available_at = info.available_at;
    window.sealed_at = info.sealed_at;
    window.content_hash = std::move(info.content_hash);
    return std::make_shared<const StationWindow>(std::move(window));
  });
}

absl::StatusOr<std::optional<WindowInfo>> PgWindowStore::Find(const StationId& station, absl::Time start,
                                                              absl::Time as_of) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::optional<WindowInfo>> {
    const SqlRows rows = ExecSql(tx, absl::StrCat("SELECT ", kInfoColumns, R"sql(
                                   FROM weekly_windows
                                   WHERE station = $1 AND window_start = $2 AND available_at <= $3
                                   ORDER BY revision DESC
                                   LIMIT 1
                                 )sql"),
                                 SqlParams().Text(station.value()).Time(start).Time(as_of));
    if (rows.empty()) return std::optional<WindowInfo>();
    return std::optional<WindowInfo>(InfoFrom(rows[0]));
  });
}

absl::StatusOr<std::vector<WindowInfo>> PgWindowStore::ListAsOfIssue(const Interval& weeks, absl::Duration grace) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<WindowInfo>> {
    SqlParams params = SqlParams().Time(weeks.begin).Time(weeks.end);
    if (grace == absl::InfiniteDuration()) {
      params.Null();
    } else {
      params.Text(absl::StrCat(absl::ToInt64Microseconds(kWeekLength + grace), " microseconds"));
    }
    return ExecSql(tx, absl::StrCat("SELECT DISTINCT ON (window_start, station) ", kInfoColumns, R"sql(
                     FROM weekly_windows
                     WHERE NOT rolling
                       AND window_start >= $1 AND window_start < $2
                       AND ($3::interval IS NULL OR available_at <= window_start + $3::interval)
                     ORDER BY window_start, station, revision DESC
                   )sql"),
                   params)
        .All(InfoFrom);
  });
}

}  // namespace tremorcast
