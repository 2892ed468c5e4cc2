#pragma once

// Runs the jobs on two threads, each in the order given: the leader-only ones, while leadership is
// held, and the others, so that a long seal delays no model swap. A job runs when its period has
// passed, or at once when poked. One that fails is tried again after growing pauses of at most
// `max_backoff`; the others go on.
//
// Thread safety: Start/Stop from one thread; Poke from any. Stop is prompt: the wait ends at once,
// a running job is asked to stop at its next unit of work; leadership is resigned afterwards.

#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "core/base/clock.h"
#include "server/jobs/job.h"
#include "server/jobs/leadership.h"
#include "server/pipeline/pause.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

class JobRunner {
 public:
  struct Options {
    absl::Duration tick = absl::Seconds(1);  // how often due jobs are looked for
    absl::Duration first_backoff = absl::Seconds(2);
    absl::Duration max_backoff = absl::Minutes(5);
    absl::Duration leadership_retry = absl::Seconds(2);
  };
  // Runs jobs in the order given. They must outlive the runner.
  JobRunner(Options options, std::vector<Job*> jobs, Leadership& leadership, const Clock& clock, JobMetrics& metrics,
            const Log& log);
  ~JobRunner();  // Stop()
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;

  void Start();
  void Stop();
  // Makes the job due now; a name nobody has is ignored. Wakes the thread.
  void Poke(absl::string_view job);
  // One pass over what is due: what the threads do again and again. For tests; not beside Start.
  void RunDue();
  bool leading() const;

 private:
  struct Entry;
  bool Lead();
  void RunEntry(Entry& entry, absl::Time now);
  bool MayContinue(const Entry& entry);
  enum class Group { kLeader, kOwn };
  static Group GroupOf(const Entry& entry);
  void RunDue(Group group);
  void Loop(Group group);
  Pause& PauseOf(Group group) { return pauses_[static_cast<size_t>(group)]; }

  const Options options_;
  Leadership& leadership_;
  const Clock& clock_;
  JobMetrics& metrics_;
  const Log& log_;
  std::vector<std::unique_ptr<Entry>> entries_;
  absl::Time next_leadership_attempt_ = absl::InfinitePast();
  bool asking_fails_ = false;  // of leadership: said once
  mutable absl::Mutex mutex_;
  bool leading_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::array<Pause, 2> pauses_;
  std::vector<std::thread> threads_;
};

}  // namespace tremorcast
