#include "storage/schema/migrations.h"

#include <map>

#include <absl/strings/str_cat.h>

#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "storage/postgres/lock_keys.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_status.h"

namespace tremorcast {
namespace {

struct Applied {
  std::string name;
  std::string checksum;
};

absl::StatusOr<std::map<int, Applied>> ReadApplied(PgConnection& connection, absl::Time deadline) {
  ASSIGN_OR_RETURN(const auto rows,
                   connection.Exec("SELECT number, name, checksum FROM schema_migrations ORDER BY number", deadline));
  std::map<int, Applied> applied;
  for (int i = 0; i < rows.size(); ++i) {
    applied[static_cast<int>(rows.Int(i, 0))] = {rows.Text(i, 1), rows.Text(i, 2)};
  }
  return applied;
}

// The recorded steps must be a prefix of ours, unaltered.
absl::Status CheckApplied(const std::map<int, Applied>& applied, absl::Span<const Migration> migrations) {
  for (const auto& [number, record] : applied) {
    if (number > static_cast<int>(migrations.size())) {
      return absl::FailedPreconditionError(absl::StrCat("the database schema is at migration ", applied.rbegin()->first,
                                                        ", newer than this program's ", migrations.size(),
                                                        ": upgrade the program, never the other way round"));
    }
    if (record.checksum != Sha256Hex(migrations[number - 1].sql)) {
      return absl::FailedPreconditionError(absl::StrCat("migration ", record.name,
                                                        " was applied with another content than this "
                                                        "program's ",
                                                        migrations[number - 1].name));
    }
  }
  return absl::OkStatus();
}

// Applies the next pending migration; false when there is none.
absl::StatusOr<bool> ApplyNext(PgConnection& connection, absl::Span<const Migration> migrations, absl::Time deadline) {
  const std::string begin = absl::StrCat("BEGIN; SELECT pg_advisory_xact_lock(", kMigrationLock, R"sql();
    CREATE TABLE IF NOT EXISTS schema_migrations (
      number integer PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )
  )sql");
  RETURN_IF_ERROR(connection.Exec(begin, deadline).status());
  ASSIGN_OR_RETURN(const auto applied, ReadApplied(connection, deadline));
  RETURN_IF_ERROR(CheckApplied(applied, migrations));
  if (applied.size() == migrations.size()) return false;
  const Migration& next = migrations[applied.size()];
  if (const auto done = connection.Exec(next.sql, deadline); !done.ok()) {
    return absl::Status(done.status().code(), absl::StrCat("migration ", next.name, ": ", done.status().message()));
  }
  RETURN_IF_ERROR(connection
                      .Exec("INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)",
                            SqlParams().Int(next.number).Text(next.name).Text(Sha256Hex(next.sql)), deadline)
                      .status());
  RETURN_IF_ERROR(connection.Commit(deadline));
  return true;
}

}  // namespace

absl::Status Migrate(PgConnection& connection, absl::Span<const Migration> migrations, absl::Time deadline) {
  for (;;) {
    const absl::StatusOr<bool> more = ApplyNext(connection, migrations, deadline);
    if (!more.ok() || !*more) connection.Rollback();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
  }
}

absl::Status CheckSchema(PgConnection& connection, absl::Span<const Migration> migrations, absl::Time deadline) {
  const auto applied = ReadApplied(connection, deadline);
  if (!applied.ok()) {
    if (SqlStateOf(applied.status()) != kUndefinedTable) return applied.status();
    return absl::FailedPreconditionError("the database has no schema yet: run the migrations");
  }
  RETURN_IF_ERROR(CheckApplied(*applied, migrations));
  if (applied->size() < migrations.size()) {
    return absl::FailedPreconditionError(absl::StrCat("the database schema is at migration ", applied->size(), " of ",
                                                      migrations.size(), ": run the migrations"));
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
