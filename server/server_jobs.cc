#include "server/server_jobs.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "core/base/status_macros.h"
#include "server/jobs/drift_job.h"
#include "server/jobs/metrics_jobs.h"
#include "server/jobs/model_watch_job.h"
#include "server/jobs/self_check_job.h"
#include "server/jobs/shadow_job.h"
#include "server/rpc/wire/convert_model.h"

namespace tremorcast {
namespace {

// The jobs' view of the lock in the database.
class DatabaseLeadership final : public Leadership {
 public:
  explicit DatabaseLeadership(LeaderLock& lock) : lock_(lock) {}
  absl::StatusOr<bool> TryAcquire() override { return lock_.TryAcquire(); }
  bool StillHeld() override { return lock_.StillHeld(); }
  void Resign() override { lock_.Release(); }

 private:
  LeaderLock& lock_;
};

class NeverLeads final : public Leadership {
 public:
  absl::StatusOr<bool> TryAcquire() override { return false; }
  bool StillHeld() override { return false; }
  void Resign() override {}
};

LeaderLock::Options ToLockOptions(const std::string& conninfo, absl::Duration max_silence) {
  LeaderLock::Options options;
  options.conninfo = conninfo;
  options.name = kServerJobsLeader;
  options.max_silence = max_silence;
  return options;
}

// Forgets batch ids whose time is over; from then on row keys decide.
class ExpireBatchesJob final : public Job {
 public:
  ExpireBatchesJob(Store& store, const Log& log) : store_(store), log_(log) {}
  absl::string_view name() const override { return "expire_batches"; }
  bool leader_only() const override { return true; }
  absl::Duration period() const override { return absl::Hours(24); }
  absl::Status Tick(absl::Time now, const std::function<bool()>&) override {
    ASSIGN_OR_RETURN(const auto dropped, store_.DropExpiredBatches(now));
    if (dropped > 0) log_.Info(absl::StrCat("forgot ", dropped, " batch ids older than their lifetime"));
    return absl::OkStatus();
  }

 private:
  Store& store_;
  const Log& log_;
};

// Shows that a thread of the runner is alive and not caught in one of its other jobs.
class PulseJob final : public Job {
 public:
  PulseJob(bool leader_only, std::atomic<int64_t>& alive_at_ns)
      : leader_only_(leader_only), alive_at_ns_(alive_at_ns) {}
  absl::string_view name() const override { return leader_only_ ? "leader_pulse" : "pulse"; }
  bool leader_only() const override { return leader_only_; }
  absl::Duration period() const override { return absl::Seconds(5); }
  absl::Status Tick(absl::Time, const std::function<bool()>&) override {
    alive_at_ns_ = absl::ToUnixNanos(absl::Now());
    return absl::OkStatus();
  }

 private:
  const bool leader_only_;
  std::atomic<int64_t>& alive_at_ns_;
};

}  // namespace

ServerJobs::ServerJobs(Options options, Parts parts)
    : lock_(ToLockOptions(parts.conninfo, options.leader_max_silence)),
      forecaster_(parts.forecaster, parts.network, lock_.windows(), parts.store.events(), lock_.forecasts(),
                  parts.models, parts.clock, parts.metrics.inference, parts.log),
      own_alive_at_ns_(absl::ToUnixNanos(absl::Now())),
      leader_alive_at_ns_(own_alive_at_ns_.load()) {
  if (options.lead) {
    leadership_ = std::make_unique<DatabaseLeadership>(lock_);
  } else {
    leadership_ = std::make_unique<NeverLeads>();
  }
  Store& store = parts.store;
  ServerMetrics& metrics = parts.metrics;
  IssueJob::Options issuing = options.issue;
  issuing.catalogue_precedence = options.verify.catalogue_precedence;
  auto issue = std::make_unique<IssueJob>(issuing, forecaster_, parts.network, lock_.windows(), store.events(),
                                          lock_.forecasts(), parts.models, parts.clock, parts.log);
  issue->OnAppended([on_forecast = std::move(parts.on_forecast)](const Forecast&) { on_forecast(); });
  auto skill = std::make_unique<SkillJob>(options.skill, parts.network, lock_.forecasts(), lock_.models(),
                                          metrics.skill, parts.log);
  skill->OnActed([this] { Poke("models"); });
  // Quick ones first; a seal makes the windows that the issue behind it uses.
  jobs_.push_back(std::make_unique<PulseJob>(false, own_alive_at_ns_));
  jobs_.push_back(std::make_unique<PulseJob>(true, leader_alive_at_ns_));
  jobs_.push_back(std::make_unique<NetworkRefreshJob>(parts.network, store.observations(), metrics.ingest));
  jobs_.push_back(std::make_unique<ModelWatchJob>(parts.models));
  jobs_.push_back(std::make_unique<PartitionJob>(PartitionJob::Options{}, store.observations()));
  jobs_.push_back(std::make_unique<SealJob>(options.seal, lock_.windows(), parts.network, metrics.windows, parts.log));
  jobs_.push_back(std::move(issue));
  jobs_.push_back(std::make_unique<VerifyJob>(options.verify, lock_.forecasts(), store.events(), parts.log));
  ShadowJob::Options shadow;
  shadow.max_grace = options.issue.max_grace;
  shadow.policy = options.skill.policy;
  shadow.catalogue_precedence = options.verify.catalogue_precedence;
  jobs_.push_back(std::make_unique<ShadowJob>(shadow, forecaster_, parts.network, lock_.forecasts(), store.events(),
                                              lock_.models(), parts.models, metrics.models, parts.log));
  jobs_.push_back(std::move(skill));
  jobs_.push_back(std::make_unique<ForecastMetricsJob>(store.forecasts(), parts.network, metrics.forecasts));
  jobs_.push_back(std::make_unique<TrainingMetricsJob>(store.training_runs(), rpc::ScoresOf, metrics.training));
  jobs_.push_back(std::make_unique<DriftJob>(DriftJob::Options{}, store.windows(), store.models(), metrics.forecasts));
  jobs_.push_back(
      std::make_unique<RetentionJob>(options.retention, store.maintenance(), metrics.maintenance, parts.log));
  jobs_.push_back(std::make_unique<SelfCheckJob>(parts.self_check, metrics.maintenance, parts.log));
  jobs_.push_back(std::make_unique<ExpireBatchesJob>(store, parts.log));
  std::vector<Job*> jobs;
  for (const std::unique_ptr<Job>& job : jobs_) jobs.push_back(job.get());
  runner_ =
      std::make_unique<JobRunner>(options.runner, std::move(jobs), *leadership_, parts.clock, metrics.jobs, parts.log);
}

ServerJobs::~ServerJobs() = default;

absl::Time ServerJobs::alive_at() const {
  const absl::Time own = absl::FromUnixNanos(own_alive_at_ns_.load());
  return leading() ? std::min(own, absl::FromUnixNanos(leader_alive_at_ns_.load())) : own;
}

}  // namespace tremorcast
