#include "server/readiness_monitor.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/time/clock.h>

#include "core/skill/records.h"
#include "server/rpc/grpc_server.h"

namespace tremorcast {
namespace {

absl::string_view StateName(Readiness::State state) {
  switch (state) {
    case Readiness::State::kReady:
      return "ready";
    case Readiness::State::kDegraded:
      return "degraded";
    case Readiness::State::kNotReady:
      return "not ready";
  }
  return "";
}

absl::string_view StateLabel(Readiness::State state) {
  return state == Readiness::State::kNotReady ? "not_ready" : StateName(state);
}

std::string Describe(const Readiness& readiness) {
  return absl::StrCat(StateName(readiness.state), readiness.reasons.empty() ? "" : ": ",
                      absl::StrJoin(readiness.reasons, "; "));
}

}  // namespace

ReadinessMonitor::ReadinessMonitor(Options options, Sources sources, rpc::HealthService& health,
                                   MaintenanceMetrics& metrics, const Log& log)
    : options_(options), sources_(std::move(sources)), health_(health), metrics_(metrics), log_(log) {}

ReadinessMonitor::~ReadinessMonitor() { Stop(); }

void ReadinessMonitor::Start() {
  CheckOnce();
  thread_ = std::thread([this] { Run(); });
}

void ReadinessMonitor::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  pause_.Wake();
  if (thread_.joinable()) thread_.join();
}

void ReadinessMonitor::Drain() {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
  readiness_ = {Readiness::State::kNotReady, {"draining"}};
  Export();
}

Readiness ReadinessMonitor::Get() const {
  absl::MutexLock lock(&mutex_);
  return readiness_;
}

Readiness ReadinessMonitor::Look(bool* models_ready) {
  Readiness result;
  const std::vector<ScopeStatus> scopes = sources_.models();
  bool any_model = false;
  *models_ready = true;
  for (const ScopeStatus& scope : scopes) {
    any_model = any_model || !scope.serving.empty();
    if (scope.serving == scope.wanted) continue;
    *models_ready = false;
    result.reasons.push_back(absl::StrCat("model of ", scope.scope.value(), ": ", scope.problem));
  }
  if (!any_model) {
    *models_ready = false;
    result.reasons.push_back("no model serves: forecasts are climatology");
  }
  // Jobs and pings live in real time whatever clock the service runs on.
  if (absl::Now() - sources_.jobs_alive_at() > options_.jobs_stuck_after) {
    result.reasons.push_back(absl::StrCat("no job has run for ", absl::FormatDuration(options_.jobs_stuck_after)));
  }
  if (!result.reasons.empty()) result.state = Readiness::State::kDegraded;
  if (const absl::Status ping = sources_.ping(absl::Now() + options_.ping_timeout); !ping.ok()) {
    result.state = Readiness::State::kNotReady;
    result.reasons.insert(result.reasons.begin(), absl::StrCat("database: ", ping.message()));
  }
  const absl::Status called = sources_.call_self(absl::Now() + options_.ping_timeout);
  if (called.ok()) {
    silent_since_.reset();
    return result;
  }
  result.state = Readiness::State::kNotReady;
  result.reasons.insert(result.reasons.begin(), absl::StrCat("gRPC: ", called.message()));
  const auto now = std::chrono::steady_clock::now();
  if (!silent_since_.has_value()) silent_since_ = now;
  if (now - *silent_since_ >= absl::ToChronoNanoseconds(options_.dead_after)) {
    result.dead = absl::StrCat("gRPC has not answered for ", absl::FormatDuration(options_.dead_after));
  }
  return result;
}

void ReadinessMonitor::CheckOnce() {
  bool models_ready = false;
  Readiness next = Look(&models_ready);
  bool serving;
  {
    absl::MutexLock lock(&mutex_);
    if (draining_) return;
    if (next.state != readiness_.state || next.reasons != readiness_.reasons) {
      const bool worse = next.state == Readiness::State::kNotReady;
      log_.Write(worse ? LogLevel::kWarning : LogLevel::kInfo, absl::StrCat("server is ", Describe(next)),
                 {{"event", "readiness"}, {"state", StateLabel(next.state)}});
    }
    if (!next.dead.empty() && readiness_.dead.empty()) {
      log_.Error(absl::StrCat("the server should be started anew: ", next.dead), {{"event", "readiness"}});
    }
    readiness_ = std::move(next);
    Export();
    serving = readiness_.state != Readiness::State::kNotReady;
  }
  health_.Set("", serving);
  for (const std::string& service : rpc::ServiceNames()) health_.Set(service, serving);
  health_.Set(kModelsHealthName, models_ready);
}

void ReadinessMonitor::Export() {
  for (const auto state : {Readiness::State::kReady, Readiness::State::kDegraded, Readiness::State::kNotReady}) {
    metrics_.readiness.Set({std::string(StateLabel(state))}, readiness_.state == state ? 1 : 0);
  }
}

void ReadinessMonitor::Run() {
  while (true) {
    pause_.WaitFor(options_.period);
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;
    }
    log_.PutRepeats();
    CheckOnce();
  }
}

}  // namespace tremorcast
