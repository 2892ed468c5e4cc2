#include "storage/leadership.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "storage/lock_keys.h"
#include "storage/session_check.h"

namespace tremorcast {

LeaderLock::LeaderLock(std::string conninfo, absl::string_view name)
    : conninfo_(std::move(conninfo)), key_(LockKey(absl::StrCat("tremorcast/leader/", name))) {}

absl::StatusOr<bool> LeaderLock::Ask(const char* sql, absl::Time deadline) {
  const absl::Time before = absl::Now();
  const auto answer = connection_->Exec(sql, PgParams().Int64(key_), deadline);
  absl::Status status = answer.status();
  // Whoever has another time than the database would seal and issue weeks that are not over.
  if (status.ok()) status = CheckClock(before, FromPgTimestamp(answer->binary_int64(0, 1)), absl::Now());
  if (!status.ok()) {
    connection_.reset();
    held_ = false;
    return status;
  }
  return answer->binary_bool(0, 0);
}

absl::StatusOr<bool> LeaderLock::TryAcquire(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  const absl::Time deadline = absl::Now() + timeout;
  if (connection_ != nullptr && connection_->broken()) {
    connection_.reset();
    held_ = false;
  }
  if (held_) return true;
  if (connection_ == nullptr) {
    auto opened = PgConnection::Open(conninfo_, "tremorcast leader", deadline);
    if (!opened.ok()) return opened.status();
    connection_ = *std::move(opened);
  }
  const absl::StatusOr<bool> got = Ask("SELECT pg_try_advisory_lock($1), clock_timestamp()", deadline);
  if (got.ok()) held_ = *got;
  return got;
}

bool LeaderLock::StillHeld(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  if (!held_ || connection_ == nullptr) return false;
  const absl::StatusOr<bool> held =
      Ask("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted "
          "AND objsubid = 1 "
          "AND (classid::bigint << 32 | objid::bigint) = $1), clock_timestamp()",
          absl::Now() + timeout);
  held_ = held.ok() && *held;
  return held_;
}

void LeaderLock::Release() {
  absl::MutexLock lock(&mutex_);
  connection_.reset();
  held_ = false;
}

}  // namespace tremorcast
