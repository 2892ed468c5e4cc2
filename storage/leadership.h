#pragma once

// Of all replicas one leads: whoever holds a session advisory lock. The lock lives and dies with one libpq connection
// that never reconnects, so a leader whose connection broke is no leader, whatever it believes. Blocks on I/O; thread
// safe.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "storage/pg_connection.h"

namespace tremorcast {

// What is led. Each has one leader per database.
inline constexpr char kServerJobsLeader[] = "server/jobs";
inline constexpr char kTrainerLeader[] = "trainer";
// The advisory lock a leader holds.
int64_t LeaderLockKey(absl::string_view name);

class LeaderLock {
 public:
  LeaderLock(std::string conninfo, absl::string_view name);

  // True when this process leads now (also when it did before). False: another one does. Unavailable: the database is
  // away.
  absl::StatusOr<bool> TryAcquire(absl::Duration timeout = absl::Seconds(5));
  // Asks the database on the very connection that holds the lock. False once it is lost; the lock is then given up here
  // as well.
  bool StillHeld(absl::Duration timeout = absl::Seconds(5));
  void Release();

 private:
  absl::StatusOr<bool> Ask(const char* sql, absl::Time deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string conninfo_;
  const int64_t key_;
  absl::Mutex mutex_;
  std::unique_ptr<PgConnection> connection_ ABSL_GUARDED_BY(mutex_);
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tremorcast
