#include "cli/ingest/ingest_stream.h"

#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/test_service.h"

namespace tremorcast::cli {
namespace {

using Fault = TestIngestService::Fault;
using ::testing::ElementsAre;

std::shared_ptr<OutgoingBatch> Batch(int number, int rows = 2) {
  auto batch = std::make_shared<OutgoingBatch>();
  v1::ObservationBatch* out = batch->request.mutable_batch();
  out->set_station("stations/7");
  out->set_batch_id(absl::StrCat("b", number));
  out->set_source("test");
  out->set_position(absl::StrCat(number));
  for (int i = 0; i < rows; ++i) {
    v1::ObservationRow* row = out->add_rows();
    row->set_signal(v1::SIGNAL_SOUND);
    row->mutable_slot_time()->set_seconds(600 * (100 * number + i));
    row->add_values(static_cast<float>(i));
  }
  return batch;
}

class IngestStreamTest : public ::testing::Test {
 protected:
  IngestStreamTest() : server_({&service_}), client_(server_.address()) { service_.RegisterStation("7"); }

  std::unique_ptr<IngestStream> Open(TestPacer& pacer, IngestStream::Options options = {}) {
    return std::make_unique<IngestStream>(
        client_, pacer, options,
        [this](const OutgoingBatch& batch, const v1::StreamObservationsResponse& response) {
          absl::MutexLock lock(&mutex_);
          answered_.push_back(batch.request.batch().batch_id() + (response.has_failure() ? " failed" : ""));
          accepted_ += response.verdict().accepted_count();
        },
        [this](const grpc::Status&, absl::Duration) { ++breaks_; });
  }
  std::vector<std::string> answered() {
    absl::MutexLock lock(&mutex_);
    return answered_;
  }

  TestIngestService service_;
  TestServer server_;
  Client client_;
  absl::Mutex mutex_;
  std::vector<std::string> answered_;
  int64_t accepted_ = 0;
  int breaks_ = 0;
};

TEST_F(IngestStreamTest, AnswersComeInOrderAndEveryBatchOnce) {
  TestPacer pacer;
  auto stream = Open(pacer);
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(stream->Send(Batch(i)).ok());
    expected.push_back(absl::StrCat("b", i));
  }
  ASSERT_TRUE(stream->Close().ok());
  EXPECT_EQ(answered(), expected);
  EXPECT_EQ(service_.rows().size(), 100U);
  EXPECT_EQ(breaks_, 0);
}

TEST_F(IngestStreamTest, SendsUnansweredBatchesAgainAfterTheServerWentAway) {
  TestPacer pacer;
  service_.Script({Fault::kNone, Fault::kUnavailable, Fault::kNoStatus, Fault::kNone, Fault::kLostAnswer});
  auto stream = Open(pacer);
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(stream->Send(Batch(i)).ok());
  ASSERT_TRUE(stream->Close().ok());
  EXPECT_THAT(answered(), ElementsAre("b0", "b1", "b2", "b3", "b4", "b5"));
  EXPECT_EQ(service_.rows().size(), 12U) << "nothing lost, nothing twice";
  EXPECT_EQ(accepted_, 12) << "a batch whose answer was lost gets the verdicts of the first time";
  EXPECT_EQ(breaks_, 3);
}

TEST_F(IngestStreamTest, GoesOnElsewhereWhenTheServerDrains) {
  TestPacer pacer;
  service_.Script({Fault::kNone, Fault::kDrain});
  auto stream = Open(pacer);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(stream->Send(Batch(i)).ok());
  ASSERT_TRUE(stream->Close().ok());
  EXPECT_THAT(answered(), ElementsAre("b0", "b1", "b2", "b3"));
}

TEST_F(IngestStreamTest, WaitsAtLeastAsLongAsTheServerAsks) {
  TestPacer pacer;
  service_.AskForPause(absl::Seconds(42));
  service_.Script({Fault::kUnavailable});
  auto stream = Open(pacer);
  ASSERT_TRUE(stream->Send(Batch(0)).ok());
  ASSERT_TRUE(stream->Close().ok());
  EXPECT_THAT(pacer.waits(), ElementsAre(absl::Seconds(42)));
}

TEST_F(IngestStreamTest, PausesGrowAndStartAnewAfterAnAnswer) {
  TestPacer pacer;
  std::deque<Fault> faults(6, Fault::kUnavailable);
  faults.push_back(Fault::kNone);
  faults.push_back(Fault::kUnavailable);
  service_.Script(faults);
  IngestStream::Options options;
  options.max_in_flight = 1;
  auto stream = Open(pacer, options);
  ASSERT_TRUE(stream->Send(Batch(0)).ok());
  ASSERT_TRUE(stream->Flush().ok());
  ASSERT_TRUE(stream->Send(Batch(1)).ok());
  ASSERT_TRUE(stream->Close().ok());
  const std::vector<absl::Duration> waits = pacer.waits();
  ASSERT_EQ(waits.size(), 7U);
  EXPECT_GT(waits[5], 8 * waits[0]);
  EXPECT_LT(waits[6], absl::Milliseconds(400));
}

TEST_F(IngestStreamTest, GivesUpWhenTheServerStaysAway) {
  TestPacer pacer;
  service_.Script(std::deque<Fault>(1000, Fault::kUnavailable));
  IngestStream::Options options;
  options.retry_for = absl::Minutes(5);
  auto stream = Open(pacer, options);
  ASSERT_TRUE(stream->Send(Batch(0)).ok());
  const grpc::Status status = stream->Flush();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  absl::Duration waited;
  for (absl::Duration wait : pacer.waits()) waited += wait;
  EXPECT_GE(waited, absl::Minutes(5));
  EXPECT_LT(waited, absl::Minutes(6));
}

TEST_F(IngestStreamTest, EndsAtOnceOnARefusalThatWaitingCannotCure) {
  TestPacer pacer;
  service_.Script({Fault::kPermissionDenied});
  auto stream = Open(pacer);
  ASSERT_TRUE(stream->Send(Batch(0)).ok());
  EXPECT_EQ(stream->Flush().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(pacer.waits().empty());
}

TEST_F(IngestStreamTest, AnInterruptEndsTheWaiting) {
  TestPacer pacer([](int) { return false; });
  service_.Script({Fault::kUnavailable});
  auto stream = Open(pacer);
  ASSERT_TRUE(stream->Send(Batch(0)).ok());
  EXPECT_EQ(stream->Flush().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(IngestStreamTest, AFaultOfOneBatchIsAnsweredInItsPlace) {
  TestPacer pacer;
  service_.Script({Fault::kNone, Fault::kBatchFailure});
  auto stream = Open(pacer);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream->Send(Batch(i)).ok());
  ASSERT_TRUE(stream->Close().ok());
  EXPECT_THAT(answered(), ElementsAre("b0", "b1 failed", "b2"));
}

TEST_F(IngestStreamTest, ABrokenStreamMayBeThrownAwayWithBatchesInFlight) {
  TestPacer pacer;
  auto stream = Open(pacer);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream->Send(Batch(i)).ok());
  stream.reset();  // cancels and joins
}

}  // namespace
}  // namespace tremorcast::cli
