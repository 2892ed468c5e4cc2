#pragma once

// Sends each newly archived forecast to those who watch. The archive is the truth: the hub reads it
// by sequence, each time it is poked (a NOTIFY, an append of our own) and at every poll, so a lost
// poke costs a second and no forecast. Each watcher has a bounded queue and a cursor of its own;
// one that catches up from an old cursor is fed page by page as it reads. A watcher whose queue
// stays full for `max_stall` is ended with ResourceExhausted; it may resume from the last sequence
// it got.
//
//   auto watch = hub.Subscribe(filter, resume, [this] { /* wake: pull with TryNext */ });
//   while (auto item = watch->TryNext()) { ... }
//   if (auto ended = watch->ended()) { ... }        // only once the queue is empty
//
// Thread safety: all of it. `wake` is called from the hub's thread (or from Stop), without any
// lock, may be called without need, and must not block; after the Watch is destroyed it is not
// running and not called again (so it must not destroy the Watch). Subscribe, TryNext, Poke never
// block on I/O.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "core/base/clock.h"
#include "core/forecast/forecast.h"
#include "core/ports/forecast_store.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

struct WatchFilter {
  std::set<RegionId> regions;  // empty: all
  std::set<ForecastPurpose> purposes = {ForecastPurpose::kOperational};

  std::set<IssueKind> issues;  // empty: all

  bool Matches(const Forecast& forecast) const;
};

class WatchHub {
 public:
  struct Options {
    size_t queue = 64;  // forecasts per watcher
    absl::Duration max_stall = absl::Seconds(60);
    absl::Duration poll = absl::Seconds(1);
    int page = 200;
  };

  class Watch {
   public:
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    // The next forecast, or nothing for now.
    std::shared_ptr<const Forecast> TryNext();
    // Everything of this filter up to here was returned by TryNext. For heartbeats and resuming.
    // Nothing until the archive has been read once.
    std::optional<int64_t> position() const;
    // Set when no more will come (queue emptied first): ResourceExhausted (too slow), Unavailable
    // (hub stopped: resume elsewhere).
    std::optional<absl::Status> ended() const;

   private:
    friend class WatchHub;
    struct State;
    Watch(WatchHub& hub, std::shared_ptr<State> state) : hub_(hub), state_(std::move(state)) {}
    WatchHub& hub_;
    std::shared_ptr<State> state_;
  };

  WatchHub(Options options, ForecastStore& store, const Clock& clock, WatchMetrics& metrics, const Log& log);
  ~WatchHub();  // every Watch must be gone
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;

  // Starts the polling thread. Without it, PollOnce drives the hub (tests).
  void Start();
  // Ends every watch with Unavailable and joins. Idempotent.
  void Stop();

  // `resume_after`: send what was archived after this sequence; nothing: only what comes from now
  // on.
  std::unique_ptr<Watch> Subscribe(WatchFilter filter, std::optional<int64_t> resume_after, std::function<void()> wake);
  void Poke();
  // Reads what is new and feeds everybody once. Returns the store's error, which the next poll
  // repeats.
  absl::Status PollOnce();

 private:
  void Run();
  bool FeedNextPage(int64_t last, absl::Status& status);
  void EndStalled();
  void Remove(const std::shared_ptr<Watch::State>& state);

  const Options options_;
  ForecastStore& store_;
  const Clock& clock_;
  WatchMetrics& metrics_;
  const Log& log_;
  mutable absl::Mutex mutex_;
  std::vector<std::shared_ptr<Watch::State>> watches_ ABSL_GUARDED_BY(mutex_);
  std::optional<int64_t> last_sequence_ ABSL_GUARDED_BY(mutex_);  // of the archive, at the last poll
  bool poked_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tremorcast
