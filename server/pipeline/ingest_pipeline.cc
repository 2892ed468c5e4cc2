#include "server/pipeline/ingest_pipeline.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "core/base/check.h"

namespace tremorcast {
namespace {

// A fault that may be one batch's own, though the store gave it to the whole group. The others
// (away, too slow) are not, and repeating each batch would only add to the load.
bool MayBePoison(const absl::Status& status) {
  return status.code() == absl::StatusCode::kInvalidArgument || status.code() == absl::StatusCode::kInternal;
}

absl::string_view FailureReason(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return "unavailable";
    case absl::StatusCode::kDeadlineExceeded:
      return "deadline";
    case absl::StatusCode::kFailedPrecondition:
      return "precondition";
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kAlreadyExists:
      return "invalid";
    default:
      return "other";
  }
}

bool FailedAsAWhole(const std::vector<absl::StatusOr<BatchResult>>& results) {
  return std::all_of(results.begin(), results.end(), [&](const auto& result) {
    return !result.ok() && result.status() == results.front().status() && MayBePoison(result.status());
  });
}

}  // namespace

absl::Status IngestPipeline::Options::Validate() const {
  if (capacity_bytes <= 0 || writers <= 0 || max_group_rows <= 0 || max_group_bytes <= 0) {
    return absl::InvalidArgumentError("ingest queue: capacity, writers and group limits must be positive");
  }
  if (commit_timeout <= absl::ZeroDuration() || min_retry_after > max_retry_after) {
    return absl::InvalidArgumentError("ingest queue: bad commit timeout or retry delays");
  }
  return absl::OkStatus();
}

IngestPipeline::IngestPipeline(Options options, ObservationStore& store, IngestMetrics& metrics, const Log& log)
    : options_(std::move(options)), store_(store), metrics_(metrics), log_(log), queue_(options_.capacity_bytes) {
  TREMORCAST_CHECK(options_.Validate().ok());
  metrics_.queue_capacity_bytes.Set(static_cast<double>(options_.capacity_bytes));
  for (int i = 0; i < options_.writers; ++i) writers_.emplace_back([this] { Write(); });
}

IngestPipeline::~IngestPipeline() { Drain(); }

absl::Duration IngestPipeline::RetryAfter() const {
  if (bytes_per_second_ <= 0) return options_.min_retry_after;
  const absl::Duration half_empty = absl::Seconds(static_cast<double>(queue_.held_bytes()) / 2 / bytes_per_second_);
  return std::clamp(half_empty, options_.min_retry_after, options_.max_retry_after);
}

IngestPipeline::Admission IngestPipeline::Submit(ObservationBatch&& batch, int64_t bytes, Done done) {
  bytes = std::max<int64_t>(bytes, 1);
  absl::MutexLock lock(&mutex_);
  if (draining_) return {absl::UnavailableError("the server is shutting down"), options_.min_retry_after};
  if (bytes > options_.capacity_bytes) {
    return {absl::InvalidArgumentError(absl::StrCat("a batch of ", bytes, " bytes is more than the whole queue holds")),
            absl::ZeroDuration()};
  }
  const std::string station = batch.station.value();  // outlives the batch, which is moved
  if (const Room room = queue_.RoomFor(station, bytes); room != Room::kYes) {
    metrics_.backpressure.Increment();
    return {absl::ResourceExhaustedError(
                room == Room::kFull
                    ? std::string("the ingest queue is full")
                    : absl::StrCat("station ", station, " has its share of the ingest queue full of batches")),
            RetryAfter()};
  }
  queue_.Push(station, bytes, {std::move(batch), bytes, std::move(done), TraceScope::Current()});
  metrics_.queue_bytes.Set(static_cast<double>(queue_.held_bytes()));
  return {absl::OkStatus(), absl::ZeroDuration()};
}

int64_t IngestPipeline::queued_bytes() const {
  absl::MutexLock lock(&mutex_);
  return queue_.held_bytes();
}

std::vector<IngestPipeline::Item> IngestPipeline::TakeGroup() {
  absl::MutexLock lock(&mutex_);
  const auto ready = [this] {
    mutex_.AssertReaderHeld();
    return draining_ || !queue_.empty();
  };
  mutex_.Await(absl::Condition(&ready));
  std::vector<Item> group;
  int64_t rows = 0;
  int64_t bytes = 0;
  while (const Item* next = queue_.Next()) {
    rows += static_cast<int64_t>(next->batch.rows.size());
    bytes += next->bytes;
    if (!group.empty() && (rows > options_.max_group_rows || bytes > options_.max_group_bytes)) break;
    group.push_back(queue_.Take());
  }
  return group;
}

void IngestPipeline::Write() {
  while (true) {
    std::vector<Item> group = TakeGroup();
    if (group.empty()) return;  // drained
    Commit(std::move(group));
  }
}

std::vector<absl::StatusOr<BatchResult>> IngestPipeline::StoreOnce(const std::vector<const ObservationBatch*>& group) {
  const absl::Time start = absl::Now();
  std::vector<absl::StatusOr<BatchResult>> results =
      store_.Ingest(absl::MakeConstSpan(group), absl::Now() + options_.commit_timeout);
  metrics_.commit_seconds.Observe(absl::ToDoubleSeconds(absl::Now() - start));
  TREMORCAST_CHECK(results.size() == group.size());
  return results;
}

void IngestPipeline::Commit(std::vector<Item> group) {
  std::vector<const ObservationBatch*> batches;
  batches.reserve(group.size());
  int64_t bytes = 0;
  size_t rows = 0;
  for (const Item& item : group) {
    batches.push_back(&item.batch);
    bytes += item.bytes;
    rows += item.batch.rows.size();
  }
  metrics_.rows_per_commit.Observe(static_cast<double>(rows));
  const absl::Time start = absl::Now();
  std::vector<absl::StatusOr<BatchResult>> results = StoreOnce(batches);
  if (group.size() > 1 && FailedAsAWhole(results)) {
    log_.Warning(absl::StrCat("a group of ", group.size(), " batches failed as a whole (",
                              results[0].status().message(), "): storing them one by one"));
    for (size_t i = 0; i < group.size(); ++i) {
      metrics_.group_retries.Increment();
      results[i] = std::move(StoreOnce({batches[i]})[0]);
    }
  }
  for (size_t i = 0; i < group.size(); ++i) Account(group[i], results[i]);
  {
    absl::MutexLock lock(&mutex_);
    for (const Item& item : group) queue_.Release(item.batch.station.value(), item.bytes);
    metrics_.queue_bytes.Set(static_cast<double>(queue_.held_bytes()));
    const double seconds = std::max(1e-4, absl::ToDoubleSeconds(absl::Now() - start));
    const double now_rate = static_cast<double>(bytes) / seconds;
    bytes_per_second_ = bytes_per_second_ <= 0 ? now_rate : 0.8 * bytes_per_second_ + 0.2 * now_rate;
  }
  for (size_t i = 0; i < group.size(); ++i) group[i].done(std::move(results[i]));
}

void IngestPipeline::Account(const Item& item, const absl::StatusOr<BatchResult>& result) {
  const ObservationBatch& batch = item.batch;
  if (!result.ok()) {
    metrics_.batches_failed[FailureReason(result.status())].Increment();
    if (result.status().code() != absl::StatusCode::kAlreadyExists) {
      const TraceScope scope(item.trace);
      log_.Warning(absl::StrCat("a batch was not stored: ", result.status().ToString()),
                   {{"station", batch.station.value()}, {"source", batch.source}, {"batch_id", batch.batch_id}});
    }
    return;
  }
  // A replayed batch was counted when it was stored: its rows are duplicates now.
  VerdictCounts counts;
  int64_t newest = INT64_MIN;
  for (size_t i = 0; i < result->verdicts.size(); ++i) {
    const Verdict verdict = result->verdicts[i].verdict;
    const bool stored = verdict == Verdict::kAccepted || verdict == Verdict::kLate;
    counts.Add(result->replayed && stored ? Verdict::kDuplicate : verdict);
    if (stored && i < batch.rows.size()) newest = std::max(newest, batch.rows[i].slot.index);
  }
  const auto count = [this](Verdict verdict, int64_t n) {
    if (n > 0) metrics_.rows[VerdictName(verdict)].Increment(static_cast<double>(n));
  };
  count(Verdict::kAccepted, counts.accepted);
  count(Verdict::kDuplicate, counts.duplicate);
  count(Verdict::kConflict, counts.conflict);
  count(Verdict::kLate, counts.late);
  count(Verdict::kRejected, counts.rejected);
  if (newest == INT64_MIN) return;
  metrics_.station_last_observation.SetMax({batch.station.value()}, UnixSeconds(Slot{newest}.start()));
  if (batch.delivery == Delivery::kLive && !result->replayed) {
    metrics_.lateness_seconds.Observe(absl::ToDoubleSeconds(batch.received_at - Slot{newest}.end()));
  }
}

void IngestPipeline::Drain() {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
  }
  for (std::thread& writer : writers_) {
    if (writer.joinable()) writer.join();
  }
}

}  // namespace tremorcast
