#include "storage/leadership.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "storage/lock_keys.h"

namespace tremorcast {

int64_t LeaderLockKey(absl::string_view name) { return LockKey(absl::StrCat("tremorcast/leader/", name)); }

LeaderLock::LeaderLock(std::string conninfo, absl::string_view name)
    : conninfo_(std::move(conninfo)), key_(LeaderLockKey(name)) {}

absl::StatusOr<bool> LeaderLock::Ask(const char* sql, absl::Time deadline) {
  const auto answer = connection_->Exec(sql, PgParams().Int64(key_), deadline);
  if (!answer.ok()) {
    connection_.reset();
    held_ = false;
    return answer.status();
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
  const absl::StatusOr<bool> got = Ask("SELECT pg_try_advisory_lock($1)", deadline);
  if (got.ok()) held_ = *got;
  return got;
}

bool LeaderLock::StillHeld(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  if (!held_ || connection_ == nullptr) return false;
  const absl::StatusOr<bool> held =
      Ask("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted "
          "AND objsubid = 1 "
          "AND (classid::bigint << 32 | objid::bigint) = $1)",
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
