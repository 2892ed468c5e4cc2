#pragma once

// Of all replicas one leads: whoever holds a session advisory lock. What a leader writes goes
// through the very connection that holds the lock, so it can commit only while it leads: PostgreSQL
// ends a session, its transaction and its lock together. A leader that was paused, cut off or
// replaced finds its connection gone and writes nothing (docs/decisions/0014).
//
//   LeaderLock lock({.conninfo = conninfo, .name = "server/jobs"});
//   if (*lock.TryAcquire()) lock.windows().Seal(...);
//
// The connection never reconnects: once it broke, the lock is lost and has to be taken again.
// Blocks on I/O; thread safe, one transaction at a time.

#include <cstdint>
#include <memory>
#include <string>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/ports/forecast_store.h"
#include "core/ports/model_registry.h"
#include "core/ports/window_store.h"
#include "storage/postgres/lock_keys.h"

namespace tremorcast {

class LeaderLock {
 public:
  struct Options {
    std::string conninfo;
    // What is led: kServerJobsLeader, kTrainerLeader or kCatalogueTrainerLeader.
    std::string name;
    // The database ends the session, and with it the leadership, of a leader that it has not heard
    // of for so long: a process that hangs or was stopped. Infinite for a leader that is rightly
    // silent for hours.
    absl::Duration max_silence = absl::InfiniteDuration();
    // Longest statement, and when a BACKFILL row counts as known: as StoreOptions.
    absl::Duration statement_timeout = absl::Seconds(60);
    absl::Duration backfill_latency = absl::Minutes(10);
  };
  explicit LeaderLock(Options options);
  ~LeaderLock();
  LeaderLock(const LeaderLock&) = delete;
  LeaderLock& operator=(const LeaderLock&) = delete;

  // True when this process leads now (also when it did before). False: another one does.
  // Unavailable: the database is away, or its clock and ours disagree (session_check.h): who has
  // another time does not lead.
  absl::StatusOr<bool> TryAcquire();
  // Asks the database on the very connection that holds the lock. False once it is lost; the lock
  // is then given up here as well.
  bool StillHeld();
  void Release();

  // Stores on the connection that holds the lock. Without the lock every call is Unavailable.
  WindowStore& windows();
  ForecastStore& forecasts();
  ModelRegistry& models();

 private:
  class Session;
  struct Stores;
  const std::unique_ptr<Session> session_;
  const std::unique_ptr<Stores> stores_;
};

}  // namespace tremorcast
