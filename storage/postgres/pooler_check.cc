#include "storage/postgres/pooler_check.h"

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

// Session-scoped and harmless: only this check reads it.
constexpr char kMark[] = "tremorcast.pooler_check";

absl::StatusOr<int> BackendPid(PgConnection& connection, absl::Time deadline) {
  ASSIGN_OR_RETURN(const auto answer, connection.Exec("SELECT pg_backend_pid()", deadline));
  return static_cast<int>(answer.Int(0, 0));
}

absl::Status Refused() {
  return absl::FailedPreconditionError(
      "the database is reached through a pooler in transaction mode (pgbouncer pool_mode=transaction), which takes "
      "session locks, "
      "LISTEN and temporary tables away: connect to PostgreSQL directly, or use pool_mode=session");
}

}  // namespace

absl::Status CheckSessionsAreOurs(PgConnection& first, PgConnection& second, absl::Time deadline) {
  ASSIGN_OR_RETURN(const int pid, BackendPid(first, deadline));
  // The server tells its process id when a session starts; a pooler has to invent one.
  if (pid == first.protocol_backend_pid()) return absl::OkStatus();

  // A pooler. Leave a mark in the first session, keep its backend busy through the second, and look
  // for the mark.
  const std::string mark = absl::StrCat("mark-", pid, "-", first.protocol_backend_pid());
  if (const auto set = first.Exec("SELECT set_config($1, $2, false)", SqlParams().Text(kMark).Text(mark), deadline);
      !set.ok()) {
    return set.status();
  }
  RETURN_IF_ERROR(second.Exec("BEGIN", deadline).status());
  const auto read_mark = [&](PgConnection& connection) {
    return connection.Exec("SELECT coalesce(current_setting($1, true), '')", SqlParams().Text(kMark), deadline);
  };
  const auto seen = read_mark(second);
  const auto other = BackendPid(second, deadline);
  // With the second session inside a transaction, the first must either keep its backend or be
  // given another.
  const auto kept = read_mark(first);
  second.Rollback();
  if (!seen.ok()) return seen.status();
  if (!other.ok()) return other.status();
  const bool shared = seen->Text(0, 0) == mark || *other == pid || !kept.ok() || kept->Text(0, 0) != mark;
  const auto reset = first.Exec("SELECT set_config($1, '', false)", SqlParams().Text(kMark), deadline);
  if (shared) return Refused();
  return reset.status();
}

}  // namespace tremorcast
