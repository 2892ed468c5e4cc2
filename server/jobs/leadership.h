#pragma once

// Which of the replicas does the work that must be done once: seal, issue, verify. ServerJobs
// implements it over a lock in the database, and tests have a fake.
//
// It is called from one thread and blocks on I/O. Leadership may be lost at any moment, and
// StillHeld only says so early. The stores see to it that nobody writes after it was lost: those of
// leader-only jobs write through the connection that holds the lock (storage/leadership.h).

#include <absl/status/statusor.h>

namespace tremorcast {

class Leadership {
 public:
  virtual ~Leadership() = default;
  // True: we lead now. False: another replica does. Error: the store is away.
  virtual absl::StatusOr<bool> TryAcquire() = 0;
  // False after the connection that carried the lock was lost: do nothing more, acquire again.
  virtual bool StillHeld() = 0;
  virtual void Resign() = 0;
};

// For a server that has the database to itself.
class SoleLeader : public Leadership {
 public:
  absl::StatusOr<bool> TryAcquire() override { return true; }
  bool StillHeld() override { return true; }
  void Resign() override {}
};

}  // namespace tremorcast
