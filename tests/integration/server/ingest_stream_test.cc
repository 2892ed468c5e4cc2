// StreamObservations over a real channel: order, faults in place, backpressure, drain.

#include <atomic>
#include <thread>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "tests/integration/server/server_fixture.h"

namespace tremorcast {
namespace {

using testing::ElementsAre;

class IngestStreamTest : public ServerTest {
 protected:
  // A call and what it needs.
  struct Call {
    std::unique_ptr<v1::IngestService::Stub> stub;
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::StreamObservationsRequest, v1::StreamObservationsResponse>> stream;

    bool Write(const v1::ObservationBatch& batch) {
      v1::StreamObservationsRequest request;
      *request.mutable_batch() = batch;
      return stream->Write(request);
    }
    v1::StreamObservationsResponse Read() {
      v1::StreamObservationsResponse response;
      EXPECT_TRUE(stream->Read(&response));
      return response;
    }
  };
  std::unique_ptr<Call> Open() {
    auto call = std::make_unique<Call>();
    call->stub = Ingest();
    SetDeadline(&call->context);
    call->stream = call->stub->StreamObservations(&call->context);
    return call;
  }
};

TEST_F(IngestStreamTest, AnswersInOrderAndFaultsOfOneBatchInTheirPlace) {
  StartServer();
  RegisterStation("s1");
  auto call = Open();
  ASSERT_TRUE(call->Write(MakeBatch("s1", "b1", kWeek, 2)));
  v1::ObservationBatch no_delivery = MakeBatch("s1", "b2", kWeek, 1);
  no_delivery.clear_delivery();
  ASSERT_TRUE(call->Write(no_delivery));
  ASSERT_TRUE(call->Write(MakeBatch("s1", "b1", kWeek, 2, 5)));  // the id again, other content
  v1::ObservationBatch oversize = MakeBatch("s1", "b4", kWeek, 1);
  oversize.mutable_rows(0)->mutable_values()->Resize(9 << 18, 1.0f);
  ASSERT_TRUE(call->Write(oversize));
  ASSERT_TRUE(call->Write(MakeBatch("s1", "b5", kWeek + 2 * kSlotLength, 1)));
  call->stream->WritesDone();

  EXPECT_EQ(call->Read().verdict().accepted_count(), 4);
  v1::StreamObservationsResponse second = call->Read();
  EXPECT_EQ(second.failure().batch_id(), "b2");
  EXPECT_EQ(second.failure().status().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(second.failure().status()), ElementsAre("batch.delivery"));
  v1::StreamObservationsResponse third = call->Read();
  EXPECT_EQ(third.failure().status().code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ReasonOf(third.failure().status()), "BATCH_ID_REUSED");
  EXPECT_EQ(call->Read().failure().batch_id(), "b4");
  v1::StreamObservationsResponse last = call->Read();
  EXPECT_EQ(last.verdict().batch_id(), "b5");
  EXPECT_EQ(last.verdict().accepted_count(), 2);
  EXPECT_TRUE(call->stream->Finish().ok());
  EXPECT_EQ(StoredRows(), 6);
}

TEST_F(IngestStreamTest, HoldsTheSenderUpInsteadOfRefusingWhenTheQueueIsFull) {
  ServerOptions options = Options();
  options.ingest.capacity_bytes = 20000;  // one batch at a time
  StartServer(options);
  RegisterStation("s1");
  RegisterStation("s2");
  const auto holder = Connect();
  ASSERT_TRUE(
      holder->Exec("BEGIN; LOCK TABLE ingest_batches IN ACCESS EXCLUSIVE MODE", absl::Now() + absl::Minutes(1)).ok());
  constexpr int kBatches = 10;
  std::vector<std::unique_ptr<Call>> calls;
  std::vector<std::thread> writers;
  for (const char* station : {"s1", "s2"}) {
    calls.push_back(Open());
    writers.emplace_back([call = calls.back().get(), station] {
      for (int i = 0; i < kBatches; ++i) {
        EXPECT_TRUE(call->Write(
            MakeBatch(station, absl::StrCat("b", i), kWeek - absl::Hours(24) + i * 30 * kSlotLength / 10, 3)));
        EXPECT_TRUE(call->Write(MakeBatch(station, absl::StrCat("full", i), kWeek - absl::Hours(240 + 24 * i), 30)));
      }
      call->stream->WritesDone();
    });
  }
  ASSERT_TRUE(holder->Exec("COMMIT", absl::Now() + absl::Minutes(1)).ok());
  for (const auto& call : calls) {
    for (int i = 0; i < kBatches; ++i) {
      EXPECT_EQ(call->Read().verdict().batch_id(), absl::StrCat("b", i));
      EXPECT_EQ(call->Read().verdict().batch_id(), absl::StrCat("full", i));
    }
    EXPECT_TRUE(call->stream->Finish().ok());
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(StoredRows(), 2 * kBatches * (6 + 60));
}

TEST_F(IngestStreamTest, EndsWithUnavailableWhenTheStoreIsGoneSoThatNothingOvertakes) {
  ServerOptions options = Options();
  options.ingest.commit_timeout = absl::Seconds(5);
  StartServer(options);
  RegisterStation("s1");
  auto call = Open();
  ASSERT_TRUE(call->Write(MakeBatch("s1", "b1", kWeek, 1)));
  EXPECT_EQ(call->Read().verdict().accepted_count(), 2);
  // No new connections, and those there are end: what a failing database looks like.
  const auto admin =
      PgConnection::Open(TempCluster::Shared().conninfo("postgres"), "test", absl::Now() + absl::Minutes(1));
  ASSERT_TRUE(admin.ok()) << admin.status();
  const std::string name =
      Connect()->Exec("SELECT current_database()", absl::Now() + absl::Minutes(1))->Text(0, 0).data();
  const absl::Time soon = absl::Now() + absl::Minutes(1);
  ASSERT_TRUE((*admin)->Exec(absl::StrCat("ALTER DATABASE ", name, " ALLOW_CONNECTIONS false").c_str(), soon).ok());
  ASSERT_TRUE(
      (*admin)
          ->Exec(absl::StrCat("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '", name, "'")
                     .c_str(),
                 soon)
          .ok());
  ASSERT_TRUE(call->Write(MakeBatch("s1", "b2", kWeek + kSlotLength, 1)));
  call->Write(MakeBatch("s1", "b3", kWeek + 2 * kSlotLength, 1));
  v1::StreamObservationsResponse none;
  EXPECT_FALSE(call->stream->Read(&none));
  const grpc::Status status = call->stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  EXPECT_GT(RetryDelayOf(DetailsOf(status)), absl::ZeroDuration());
  ASSERT_TRUE((*admin)->Exec(absl::StrCat("ALTER DATABASE ", name, " ALLOW_CONNECTIONS true").c_str(), soon).ok());
  EXPECT_EQ(Query("SELECT count(*) FROM observations"), 2);
  v1::BatchVerdict verdict;
  grpc::Status again = Send(MakeBatch("s1", "b2", kWeek + kSlotLength, 1), &verdict);
  while (again.error_code() == grpc::StatusCode::UNAVAILABLE)
    again = Send(MakeBatch("s1", "b2", kWeek + kSlotLength, 1), &verdict);
  EXPECT_TRUE(again.ok()) << again.error_message();
  EXPECT_EQ(verdict.accepted_count(), 2) << "the service came back by itself";
}

TEST_F(IngestStreamTest, SaysGoodbyeAtItsAgeWithTheAcknowledgedPosition) {
  ServerOptions options = Options();
  options.grpc.max_stream_age = absl::Milliseconds(200);
  StartServer(options);
  RegisterStation("s1");
  auto call = Open();
  std::string acknowledged;
  for (int i = 0;; ++i) {
    call->Write(MakeBatch("s1", absl::StrCat("b", i), kWeek - absl::Hours(24) + i * kSlotLength, 1));
    const v1::StreamObservationsResponse response = call->Read();
    if (response.has_draining()) {
      EXPECT_EQ(response.draining().position(), acknowledged);
      break;
    }
    acknowledged = response.verdict().position();
    ASSERT_LT(i, 100000) << "the stream never ended";
  }
  EXPECT_TRUE(call->stream->Finish().ok());
}

TEST_F(IngestStreamTest, LosesNothingWhenTheServerDrainsInTheMiddle) {
  StartServer();
  RegisterStation("s1");
  constexpr int kBatches = 400;
  const auto batch = [](int i) {
    return MakeBatch("s1", absl::StrCat("b", i), kWeek - absl::Hours(24 * 14) + i * 4 * kSlotLength, 4);
  };
  auto call = Open();
  std::thread writer([&] {
    for (int i = 0; i < kBatches && call->Write(batch(i)); ++i) {
    }
  });
  int acknowledged = 0;
  std::string position;
  std::thread drainer;
  for (v1::StreamObservationsResponse response; call->stream->Read(&response);) {
    if (response.has_draining()) {
      EXPECT_EQ(response.draining().position(), position);
      continue;
    }
    EXPECT_EQ(response.verdict().batch_id(), absl::StrCat("b", acknowledged)) << "in order, none left out";
    position = response.verdict().position();
    if (++acknowledged == 20) drainer = std::thread([this] { server_->Drain(); });
  }
  writer.join();
  EXPECT_TRUE(call->stream->Finish().ok());
  drainer.join();
  ASSERT_LT(acknowledged, kBatches) << "the drain came too late to show anything";
  EXPECT_EQ(StoredRows(), acknowledged * 8) << "exactly what was acknowledged";
  StopServer();

  StartServer();
  auto resumed = Open();
  for (int i = acknowledged; i < kBatches; ++i) {
    ASSERT_TRUE(resumed->Write(batch(i)));
    EXPECT_EQ(resumed->Read().verdict().accepted_count(), 8);
  }
  resumed->stream->WritesDone();
  EXPECT_TRUE(resumed->stream->Finish().ok());
  EXPECT_EQ(StoredRows(), kBatches * 8);
}

TEST_F(IngestStreamTest, ForgetsACancelledCallWithoutForgettingItsBatches) {
  StartServer();
  RegisterStation("s1");
  auto call = Open();
  ASSERT_TRUE(call->Write(MakeBatch("s1", "b1", kWeek, 1)));
  EXPECT_EQ(call->Read().verdict().accepted_count(), 2);
  call->context.TryCancel();
  EXPECT_EQ(call->stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(StoredRows(), 2);
  server_->Drain();  // would hang on a stream that never ended
}

}  // namespace
}  // namespace tremorcast
