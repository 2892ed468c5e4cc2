// The database cut off, slow or unwilling under a running server: what clients hear, what readiness
// says, and that afterwards everything is as if nothing had been.

#include <map>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/integration/server/server_fixture.h"
#include "tests/support/database_proxy.h"
#include "tests/support/http_get.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;

class DatabaseFaultsTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    proxy_ = DatabaseProxy::Start(TempCluster::Shared().folder());
  }
  void TearDown() override {
    proxy_->Stall(false);
    ServerTest::TearDown();
    Sql("ALTER SYSTEM RESET ALL");
    Sql("SELECT pg_reload_conf()");
  }

  void StartBehindProxy(ServerOptions options) {
    options.conninfo = proxy_->conninfo(conninfo_.substr(conninfo_.find("dbname=") + 7));
    options.readiness.period = absl::Milliseconds(20);
    StartServer(options);
    RegisterStation("s1");
  }
  void Sql(const std::string& sql) {
    const auto done = Connect()->Exec(sql, absl::Now() + absl::Minutes(1));
    EXPECT_TRUE(done.ok()) << done.status();
  }
  // Until readiness is `state` with `reason` first.
  void AwaitReadiness(Readiness::State state, const std::string& reason) {
    const absl::Time give_up = absl::Now() + absl::Minutes(2);
    for (;;) {
      const Readiness now = server_->readiness();
      const std::string first = now.reasons.empty() ? "" : now.reasons[0];
      if (now.state == state && first.find(reason) != std::string::npos) return;
      ASSERT_LT(absl::Now(), give_up) << first;
      std::this_thread::yield();
    }
  }
  // What gRPC health answers; it follows readiness, and answers whatever the database does.
  void AwaitServing(bool serving) {
    const absl::Time give_up = absl::Now() + absl::Minutes(2);
    while (Serving() != serving) ASSERT_LT(absl::Now(), give_up);
  }
  bool Serving() {
    grpc::health::v1::HealthCheckRequest request;
    grpc::health::v1::HealthCheckResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    const grpc::Status status = grpc::health::v1::Health::NewStub(Channel())->Check(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status() == grpc::health::v1::HealthCheckResponse::SERVING;
  }
  double Metric(const std::string& name) {
    const HttpResult metrics = HttpGet("127.0.0.1", server_->http_address().port, "/metrics");
    const size_t at = metrics.body.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(metrics.body.substr(at + name.size() + 2));
  }
  // Values as they are in the table, for comparison with what was sent.
  int64_t RowsWithValuesOf(const v1::ObservationBatch& batch) {
    int64_t rows = 0;
    for (const v1::ObservationRow& row : batch.rows()) {
      std::string values;
      for (const float value : row.values()) absl::StrAppend(&values, values.empty() ? "" : ",", value);
      rows += Query(absl::StrCat("SELECT count(*) FROM observations WHERE station = 's1' AND signal = ",
                                 row.signal() == v1::SIGNAL_MAGN ? 0 : 1, " AND slot = to_timestamp(",
                                 row.slot_time().seconds(), ") AND values = '{", values, "}'"));
    }
    return rows;
  }

  std::unique_ptr<DatabaseProxy> proxy_;
};

TEST_F(DatabaseFaultsTest, ABatchWhoseCommitDidNotArriveIsNotAcknowledgedAndIsStoredOnRetry) {
  StartBehindProxy(Options());
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(MakeBatch("s1", "b1", kWeek, 1), &verdict).ok());
  proxy_->AtNextCommit(DatabaseProxy::Cut::kCommit);
  const v1::ObservationBatch batch = MakeBatch("s1", "b2", kWeek + kSlotLength, 3);
  const grpc::Status lost = Send(batch, &verdict);
  ASSERT_TRUE(proxy_->AwaitCut(absl::Now() + absl::Minutes(1)));
  EXPECT_EQ(lost.error_code(), grpc::StatusCode::UNAVAILABLE) << lost.error_message();
  EXPECT_GT(RetryDelayOf(DetailsOf(lost)), absl::ZeroDuration());
  EXPECT_EQ(StoredRows(), 2);

  ASSERT_TRUE(Send(batch, &verdict).ok());
  EXPECT_FALSE(verdict.replayed()) << "nothing of it was stored before";
  EXPECT_EQ(verdict.accepted_count(), 6);
  EXPECT_EQ(StoredRows(), 8);
  EXPECT_EQ(RowsWithValuesOf(batch), 6);
}

TEST_F(DatabaseFaultsTest, ABatchWhoseCommitWasDoneUnheardIsKnownByItsIdOnRetry) {
  StartBehindProxy(Options());
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(MakeBatch("s1", "b1", kWeek, 1), &verdict).ok());
  proxy_->AtNextCommit(DatabaseProxy::Cut::kAnswer);
  const v1::ObservationBatch batch = MakeBatch("s1", "b2", kWeek + kSlotLength, 3);
  const grpc::Status lost = Send(batch, &verdict);
  ASSERT_TRUE(proxy_->AwaitCut(absl::Now() + absl::Minutes(1)));
  EXPECT_EQ(lost.error_code(), grpc::StatusCode::UNAVAILABLE) << lost.error_message();
  EXPECT_EQ(StoredRows(), 8) << "the commit was done";

  ASSERT_TRUE(Send(batch, &verdict).ok());
  EXPECT_TRUE(verdict.replayed());
  EXPECT_EQ(verdict.accepted_count(), 6) << "the verdicts given then, not duplicates";
  // The same rows under another id: then the keys decide.
  ASSERT_TRUE(Send(MakeBatch("s1", "b3", kWeek + kSlotLength, 3), &verdict).ok());
  EXPECT_EQ(verdict.duplicate_count(), 6);
  EXPECT_EQ(StoredRows(), 8);
  EXPECT_EQ(RowsWithValuesOf(batch), 6);
}

// Every answer of the database is held back: what has a deadline ends by it, and what needs no
// database answers.
TEST_F(DatabaseFaultsTest, ADatabaseThatDoesNotAnswerHoldsUpNothingBeyondItsDeadline) {
  ServerOptions options = Options();
  options.readiness.ping_timeout = absl::Milliseconds(200);
  options.ingest.commit_timeout = absl::Seconds(1);
  options.ingest.capacity_bytes = 100'000;
  StartBehindProxy(options);
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(MakeBatch("s1", "b1", kWeek, 1), &verdict).ok());
  AwaitReadiness(Readiness::State::kDegraded, "no model");

  proxy_->Stall(true);
  // More than the queue holds at once; each caller repeats until its batch was admitted.
  constexpr int kCallers = 24, kRows = 20;
  std::map<grpc::StatusCode, int> answers;
  absl::Mutex mutex;
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] {
      v1::BatchVerdict none;
      const grpc::Status status = Send(
          MakeBatch("s1", absl::StrCat("stalled-", i), kWeek - kWeekLength + i * kRows * kSlotLength, kRows), &none);
      EXPECT_FALSE(status.ok());
      EXPECT_GT(RetryDelayOf(DetailsOf(status)), absl::ZeroDuration()) << status.error_message();
      absl::MutexLock lock(&mutex);
      ++answers[status.error_code()];
    });
  }
  AwaitReadiness(Readiness::State::kNotReady, "database");
  AwaitServing(false);
  const double held = Metric("tremorcast_ingest_queue_bytes");
  EXPECT_GE(held, 0);
  EXPECT_LE(held, 100'000);
  v1::GetIngestPositionRequest where;
  where.set_station("stations/s1");
  where.set_source("test");
  v1::GetIngestPositionResponse position;
  {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(300)));
    EXPECT_EQ(Ingest()->GetIngestPosition(&context, where, &position).error_code(),
              grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_GT(answers[grpc::StatusCode::UNAVAILABLE], 0) << "admitted, and told that the outcome is unknown";
  EXPECT_GT(answers[grpc::StatusCode::RESOURCE_EXHAUSTED], 0) << "not admitted: memory is bounded";
  EXPECT_EQ(answers[grpc::StatusCode::UNAVAILABLE] + answers[grpc::StatusCode::RESOURCE_EXHAUSTED], kCallers);

  proxy_->Stall(false);
  AwaitReadiness(Readiness::State::kDegraded, "no model");
  AwaitServing(true);
  for (int i = 0; i < kCallers; ++i) {
    const v1::ObservationBatch batch =
        MakeBatch("s1", absl::StrCat("stalled-", i), kWeek - kWeekLength + i * kRows * kSlotLength, kRows);
    const grpc::Status status = Send(batch, &verdict);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(verdict.accepted_count(), 2 * kRows);
  }
  EXPECT_EQ(StoredRows(), 2 + 2 * kRows * kCallers);
  grpc::ClientContext context;
  SetDeadline(&context);
  ASSERT_TRUE(Ingest()->GetIngestPosition(&context, where, &position).ok());
}

// The second batch's station is unknown to the server, so it is looked up while the first batch
// commits.
TEST_F(DatabaseFaultsTest, ABatchCheckedWhileTheOneBeforeItFailsIsNotStored) {
  ServerOptions options = Options();
  options.ingest.commit_timeout = absl::Seconds(1);
  StartBehindProxy(options);
  Sql("INSERT INTO stations (station, revision, title, latitude_deg, longitude_deg, magn_updating, sound_updating, "
      "valid_from, valid_to, simulated) SELECT 's2', revision, title, latitude_deg, longitude_deg, magn_updating, "
      "sound_updating, valid_from, valid_to, simulated FROM stations WHERE station = 's1'");
  clock_.Advance(absl::Seconds(2));  // the network is not read again sooner than a second after the last time
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto stub = Ingest();
  const auto stream = stub->StreamObservations(&context);
  proxy_->Stall(true);
  for (const char* station : {"s1", "s2"}) {
    v1::StreamObservationsRequest request;
    *request.mutable_batch() = MakeBatch(station, "b1", kWeek, 1);
    ASSERT_TRUE(stream->Write(request));
  }
  const absl::Time give_up = absl::Now() + absl::Minutes(2);
  // By its deadline, or on a busy machine because its connection was given up a moment before.
  while (Metric("tremorcast_ingest_batches_failed_total{reason=\"deadline\"}") < 1 &&
         Metric("tremorcast_ingest_batches_failed_total{reason=\"unavailable\"}") < 1) {
    ASSERT_LT(absl::Now(), give_up);
  }
  proxy_->Stall(false);
  v1::StreamObservationsResponse none;
  EXPECT_FALSE(stream->Read(&none));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Query("SELECT count(*) FROM observations WHERE station = 's2'"), 0);
}

// One table is locked: the database ends the statement itself at the deadline, and the rest of the
// service goes on.
TEST_F(DatabaseFaultsTest, ALockedTableEndsTheBatchByItsDeadlineAndTheServerStaysReady) {
  ServerOptions options = Options();
  options.ingest.commit_timeout = absl::Seconds(1);
  StartBehindProxy(options);
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(MakeBatch("s1", "b1", kWeek, 1), &verdict).ok());
  const auto other = Connect();
  ASSERT_TRUE(other->Exec("BEGIN; LOCK TABLE ingest_high_water", absl::Now() + absl::Minutes(1)).ok());
  const v1::ObservationBatch batch = MakeBatch("s1", "b2", kWeek + kSlotLength, 3);
  const grpc::Status slow = Send(batch, &verdict);
  EXPECT_EQ(slow.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(DetailsOf(slow)), "COMMIT_OUTCOME_UNKNOWN");
  AwaitServing(true);
  ASSERT_TRUE(other->Exec("ROLLBACK", absl::Now() + absl::Minutes(1)).ok());
  ASSERT_TRUE(Send(batch, &verdict).ok());
  EXPECT_EQ(verdict.accepted_count(), 6);
  EXPECT_EQ(StoredRows(), 8);
}

TEST_F(DatabaseFaultsTest, AReadOnlyDatabaseIsSaidSoAndWorksAgainByItself) {
  StartBehindProxy(Options());
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(MakeBatch("s1", "b1", kWeek, 1), &verdict).ok());
  Sql("ALTER SYSTEM SET default_transaction_read_only = on");
  Sql("SELECT pg_reload_conf()");
  AwaitReadiness(Readiness::State::kNotReady, "database: it is read-only");
  AwaitServing(false);
  const v1::ObservationBatch batch = MakeBatch("s1", "b2", kWeek + kSlotLength, 3);
  const grpc::Status refused = Send(batch, &verdict);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(refused.error_message(), HasSubstr("the database is read-only"));
  EXPECT_GT(RetryDelayOf(DetailsOf(refused)), absl::ZeroDuration());
  EXPECT_EQ(StoredRows(), 2);

  Sql("ALTER SYSTEM RESET default_transaction_read_only");
  Sql("SELECT pg_reload_conf()");
  AwaitReadiness(Readiness::State::kDegraded, "no model");
  ASSERT_TRUE(Send(batch, &verdict).ok());
  EXPECT_EQ(verdict.accepted_count(), 6);
  EXPECT_EQ(RowsWithValuesOf(batch), 6);
}

}  // namespace
}  // namespace tremorcast
