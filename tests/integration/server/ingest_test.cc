// IngestObservations over a real channel: every bad input is named, and nothing else is lost.

#include <cmath>
#include <future>
#include <limits>
#include <thread>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "tests/integration/server/server_fixture.h"

namespace tremorcast {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

using IngestTest = ServerTest;

TEST_F(IngestTest, StoresABatchAndAnswersTheSameAgain) {
  StartServer();
  RegisterStation("s1");
  const v1::ObservationBatch batch = MakeBatch("s1", "b1", kWeek, 3);
  v1::BatchVerdict first, again;
  ASSERT_TRUE(Send(batch, &first).ok());
  EXPECT_EQ(first.accepted_count(), 6);
  EXPECT_EQ(first.position(), "after b1");
  EXPECT_FALSE(first.replayed());
  ASSERT_TRUE(Send(batch, &again).ok());
  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(again.accepted_count(), 6) << "the verdicts given then";
  v1::ObservationBatch other_id = batch;
  other_id.set_batch_id("b2");
  v1::BatchVerdict duplicate;
  ASSERT_TRUE(Send(other_id, &duplicate).ok());
  EXPECT_EQ(duplicate.duplicate_count(), 6);
  EXPECT_EQ(StoredRows(), 6);
}

TEST_F(IngestTest, RefusesABatchIdWithOtherContentByName) {
  StartServer();
  RegisterStation("s1");
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(MakeBatch("s1", "b1", kWeek, 1), &verdict).ok());
  const grpc::Status status = Send(MakeBatch("s1", "b1", kWeek, 1, 7), &verdict);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ReasonOf(DetailsOf(status)), "BATCH_ID_REUSED");
  EXPECT_THAT(status.error_message(), HasSubstr("b1"));
}

TEST_F(IngestTest, CallsAnotherValueForAStoredSlotAConflictAndKeepsTheFirst) {
  StartServer();
  RegisterStation("s1");
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(MakeBatch("s1", "b1", kWeek, 1), &verdict).ok());
  ASSERT_TRUE(Send(MakeBatch("s1", "b2", kWeek, 2, 7), &verdict).ok());
  EXPECT_EQ(verdict.conflict_count(), 2);
  EXPECT_EQ(verdict.accepted_count(), 2);
  EXPECT_EQ(Query("SELECT count(*) FROM observations WHERE values[1] >= 977 + 7"), 0);
}

TEST_F(IngestTest, NamesRowAndFieldOfEveryBadRowAndStoresTheOthers) {
  StartServer();
  RegisterStation("s1");
  v1::ObservationBatch batch = MakeBatch("s1", "b1", kWeek - absl::Hours(5), 8);  // 16 rows
  batch.mutable_rows(1)->set_values(3, std::nanf(""));
  batch.mutable_rows(3)->set_values(0, std::numeric_limits<float>::infinity());
  batch.mutable_rows(5)->mutable_slot_time()->set_seconds(batch.rows(5).slot_time().seconds() + 60);
  batch.mutable_rows(7)->mutable_slot_time()->set_seconds(absl::ToUnixSeconds(kPresent + absl::Hours(24 * 365)) / 600 *
                                                          600);
  batch.mutable_rows(9)->add_values(1);
  batch.mutable_rows(11)->set_signal(v1::SIGNAL_UNSPECIFIED);
  v1::BatchVerdict verdict;
  const grpc::Status status = Send(batch, &verdict);
  ASSERT_TRUE(status.ok()) << status.error_message();
  std::vector<std::string> paths;
  std::vector<int> reasons;
  for (const auto& run : verdict.runs()) {
    if (run.verdict() != v1::VERDICT_REJECTED) continue;
    paths.push_back(run.field_path());
    reasons.push_back(run.reason());
  }
  EXPECT_THAT(paths, ElementsAre("rows[1].values[3]", "rows[3].values[0]", "rows[5].slot_time", "rows[7].slot_time",
                                 "rows[9].values", "rows[11].signal"));
  EXPECT_THAT(reasons, ElementsAre(v1::REJECT_REASON_NOT_FINITE, v1::REJECT_REASON_NOT_FINITE,
                                   v1::REJECT_REASON_OFF_GRID, v1::REJECT_REASON_IN_FUTURE,
                                   v1::REJECT_REASON_WRONG_VALUE_COUNT, v1::REJECT_REASON_UNKNOWN_SIGNAL));
  EXPECT_EQ(verdict.accepted_count(), 10);
  EXPECT_EQ(StoredRows(), 10);
  v1::BatchVerdict again;
  ASSERT_TRUE(Send(batch, &again).ok());
  EXPECT_EQ(again.runs_size(), verdict.runs_size()) << "rejections are remembered too";
}

TEST_F(IngestTest, RejectsRowsBeyondRetention) {
  ServerOptions options = Options();
  options.limits.retention = absl::Hours(24 * 30);
  StartServer(options);
  RegisterStation("s1");
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(MakeBatch("s1", "old", kWeek - absl::Hours(24 * 31), 1), &verdict).ok());
  EXPECT_EQ(verdict.rejected_count(), 2);
  EXPECT_EQ(verdict.runs(0).reason(), v1::REJECT_REASON_BEYOND_RETENTION);
}

TEST_F(IngestTest, TakesABatchAgainOnceItsStationIsRegistered) {
  StartServer();
  const v1::ObservationBatch batch = MakeBatch("s9", "b1", kWeek, 2);
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(batch, &verdict).ok());
  EXPECT_EQ(verdict.rejected_count(), 4);
  EXPECT_EQ(verdict.runs(0).reason(), v1::REJECT_REASON_UNKNOWN_STATION);
  EXPECT_EQ(verdict.runs(0).field_path(), "station");
  EXPECT_EQ(verdict.position(), "");
  RegisterStation("s9");
  ASSERT_TRUE(Send(batch, &verdict).ok());
  EXPECT_EQ(verdict.accepted_count(), 4);
  EXPECT_FALSE(verdict.replayed());
}

TEST_F(IngestTest, NamesEveryFaultyFieldOfTheBatchItself) {
  StartServer();
  RegisterStation("s1");
  v1::ObservationBatch batch = MakeBatch("s1", "", kWeek, 1);
  batch.set_station("s1");
  batch.clear_delivery();
  batch.mutable_feature_order()->add_sound_features("sound@nothing");
  v1::BatchVerdict verdict;
  const grpc::Status status = Send(batch, &verdict);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(DetailsOf(status)),
              ElementsAre("batch.station", "batch.batch_id", "batch.delivery", "batch.feature_order.sound_features"));
  EXPECT_EQ(StoredRows(), 0);
}

TEST_F(IngestTest, NamesAMissingColumn) {
  StartServer();
  RegisterStation("s1");
  v1::ObservationBatch batch = MakeBatch("s1", "b1", kWeek, 1);
  const auto names = FeatureNames(Signal::kSound);
  for (size_t i = 1; i < names.size(); ++i) batch.mutable_feature_order()->add_sound_features(std::string(names[i]));
  v1::BatchVerdict verdict;
  EXPECT_THAT(Send(batch, &verdict).error_message(), HasSubstr(std::string(names[0])));
}

TEST_F(IngestTest, RefusesABatchBeyondTheSizeLimitByName) {
  StartServer();
  RegisterStation("s1");
  v1::ObservationBatch batch = MakeBatch("s1", "b1", kWeek, 1);
  batch.mutable_rows(0)->mutable_values()->Resize(9 << 18, 1.0f);
  v1::BatchVerdict verdict;
  const grpc::Status status = Send(batch, &verdict);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("8388608"));
}

TEST_F(IngestTest, RefusesAForeignFeatureSchema) {
  StartServer();
  RegisterStation("s1");
  v1::ObservationBatch batch = MakeBatch("s1", "b1", kWeek, 1);
  batch.set_feature_schema_hash(std::string(64, '0'));
  v1::BatchVerdict verdict;
  const grpc::Status status = Send(batch, &verdict);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(DetailsOf(status)), "FEATURE_SCHEMA_MISMATCH");
}

TEST_F(IngestTest, KeepsThePositionOfASourceInTheCommit) {
  StartServer();
  RegisterStation("s1");
  v1::GetIngestPositionRequest request;
  request.set_station("stations/s1");
  request.set_source("test");
  const auto ask = [&] {
    v1::GetIngestPositionResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    EXPECT_TRUE(Ingest()->GetIngestPosition(&context, request, &response).ok());
    return response;
  };
  EXPECT_FALSE(ask().found());
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(MakeBatch("s1", "b1", kWeek, 1), &verdict).ok());
  EXPECT_EQ(ask().position(), "after b1");
  StopServer();
  StartServer();
  EXPECT_EQ(ask().position(), "after b1") << "not kept in memory only";
  request.set_source("other");
  EXPECT_FALSE(ask().found());
}

TEST_F(IngestTest, SaysWhenToComeBackWhileTheStoreIsHeldUpAndLosesNothing) {
  ServerOptions options = Options();
  options.ingest.capacity_bytes = 20000;  // one batch of the size below, not two
  StartServer(options);
  RegisterStation("s1");
  const auto holder = Connect();
  ASSERT_TRUE(
      holder->Exec("BEGIN; LOCK TABLE ingest_batches IN ACCESS EXCLUSIVE MODE", absl::Now() + absl::Minutes(1)).ok());
  auto held = std::async(std::launch::async, [&] {
    v1::BatchVerdict verdict;
    const grpc::Status status = Send(MakeBatch("s1", "held", kWeek - absl::Hours(48), 30), &verdict);
    return std::make_pair(status, verdict);
  });
  // The queue is full from the moment the first batch is admitted; until then this one is what
  // fills it.
  v1::IngestObservationsRequest request;
  *request.mutable_batch() = MakeBatch("s1", "refused", kWeek + absl::Hours(-24), 30);
  grpc::Status refused;
  std::string pushback;
  for (bool first = true; first || refused.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED; first = false) {
    v1::IngestObservationsResponse response;
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(500)));
    refused = Ingest()->IngestObservations(&context, request, &response);
    const auto trailer = context.GetServerTrailingMetadata().find("grpc-retry-pushback-ms");
    if (trailer != context.GetServerTrailingMetadata().end())
      pushback = std::string(trailer->second.data(), trailer->second.size());
  }
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << refused.error_message();
  EXPECT_EQ(ReasonOf(DetailsOf(refused)), "INGEST_QUEUE_FULL");
  EXPECT_GT(RetryDelayOf(DetailsOf(refused)), absl::ZeroDuration());
  EXPECT_EQ(pushback, absl::StrCat(absl::ToInt64Milliseconds(RetryDelayOf(DetailsOf(refused)))));
  ASSERT_TRUE(holder->Exec("COMMIT", absl::Now() + absl::Minutes(1)).ok());
  const auto [status, verdict] = held.get();
  v1::BatchVerdict late_verdict;
  grpc::Status late = Send(request.batch(), &late_verdict);
  while (late.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) late = Send(request.batch(), &late_verdict);
  EXPECT_TRUE(late.ok()) << late.error_message();
  // Whichever of the two filled the queue first, the other is sent again by its client: both end up
  // stored once.
  if (!status.ok()) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
    v1::BatchVerdict again;
    EXPECT_TRUE(Send(MakeBatch("s1", "held", kWeek - absl::Hours(48), 30), &again).ok());
  } else {
    EXPECT_EQ(verdict.accepted_count(), 60);
  }
  EXPECT_EQ(StoredRows(), 120);
}

}  // namespace
}  // namespace tremorcast
