#pragma once

// The jobs of a server and what only the composition can give them: a leader lock in the database,
// stores that write under it, the store's housekeeping, a pulse. Ownership: holds the jobs; refers
// to the parts, which must outlive it. Thread safety: Start and Stop from one thread, the rest from
// any.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "core/base/clock.h"
#include "server/jobs/issue_job.h"
#include "server/jobs/job_runner.h"
#include "server/jobs/leadership.h"
#include "server/jobs/retention_job.h"
#include "server/jobs/skill_job.h"
#include "server/jobs/storage_jobs.h"
#include "server/jobs/verify_job.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/model_host.h"
#include "server/pipeline/network_directory.h"
#include "server/pipeline/self_check.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"
#include "storage/leadership.h"
#include "storage/store.h"

namespace tremorcast {

class ServerJobs {
 public:
  struct Options {
    // False: this replica never leads; it still follows models, network and metrics.
    bool lead = true;
    IssueJob::Options issue;
    SealJob::Options seal;
    VerifyJob::Options verify;
    RetentionJob::Options retention;
    SkillJob::Options skill;  // its policy also says how long trials of shadows last
    JobRunner::Options runner;
    // A leader that the database has not heard of for so long has hung, and another replica takes
    // over. Longer than the longest pause between two statements of a job: loading and running a
    // model.
    absl::Duration leader_max_silence = absl::Minutes(2);
  };
  struct Parts {
    const std::string& conninfo;
    Store& store;
    NetworkDirectory& network;
    ModelHost& models;
    const Forecaster::Options& forecaster;
    const SelfCheck& self_check;
    const Clock& clock;
    ServerMetrics& metrics;
    const Log& log;
    std::function<void()> on_forecast;  // after each forecast issued here
  };
  ServerJobs(Options options, Parts parts);
  ~ServerJobs();

  void Start() { runner_->Start(); }
  void Stop() { runner_->Stop(); }
  void Poke(absl::string_view job) { runner_->Poke(job); }
  bool leading() const { return runner_->leading(); }
  // When the runner last came by in all of its threads that have work, in real time.
  absl::Time alive_at() const;

 private:
  LeaderLock lock_;
  // Reads and writes through the lock, as all that leader-only jobs archive.
  Forecaster forecaster_;
  std::unique_ptr<Leadership> leadership_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::atomic<int64_t> own_alive_at_ns_;
  std::atomic<int64_t> leader_alive_at_ns_;  // counts while leading
  std::unique_ptr<JobRunner> runner_;
};

}  // namespace tremorcast
