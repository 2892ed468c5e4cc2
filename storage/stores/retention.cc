// PgMaintenanceStore: weeks older than the retention.

#include <map>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "storage/postgres/lock_keys.h"
#include "storage/schema/partitions.h"
#include "storage/stores/maintenance_store.h"

namespace tremorcast {
namespace {

std::vector<ExpiredWeek> StatesOf(pqxx::work& tx, const std::vector<absl::Time>& weeks) {
  const SqlRows rows = ExecSql(tx, R"sql(
                                 SELECT
                                   s.week,
                                   count(*),
                                   count(*) FILTER (WHERE NOT EXISTS (
                                     SELECT 1
                                     FROM weekly_windows w
                                     WHERE w.station = s.station AND w.window_start = s.week
                                   )),
                                   count(d.week)
                                 FROM station_weeks s
                                 LEFT JOIN dirty_windows d USING (station, week)
                                 WHERE s.week = ANY($1)
                                 GROUP BY s.week
                               )sql",
                               SqlParams().Times(weeks));
  std::map<absl::Time, ExpiredWeek> known;
  for (int i = 0; i < rows.size(); ++i) {
    const absl::Time week = rows.Time(i, 0);
    known[week] = {week, rows.Int(i, 1), rows.Int(i, 2), rows.Int(i, 3)};
  }
  std::vector<ExpiredWeek> states;
  for (const absl::Time week : weeks) {
    const auto at = known.find(week);
    states.push_back(at == known.end() ? ExpiredWeek{week} : at->second);
  }
  return states;
}

absl::Status Kept(absl::Time week, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("the rows of week ", FormatUtc(week), " are kept: ", why));
}

absl::Status CheckDroppable(const ExpiredWeek& state) {
  if (state.droppable()) return absl::OkStatus();
  return Kept(state.week, absl::StrCat(state.unsealed, " station-weeks are not sealed, ", state.dirty,
                                       " got rows since they were sealed"));
}

// The marks say that every row is in a window; this counts.
absl::StatusOr<int64_t> CountRowsInWindows(pqxx::work& tx, absl::Time week) {
  const int64_t stored = ExecSql(tx, absl::StrCat("SELECT count(*) FROM ", PartitionName(week))).Int(0, 0);
  const int64_t sealed = ExecSql(tx, R"sql(
                                   SELECT coalesce(sum(magn_rows + sound_rows), 0)
                                   FROM (
                                     SELECT DISTINCT ON (station) magn_rows, sound_rows
                                     FROM weekly_windows
                                     WHERE window_start = $1 AND NOT rolling
                                     ORDER BY station, revision DESC
                                   ) newest
                                 )sql",
                                 SqlParams().Time(week))
                             .Int(0, 0);
  if (stored == sealed) return stored;
  return Kept(week, absl::StrCat(stored, " rows are stored, and the sealed windows hold ", sealed));
}

}  // namespace

absl::StatusOr<std::vector<ExpiredWeek>> PgMaintenanceStore::ExpiredWeeks(absl::Time before) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<ExpiredWeek>> {
    std::vector<absl::Time> weeks;
    for (const absl::Time week : AttachedWeeks(tx)) {
      if (week + kWeekLength <= before) weeks.push_back(week);
    }
    return StatesOf(tx, weeks);
  });
}

absl::StatusOr<int64_t> PgMaintenanceStore::DropWeek(absl::Time week, absl::Time now) {
  if (!WeekGrid::Service().IsStart(week)) return absl::InvalidArgumentError("not the start of a week");
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<int64_t> {
    LockForTransaction(tx, kPartitionLock);
    const std::string partition = PartitionName(week);
    if (!ExecSql(tx, "SELECT to_regclass($1)", SqlParams().Text(partition)).Null(0, 0)) {
      tx.exec("SET LOCAL statement_timeout = '30min'");  // counting a large week
      ASSIGN_OR_RETURN(const auto counted, CountRowsInWindows(tx, week));
      // Rows queue behind these locks, so they are not waited for long. Parent first, as every
      // reader takes them.
      tx.exec("SET LOCAL lock_timeout = '2s'");
      tx.exec(absl::StrCat("LOCK TABLE ONLY observations, ", partition, " IN ACCESS EXCLUSIVE MODE"));
      // A new statement after the locks: it sees the marks of every row that was committed before
      // we got them.
      RETURN_IF_ERROR(CheckDroppable(StatesOf(tx, {week}).front()));
      ExecSql(tx, "INSERT INTO dropped_weeks (week, dropped_at, row_count) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
              SqlParams().Time(week).Time(now).Int(counted));
      tx.exec(absl::StrCat("DROP TABLE ", partition));
      return counted;
    }
    return 0;
  });
}

bool RowsWereDropped(pqxx::work& tx, absl::Time start) {
  return !ExecSql(tx, "SELECT 1 FROM dropped_weeks WHERE week > $1 AND week < $2",
                  SqlParams().Time(start - kWeekLength).Time(start + kWeekLength))
              .empty();
}

}  // namespace tremorcast
