#pragma once

// Who of the replicas does what must be done once: seal, issue, verify. Implemented over a lock of the database by
// storage/ (an adapter in main) and by a fake in the tests.
//
// Thread safety: called from one thread. Blocks on I/O. Losing leadership is possible at any moment; StillHeld only
// says so early. That nobody writes after it was lost is the stores' business: those of leader-only jobs write through
// the connection that holds the lock (storage/leadership.h).

#include "absl/status/statusor.h"

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
