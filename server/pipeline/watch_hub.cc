#include "server/pipeline/watch_hub.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {

bool WatchFilter::Matches(const Forecast& forecast) const {
  return (regions.empty() || regions.count(forecast.region) > 0) && purposes.count(forecast.purpose) > 0 &&
         (issues.empty() || issues.count(forecast.issue) > 0);
}

struct WatchHub::Watch::State {
  WatchFilter filter;
  std::function<void()> wake;
  size_t capacity = 0;

  mutable absl::Mutex mutex;
  std::deque<std::shared_ptr<const Forecast>> queue ABSL_GUARDED_BY(mutex);
  std::optional<int64_t> cursor ABSL_GUARDED_BY(mutex);  // what the hub has looked at
  absl::Time full_since ABSL_GUARDED_BY(mutex) = absl::InfiniteFuture();
  std::optional<absl::Status> ended ABSL_GUARDED_BY(mutex);

  absl::Mutex wake_mutex;  // held while `wake` runs, so that the end of the Watch can wait for it
  bool closed ABSL_GUARDED_BY(wake_mutex) = false;

  // Of those that can be fed: the cursor.
  std::optional<int64_t> FeedingCursor() const {
    absl::MutexLock lock(&mutex);
    return ended.has_value() || queue.size() >= capacity ? std::nullopt : cursor;
  }
  // Takes what follows its cursor out of `page` (sequence order), whose reading went up to
  // `page_end`. True if the queue got something.
  bool Feed(const std::vector<std::shared_ptr<const Forecast>>& page, int64_t page_end, absl::Time now,
            WatchMetrics& metrics) {
    absl::MutexLock lock(&mutex);
    bool fed = false;
    for (const auto& forecast : page) {
      if (forecast->sequence <= *cursor) continue;
      if (filter.Matches(*forecast)) {
        if (queue.size() >= capacity) {
          full_since = std::min(full_since, now);
          return fed;
        }
        queue.push_back(forecast);
        metrics.sent.Increment();
        fed = true;
      }
      cursor = forecast->sequence;
    }
    cursor = std::max(*cursor, page_end);
    if (queue.size() >= capacity) full_since = std::min(full_since, now);
    return fed;
  }
  void Wake() {
    absl::MutexLock lock(&wake_mutex);
    if (!closed && wake) wake();
  }
};

WatchHub::Watch::~Watch() {
  hub_.Remove(state_);
  absl::MutexLock lock(&state_->wake_mutex);
  state_->closed = true;
}

std::shared_ptr<const Forecast> WatchHub::Watch::TryNext() {
  std::shared_ptr<const Forecast> next;
  bool was_full = false;
  {
    absl::MutexLock lock(&state_->mutex);
    if (state_->queue.empty()) return nullptr;
    was_full = state_->queue.size() >= state_->capacity;
    next = std::move(state_->queue.front());
    state_->queue.pop_front();
    state_->full_since = absl::InfiniteFuture();
  }
  if (was_full) hub_.Poke();  // there may be more for it
  return next;
}

std::optional<int64_t> WatchHub::Watch::position() const {
  absl::MutexLock lock(&state_->mutex);
  if (state_->queue.empty()) return state_->cursor;
  return state_->queue.front()->sequence - 1;
}

std::optional<absl::Status> WatchHub::Watch::ended() const {
  absl::MutexLock lock(&state_->mutex);
  return state_->queue.empty() ? state_->ended : std::nullopt;
}

WatchHub::WatchHub(Options options, ForecastStore& store, const Clock& clock, WatchMetrics& metrics, const Log& log)
    : options_(options), store_(store), clock_(clock), metrics_(metrics), log_(log) {}

WatchHub::~WatchHub() { Stop(); }

void WatchHub::Start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
}

void WatchHub::Stop() {
  std::vector<std::shared_ptr<Watch::State>> watches;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    watches = watches_;
  }
  for (const auto& state : watches) {
    {
      absl::MutexLock lock(&state->mutex);
      if (!state->ended.has_value())
        state->ended = absl::UnavailableError("the server is going away: resume elsewhere");
    }
    state->Wake();
  }
  if (thread_.joinable()) thread_.join();
}

std::unique_ptr<WatchHub::Watch> WatchHub::Subscribe(WatchFilter filter, std::optional<int64_t> resume_after,
                                                     std::function<void()> wake) {
  auto state = std::make_shared<Watch::State>();
  state->filter = std::move(filter);
  state->wake = std::move(wake);
  state->capacity = std::max<size_t>(1, options_.queue);
  {
    absl::MutexLock lock(&mutex_);
    absl::MutexLock state_lock(&state->mutex);
    state->cursor = resume_after.has_value() ? resume_after : last_sequence_;
    if (stopping_) state->ended = absl::UnavailableError("the server is going away: resume elsewhere");
    watches_.push_back(state);
    metrics_.watchers.Set(static_cast<double>(watches_.size()));
    poked_ = true;
  }
  return std::unique_ptr<Watch>(new Watch(*this, std::move(state)));
}

void WatchHub::Remove(const std::shared_ptr<Watch::State>& state) {
  absl::MutexLock lock(&mutex_);
  watches_.erase(std::remove(watches_.begin(), watches_.end(), state), watches_.end());
  metrics_.watchers.Set(static_cast<double>(watches_.size()));
}

void WatchHub::Poke() {
  absl::MutexLock lock(&mutex_);
  poked_ = true;
}

absl::Status WatchHub::PollOnce() {
  ASSIGN_OR_RETURN(int64_t last, store_.LastSequence());
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& state : watches_) {
      absl::MutexLock state_lock(&state->mutex);
      if (!state->cursor.has_value()) state->cursor = last;
    }
    last_sequence_ = last;
  }
  absl::Status status;
  while (FeedNextPage(last, status)) {
  }
  EndStalled();
  return status;
}

// Reads one page after the oldest cursor that can be fed and gives it to everybody who stands
// inside it. False when nobody is behind, or on an error.
bool WatchHub::FeedNextPage(int64_t last, absl::Status& status) {
  std::vector<std::shared_ptr<Watch::State>> behind;
  int64_t oldest = last;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return false;
    for (const auto& state : watches_) {
      const std::optional<int64_t> cursor = state->FeedingCursor();
      if (!cursor.has_value() || *cursor >= last) continue;
      behind.push_back(state);
      oldest = std::min(oldest, *cursor);
    }
  }
  if (behind.empty()) return false;
  ForecastQuery query;
  query.purposes = {ForecastPurpose::kOperational, ForecastPurpose::kHindcast, ForecastPurpose::kTest};
  query.issues = {};
  query.latest_revision_only = false;
  query.after_sequence = oldest;
  query.limit = options_.page;
  absl::StatusOr<std::vector<Forecast>> found = store_.List(query);
  if (!found.ok()) {
    status = found.status();
    return false;
  }
  std::vector<std::shared_ptr<const Forecast>> page;
  page.reserve(found->size());
  for (Forecast& forecast : *found) page.push_back(std::make_shared<const Forecast>(std::move(forecast)));
  const bool whole = static_cast<int>(page.size()) < options_.page;
  const int64_t newest = page.empty() ? last : page.back()->sequence;
  const int64_t page_end = whole ? std::max(last, newest) : newest;
  for (const auto& state : behind) {
    const std::optional<int64_t> cursor = state->FeedingCursor();
    // One that stands beyond this page is fed by a later one.
    if (!cursor.has_value() || *cursor >= page_end) continue;
    if (state->Feed(page, page_end, clock_.Now(), metrics_)) state->Wake();
  }
  return true;
}

void WatchHub::EndStalled() {
  std::vector<std::shared_ptr<Watch::State>> watches;
  {
    absl::MutexLock lock(&mutex_);
    watches = watches_;
  }
  for (const auto& state : watches) {
    {
      absl::MutexLock lock(&state->mutex);
      if (state->ended.has_value() || clock_.Now() - state->full_since < options_.max_stall) continue;
      // What is queued is let go: a reader this slow would hold it for good. It resumes from its
      // last sequence.
      if (!state->queue.empty()) state->cursor = state->queue.front()->sequence - 1;
      state->queue.clear();
      state->ended =
          absl::ResourceExhaustedError("the watcher reads too slowly: resume from the last sequence received");
    }
    metrics_.dropped.Increment();
    state->Wake();
  }
}

void WatchHub::Run() {
  bool failing = false;
  while (true) {
    const absl::Status status = PollOnce();
    if (!status.ok() && !failing) log_.Warning(absl::StrCat("watchers wait for the archive: ", status.ToString()));
    failing = !status.ok();
    absl::MutexLock lock(&mutex_);
    // While the store fails a poke does not shorten the pause.
    const auto due = [this, failing] {
      mutex_.AssertReaderHeld();
      return stopping_ || (poked_ && !failing);
    };
    mutex_.AwaitWithTimeout(absl::Condition(&due), options_.poll);
    poked_ = false;
    if (stopping_) return;
  }
}

}  // namespace tremorcast
