#pragma once

// Answers "can this server do its work now?" for /readyz and for gRPC health, and logs each change
// of the answer.
//
// Not ready: draining, the database does not answer or cannot take rows now (Store::Ping), or our own
// gRPC port does not answer us. When that last lasts, the process is dead: only a new start helps.
// Degraded (still serving): no model serves, a model that should serve could not be loaded, or the
// jobs stand still. gRPC health names: "" and each service follow ready or degraded;
// kModelsHealthName says whether every scope runs its champion.
//
// Thread safety: all of it. Get never blocks; the check runs on a thread of its own and may wait
// for the database and then for our own port, up to ping_timeout for each.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "server/pipeline/model_host.h"
#include "server/pipeline/pause.h"
#include "server/rpc/services/health_service.h"
#include "server/telemetry/http_server.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

inline constexpr char kModelsHealthName[] = "tremorcast.models";

class ReadinessMonitor {
 public:
  struct Options {
    absl::Duration period = absl::Seconds(1);
    absl::Duration ping_timeout = absl::Seconds(3);
    absl::Duration jobs_stuck_after = absl::Minutes(10);
    absl::Duration dead_after = absl::Minutes(1);
  };
  struct Sources {
    std::function<absl::Status(absl::Time deadline)> ping;
    std::function<absl::Status(absl::Time deadline)> call_self;  // as any caller does
    std::function<std::vector<ScopeStatus>()> models;
    std::function<absl::Time()> jobs_alive_at;  // InfiniteFuture: there are none to be stuck
  };
  ReadinessMonitor(Options options, Sources sources, rpc::HealthService& health, MaintenanceMetrics& metrics,
                   const Log& log);
  ~ReadinessMonitor();  // Stop()
  ReadinessMonitor(const ReadinessMonitor&) = delete;
  ReadinessMonitor& operator=(const ReadinessMonitor&) = delete;

  // Checks once, then again and again on its thread.
  void Start();
  void Stop();
  // Not ready from now on, for good.
  void Drain();
  Readiness Get() const;

 private:
  void CheckOnce();
  Readiness Look(bool* models_ready);
  void Export() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run();

  const Options options_;
  const Sources sources_;
  rpc::HealthService& health_;
  MaintenanceMetrics& metrics_;
  const Log& log_;
  mutable absl::Mutex mutex_;
  Readiness readiness_ ABSL_GUARDED_BY(mutex_) = {Readiness::State::kNotReady, {"starting"}};
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Of the checking thread alone, by the monotonic clock.
  std::optional<std::chrono::steady_clock::time_point> silent_since_;
  Pause pause_;
  std::thread thread_;
};

}  // namespace tremorcast
