#include "storage/schema/partitions.h"

#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/substitute.h>

#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "storage/postgres/lock_keys.h"
#include "storage/postgres/sql_text.h"

namespace tremorcast {

std::string PartitionName(absl::Time week) {
  return absl::FormatTime("observations_w%E4Y%m%d", week, NetworkTimeZone());
}

std::vector<absl::Time> AttachedWeeks(pqxx::work& tx) {
  const SqlRows rows = ExecSql(tx, R"sql(
    SELECT relname
    FROM pg_inherits
    JOIN pg_class c ON c.oid = inhrelid
    WHERE inhparent = 'observations'::regclass
    ORDER BY relname
  )sql");
  std::vector<absl::Time> weeks;
  for (int i = 0; i < rows.size(); ++i) {
    absl::Time week;
    std::string error;
    if (absl::ParseTime("observations_w%E4Y%m%d", rows.Text(i, 0), NetworkTimeZone(), &week, &error)) {
      weeks.push_back(week);
    }
  }
  return weeks;
}

absl::Status Partitions::Ensure(absl::Span<const absl::Time> weeks, absl::Time deadline) {
  std::vector<absl::Time> missing;
  {
    absl::MutexLock lock(&mutex_);
    for (const absl::Time week : weeks) {
      if (!known_.contains(absl::ToUnixSeconds(week))) missing.push_back(week);
    }
  }
  if (missing.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto connection, pool_->Acquire(deadline));
  for (const absl::Time week : missing) {
    if (absl::Status created = Create(*connection, week, deadline); !created.ok()) {
      connection->Rollback();
      return created;
    }
    absl::MutexLock lock(&mutex_);
    known_.insert(absl::ToUnixSeconds(week));
  }
  return absl::OkStatus();
}

absl::Status Partitions::Create(PgConnection& connection, absl::Time week, absl::Time deadline) {
  const std::string name = PartitionName(week);
  RETURN_IF_ERROR(
      connection.Exec(absl::StrCat("BEGIN; SELECT pg_advisory_xact_lock(", kPartitionLock, ")"), deadline).status());
  ASSIGN_OR_RETURN(const auto exists, connection.Exec(R"sql(
                                     SELECT 1
                                     FROM pg_inherits
                                     WHERE inhrelid = to_regclass($1) AND inhparent = 'observations'::regclass
                                     UNION ALL
                                     SELECT 1
                                     FROM dropped_weeks
                                     WHERE week = $2
                                   )sql",
                                                      SqlParams().Text(name).Time(week), deadline));
  if (exists.empty()) {
    const std::string from = SqlTime(week), to = SqlTime(week + kWeekLength);
    const std::string create = absl::Substitute(R"sql(
      CREATE TABLE $0 (LIKE observations INCLUDING ALL, CONSTRAINT week CHECK (slot >= '$1' AND slot < '$2'));
      ALTER TABLE observations ATTACH PARTITION $0 FOR VALUES FROM ('$1') TO ('$2');
      ALTER TABLE $0 DROP CONSTRAINT week
    )sql",
                                                name, from, to);
    RETURN_IF_ERROR(connection.Exec(create, deadline).status());
  }
  return connection.Commit(deadline);
}

void Partitions::Forget() {
  absl::MutexLock lock(&mutex_);
  known_.clear();
}

}  // namespace tremorcast
