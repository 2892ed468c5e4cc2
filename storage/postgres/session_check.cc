#include "storage/postgres/session_check.h"

#include <algorithm>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "core/base/status_macros.h"

namespace tremorcast {

absl::Status CheckClock(absl::Time before, absl::Time database, absl::Time after) {
  const absl::Duration ahead = std::min(before, after) - database, behind = database - std::max(before, after);
  const absl::Duration skew = std::max(ahead, behind);
  if (skew <= kMaxClockSkew) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      "this machine's clock is ", absl::FormatDuration(absl::Trunc(skew, absl::Seconds(1))),
      ahead > behind ? " ahead of" : " behind", " the database's (at most ", absl::FormatDuration(kMaxClockSkew),
      " is allowed): nothing is stored, sealed or issued until they agree; check time synchronisation on both"));
}

absl::Status CheckSession(PgConnection& connection, absl::Time deadline) {
  const absl::Time before = absl::Now();
  ASSIGN_OR_RETURN(
      const auto session,
      connection.Exec("SELECT clock_timestamp(), current_setting('transaction_read_only')::boolean", deadline));
  if (session.Bool(0, 1)) {
    return absl::UnavailableError("it is read-only (a standby, or default_transaction_read_only): nothing is stored");
  }
  return CheckClock(before, session.Time(0, 0), absl::Now());
}

absl::Status TryWriting(PgConnection& connection, absl::Time deadline) {
  constexpr char kFill[] = R"sql(
    BEGIN;
    CREATE TEMPORARY TABLE tremorcast_room ON COMMIT DROP
    AS SELECT generate_series(1, 30000) AS filler
  )sql";
  const absl::Status written = connection.Exec(kFill, deadline).status();
  connection.Rollback();
  return written;
}

}  // namespace tremorcast
