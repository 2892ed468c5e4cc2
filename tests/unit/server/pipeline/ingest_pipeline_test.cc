#include "server/pipeline/ingest_pipeline.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "core/base/digest.h"
#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

// `rows` magn rows of one station from slot `first` on.
ObservationBatch Batch(const std::string& id, int first, int rows = 1) {
  ObservationBatch batch;
  batch.station = StationId("s1");
  batch.batch_id = id;
  batch.source = "test";
  batch.content_hash = Sha256(id);
  for (int i = 0; i < rows; ++i) {
    const Slot slot{2'000'000 + first + i};
    batch.rows.push_back({slot, Signal::kMagn, static_cast<uint32_t>(batch.values.size())});
    batch.values.insert(batch.values.end(), kMagnFeatures, 1.0f);
    batch.received_at = slot.end() + absl::Seconds(5);
  }
  batch.checked.resize(batch.rows.size());
  return batch;
}

// Fails each group that holds a batch called "poison", as a whole.
class PoisonedStore : public ObservationStore {
 public:
  explicit PoisonedStore(ObservationStore& store) : store_(store) {}
  std::vector<absl::StatusOr<BatchResult>> Ingest(absl::Span<const ObservationBatch* const> group,
                                                  absl::Time deadline) override {
    if (std::any_of(group.begin(), group.end(), [](const auto* batch) { return batch->batch_id == "poison"; })) {
      return std::vector<absl::StatusOr<BatchResult>>(group.size(), absl::InternalError("the group failed"));
    }
    return store_.Ingest(group, deadline);
  }
  absl::StatusOr<std::optional<std::string>> Position(const StationId& station, absl::string_view source) override {
    return store_.Position(station, source);
  }
  absl::StatusOr<std::vector<LatestObservation>> Latest() override { return store_.Latest(); }
  absl::StatusOr<int64_t> CountRows(const StationId& station, Signal signal) override {
    return store_.CountRows(station, signal);
  }
  absl::Status EnsurePartitions(const Interval& period) override { return store_.EnsurePartitions(period); }

 private:
  ObservationStore& store_;
};

class IngestPipelineTest : public ::testing::Test {
 protected:
  IngestPipelineTest() { options_.writers = 1; }

  IngestPipeline::Done Into(const std::string& id) {
    return [this, id](absl::StatusOr<BatchResult> result) {
      absl::MutexLock lock(&mutex_);
      answers_.emplace_back(id, std::move(result));
    };
  }
  absl::Status Submit(IngestPipeline& pipeline, const std::string& id, int first, int64_t bytes = 100, int rows = 1) {
    return pipeline.Submit(Batch(id, first, rows), bytes, Into(id)).status;
  }
  absl::StatusOr<BatchResult> AnswerOf(const std::string& id) {
    absl::MutexLock lock(&mutex_);
    absl::StatusOr<BatchResult> answer = absl::NotFoundError("no answer");
    int answers = 0;
    for (const auto& [name, result] : answers_) {
      if (name != id) continue;
      answer = result;
      ++answers;
    }
    EXPECT_LE(answers, 1) << id;
    return answer;
  }
  // Holds the writer inside its first commit until the gate opens.
  void HoldFirstCommit() {
    observations_.faults().SetHook([this] {
      entered_.Open();
      release_.Wait();
    });
  }

  FakeObservations observations_;
  prometheus::Registry registry_;
  IngestMetrics metrics_{registry_};
  LogLines lines_;
  std::unique_ptr<Log> log_ = lines_.NewLog();
  IngestPipeline::Options options_;
  Gate entered_, release_;
  absl::Mutex mutex_;
  std::vector<std::pair<std::string, absl::StatusOr<BatchResult>>> answers_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(IngestPipelineTest, StoresAndAnswersEachBatchAfterItsCommit) {
  IngestPipeline pipeline(options_, observations_, metrics_, *log_);
  ASSERT_TRUE(Submit(pipeline, "a", 0, 100, 3).ok());
  pipeline.Drain();
  ASSERT_TRUE(AnswerOf("a").ok());
  EXPECT_EQ(AnswerOf("a")->verdicts.size(), 3u);
  EXPECT_EQ(*observations_.CountRows(StationId("s1"), Signal::kMagn), 3);
  EXPECT_EQ(metrics_.rows["accepted"].Value(), 3);
  EXPECT_EQ(pipeline.queued_bytes(), 0);
}

TEST_F(IngestPipelineTest, WhatArrivesDuringACommitGoesIntoTheNextOneTogether) {
  HoldFirstCommit();
  IngestPipeline pipeline(options_, observations_, metrics_, *log_);
  ASSERT_TRUE(Submit(pipeline, "first", 0).ok());
  entered_.Wait();
  for (int i = 1; i <= 20; ++i) ASSERT_TRUE(Submit(pipeline, absl::StrCat("b", i), i).ok());
  release_.Open();
  pipeline.Drain();
  EXPECT_EQ(observations_.groups_committed(), 2);
  for (int i = 1; i <= 20; ++i) EXPECT_TRUE(AnswerOf(absl::StrCat("b", i)).ok());
}

TEST_F(IngestPipelineTest, AGroupEndsAtItsRowAndByteLimits) {
  options_.max_group_rows = 10;
  options_.max_group_bytes = 1000;
  HoldFirstCommit();
  IngestPipeline pipeline(options_, observations_, metrics_, *log_);
  ASSERT_TRUE(Submit(pipeline, "first", 0).ok());
  entered_.Wait();
  ASSERT_TRUE(Submit(pipeline, "rows6", 10, 10, 6).ok());
  ASSERT_TRUE(Submit(pipeline, "rows5", 20, 10, 5).ok());     // 11 rows: next group
  ASSERT_TRUE(Submit(pipeline, "bytes", 30, 995, 1).ok());    // 1,005 bytes: next group
  ASSERT_TRUE(Submit(pipeline, "alone", 40, 5000, 30).ok());  // over both limits: alone
  release_.Open();
  pipeline.Drain();
  EXPECT_EQ(observations_.groups_committed(), 5);
  EXPECT_TRUE(AnswerOf("alone").ok());
}

TEST_F(IngestPipelineTest, RefusesBeyondItsBytesWithAHintAndLeavesTheBatchWithItsSender) {
  options_.capacity_bytes = 1000;
  HoldFirstCommit();
  IngestPipeline pipeline(options_, observations_, metrics_, *log_);
  ASSERT_TRUE(Submit(pipeline, "first", 0, 600).ok());
  entered_.Wait();  // being written still counts
  ObservationBatch batch = Batch("second", 1);
  const IngestPipeline::Admission refused = pipeline.Submit(std::move(batch), 500, Into("second"));
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_GT(refused.retry_after, absl::ZeroDuration());
  EXPECT_EQ(batch.rows.size(), 1u);  // NOLINT(bugprone-use-after-move): refused, so not moved
  EXPECT_EQ(metrics_.backpressure.Value(), 1);
  EXPECT_EQ(pipeline.Submit(Batch("huge", 2), 1001, Into("huge")).status.code(), absl::StatusCode::kInvalidArgument);
  release_.Open();
  pipeline.Drain();
  EXPECT_TRUE(absl::IsNotFound(AnswerOf("second").status()));  // never called for a refused batch
  EXPECT_EQ(observations_.groups_committed(), 1);
}

TEST_F(IngestPipelineTest, AStationThatFloodsLeavesRoomForTheOthersAndTheyGoBeforeIt) {
  options_.capacity_bytes = 1000;
  options_.max_group_rows = 4;
  HoldFirstCommit();
  IngestPipeline pipeline(options_, observations_, metrics_, *log_);
  ASSERT_TRUE(Submit(pipeline, "first", 0, 10).ok());
  entered_.Wait();
  int admitted = 0;
  while (Submit(pipeline, absl::StrCat("flood", admitted), 1 + admitted, 10).ok()) ++admitted;
  EXPECT_EQ(admitted, 49) << "half of the queue, one of them being written";
  // The other one sends ten at once, behind all of the flood.
  for (int i = 0; i < 10; ++i) {
    ObservationBatch calm = Batch(absl::StrCat("calm", i), i);
    calm.station = StationId("s2");
    ASSERT_TRUE(pipeline.Submit(std::move(calm), 10, Into(absl::StrCat("calm", i))).status.ok());
  }
  release_.Open();
  pipeline.Drain();
  // Groups of four take two of each: all ten are among the first twenty-one answers.
  absl::MutexLock lock(&mutex_);
  ASSERT_EQ(answers_.size(), 60u);
  int calm = 0;
  for (size_t i = 0; i < 21; ++i) calm += absl::StartsWith(answers_[i].first, "calm") ? 1 : 0;
  EXPECT_EQ(calm, 10);
}

TEST_F(IngestPipelineTest, APoisonousBatchFailsAlone) {
  PoisonedStore store(observations_);
  HoldFirstCommit();
  IngestPipeline pipeline(options_, store, metrics_, *log_);
  ASSERT_TRUE(Submit(pipeline, "first", 0).ok());
  entered_.Wait();
  ASSERT_TRUE(Submit(pipeline, "neighbour1", 1).ok());
  ASSERT_TRUE(Submit(pipeline, "poison", 2).ok());
  ASSERT_TRUE(Submit(pipeline, "neighbour2", 3).ok());
  release_.Open();
  pipeline.Drain();
  EXPECT_TRUE(AnswerOf("neighbour1").ok()) << AnswerOf("neighbour1").status();
  EXPECT_TRUE(AnswerOf("neighbour2").ok()) << AnswerOf("neighbour2").status();
  EXPECT_TRUE(absl::IsInternal(AnswerOf("poison").status()));
  EXPECT_EQ(metrics_.group_retries.Value(), 3);
  EXPECT_EQ(metrics_.batches_failed["other"].Value(), 1);
  EXPECT_EQ(lines_.With("station=s1 source=test batch_id=poison").size(), 1u);
  EXPECT_EQ(lines_.With("batch_id=").size(), 1u);
}

TEST_F(IngestPipelineTest, AnswersUnavailableWithoutTryingAgain) {
  HoldFirstCommit();
  IngestPipeline pipeline(options_, observations_, metrics_, *log_);
  ASSERT_TRUE(Submit(pipeline, "first", 0).ok());
  entered_.Wait();
  ASSERT_TRUE(Submit(pipeline, "a", 1).ok());
  ASSERT_TRUE(Submit(pipeline, "b", 2).ok());
  // Both commits fail: the one that is held and the next. A third one would succeed.
  observations_.faults().FailNext(absl::UnavailableError("away"), 2);
  release_.Open();
  pipeline.Drain();
  EXPECT_TRUE(absl::IsUnavailable(AnswerOf("first").status()));
  EXPECT_TRUE(absl::IsUnavailable(AnswerOf("a").status()));
  EXPECT_TRUE(absl::IsUnavailable(AnswerOf("b").status()));
  EXPECT_EQ(observations_.groups_committed(), 0);
}

TEST_F(IngestPipelineTest, DrainCommitsWhatWasAdmittedAndRefusesTheRest) {
  IngestPipeline pipeline(options_, observations_, metrics_, *log_);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Submit(pipeline, absl::StrCat("b", i), i).ok());
  pipeline.Drain();
  EXPECT_EQ(*observations_.CountRows(StationId("s1"), Signal::kMagn), 100);
  EXPECT_EQ(Submit(pipeline, "late", 200).code(), absl::StatusCode::kUnavailable);
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(answers_.size(), 100u);
}

TEST_F(IngestPipelineTest, AReplayedBatchCountsAsDuplicatesInTheMetrics) {
  IngestPipeline pipeline(options_, observations_, metrics_, *log_);
  ASSERT_TRUE(Submit(pipeline, "same", 0, 100, 4).ok());
  ASSERT_TRUE(pipeline.Submit(Batch("same", 0, 4), 100, Into("again")).status.ok());
  pipeline.Drain();
  ASSERT_TRUE(AnswerOf("again").ok());
  EXPECT_TRUE(AnswerOf("again")->replayed);
  EXPECT_EQ(metrics_.rows["accepted"].Value(), 4);
  EXPECT_EQ(metrics_.rows["duplicate"].Value(), 4);
}

TEST_F(IngestPipelineTest, AFaultOfOneBatchIsItsOwn) {
  IngestPipeline pipeline(options_, observations_, metrics_, *log_);
  ASSERT_TRUE(Submit(pipeline, "a", 0).ok());
  ObservationBatch other = Batch("a", 5);
  other.content_hash = Sha256("other content");
  ASSERT_TRUE(pipeline.Submit(std::move(other), 100, Into("conflicting")).status.ok());
  ASSERT_TRUE(Submit(pipeline, "b", 9).ok());
  pipeline.Drain();
  EXPECT_TRUE(absl::IsAlreadyExists(AnswerOf("conflicting").status()));
  EXPECT_TRUE(AnswerOf("b").ok());
}

TEST_F(IngestPipelineTest, ValidatesItsOptions) {
  options_.writers = 0;
  EXPECT_FALSE(options_.Validate().ok());
  EXPECT_TRUE(IngestPipeline::Options().Validate().ok());
}

}  // namespace
}  // namespace tremorcast
