#include "server/jobs/job_runner.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

namespace tremorcast {

struct JobRunner::Entry {
  Job* job = nullptr;
  prometheus::Counter* succeeded = nullptr;
  prometheus::Counter* failed = nullptr;
  prometheus::Histogram* seconds = nullptr;
  // Its thread's own.
  absl::Time due = absl::InfinitePast();
  int failures = 0;
  // Under JobRunner::mutex_.
  bool poked = false;
};

JobRunner::JobRunner(Options options, std::vector<Job*> jobs, Leadership& leadership, const Clock& clock,
                     JobMetrics& metrics, const Log& log)
    : options_(options), leadership_(leadership), clock_(clock), metrics_(metrics), log_(log) {
  const prometheus::Histogram::BucketBoundaries buckets = {.001, .01, .1, .5, 1, 5, 10, 30, 60, 300, 1800};
  for (Job* job : jobs) {
    auto entry = std::make_unique<Entry>();
    const std::string name(job->name());
    entry->job = job;
    entry->succeeded = &metrics_.runs.Add({{"job", name}, {"result", "ok"}});
    entry->failed = &metrics_.runs.Add({{"job", name}, {"result", "failed"}});
    entry->seconds = &metrics_.seconds.Add({{"job", name}}, buckets);
    entries_.push_back(std::move(entry));
  }
}

JobRunner::~JobRunner() { Stop(); }

void JobRunner::Start() {
  if (!threads_.empty()) return;
  for (const Group group : {Group::kLeader, Group::kOwn}) threads_.emplace_back([this, group] { Loop(group); });
}

void JobRunner::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (Pause& pause : pauses_) pause.Wake();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  bool was_leading;
  {
    absl::MutexLock lock(&mutex_);
    was_leading = std::exchange(leading_, false);
  }
  if (was_leading) leadership_.Resign();
  metrics_.leader.Set(0);
}

void JobRunner::Poke(absl::string_view job) {
  absl::MutexLock lock(&mutex_);
  for (const auto& entry : entries_) {
    if (entry->job->name() != job) continue;
    entry->poked = true;
    PauseOf(GroupOf(*entry)).Wake();
  }
}

JobRunner::Group JobRunner::GroupOf(const Entry& entry) {
  return entry.job->leader_only() ? Group::kLeader : Group::kOwn;
}

bool JobRunner::leading() const {
  absl::MutexLock lock(&mutex_);
  return leading_;
}

// Whether we lead, after trying to where we do not.
bool JobRunner::Lead() {
  bool held = leading();
  if (held && !leadership_.StillHeld()) {
    log_.Warning("leadership was lost", {{"event", "leadership"}, {"leader", "false"}});
    held = false;
  }
  // A clock that was set back must not put the next attempt off by as much; nor, below, a job.
  next_leadership_attempt_ = std::min(next_leadership_attempt_, clock_.Now() + options_.leadership_retry);
  if (!held && clock_.Now() >= next_leadership_attempt_) {
    absl::StatusOr<bool> acquired = leadership_.TryAcquire();
    held = acquired.ok() && *acquired;
    if (held) {
      log_.Info("this replica leads: it seals, issues and verifies", {{"event", "leadership"}, {"leader", "true"}});
    }
    if (!acquired.ok() && !asking_fails_) {
      log_.Warning(absl::StrCat("cannot ask for leadership: ", acquired.status().ToString()));
    }
    asking_fails_ = !acquired.ok();
    if (!held) next_leadership_attempt_ = clock_.Now() + options_.leadership_retry;
  }
  absl::MutexLock lock(&mutex_);
  leading_ = held;
  metrics_.leader.Set(held ? 1 : 0);
  return held;
}

bool JobRunner::MayContinue(const Entry& entry) {
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return false;
  }
  return !entry.job->leader_only() || leadership_.StillHeld();
}

void JobRunner::RunEntry(Entry& entry, absl::Time now) {
  const absl::Time start = absl::Now();
  const absl::Status status = entry.job->Tick(now, [this, &entry] { return MayContinue(entry); });
  entry.seconds->Observe(absl::ToDoubleSeconds(absl::Now() - start));
  if (absl::IsCancelled(status)) {
    entry.due = now;  // it goes on where it stopped, here or on the next leader
    return;
  }
  const std::string name(entry.job->name());
  if (status.ok()) {
    if (entry.failures > 0) log_.Info(absl::StrCat("job ", name, " succeeds again"));
    entry.failures = 0;
    entry.due = now + entry.job->period();
    entry.succeeded->Increment();
    metrics_.last_success_timestamp.Set({name}, UnixSeconds(now));
    return;
  }
  const absl::Duration pause =
      std::min(options_.max_backoff, options_.first_backoff * (int64_t{1} << std::min(entry.failures, 20)));
  ++entry.failures;
  entry.due = now + pause;
  entry.failed->Increment();
  log_.Error(absl::StrCat("job ", name, " failed: ", status.ToString(), "; again in ", absl::FormatDuration(pause)));
}

void JobRunner::RunDue() {
  RunDue(Group::kLeader);
  RunDue(Group::kOwn);
}

void JobRunner::RunDue(Group group) {
  if (group == Group::kLeader && !Lead()) return;
  for (const auto& entry : entries_) {
    if (GroupOf(*entry) != group) continue;
    const absl::Time now = clock_.Now();
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;
      if (std::exchange(entry->poked, false)) entry->due = now;
    }
    entry->due = std::min(entry->due, now + std::max(entry->job->period(), options_.max_backoff));
    if (now < entry->due) continue;
    if (group == Group::kLeader && !leadership_.StillHeld()) return;
    RunEntry(*entry, now);
  }
}

void JobRunner::Loop(Group group) {
  while (true) {
    RunDue(group);
    PauseOf(group).WaitFor(options_.tick);
    absl::MutexLock lock(&mutex_);
    if (stopping_) return;
  }
}

}  // namespace tremorcast
