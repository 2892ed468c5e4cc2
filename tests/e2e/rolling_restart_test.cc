// Two replicas, restarted one after the other, twice each, while clients with an ordinary retry
// policy send rows, ask for forecasts and watch: no request fails, no row and no forecast is lost,
// and each server drains and ends with 0 by itself although health watches and streams are open on
// it.

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "tests/e2e/client_threads.h"
#include "tests/e2e/server_process.h"
#include "tests/support/scrape.h"
#include "tests/support/service_world.h"
#include "tests/support/simulated_network.h"
#include "tests/support/temp_cluster.h"
#include "tests/support/tiny_model.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr absl::Duration kPatience = absl::Minutes(3);
constexpr int kSlots = 12;
// What gRPC's own documentation tells clients to use: both addresses, health checks, a few retries
// of UNAVAILABLE.
constexpr char kServiceConfig[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "healthCheckConfig": {"serviceName": ""},
  "methodConfig": [{"name": [{}], "retryPolicy": {
    "maxAttempts": 5, "initialBackoff": "0.1s", "maxBackoff": "2s", "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"]}}]})";

class RollingRestartTest : public testing::Test {
 protected:
  void SetUp() override {
    conninfo_ = *TempCluster::Shared().CreateDatabase();
    store_ = *OpenStore({.conninfo = conninfo_});
    const Simulator simulator = *Simulator::Create(SmallWorld(2));
    const absl::Status loaded = LoadSimulatedNetwork(
        simulator, {store_->observations(), store_->windows(), store_->network(), store_->events()});
    ASSERT_TRUE(loaded.ok()) << loaded;
    issue_time_ = simulator.Week(1).end;
    for (const Station& station : simulator.stations()) stations_.push_back(station.id);
    Promotion promotion;
    promotion.scope = RegionId(kNetworkScope);
    promotion.version = Publish(*store_, TinyArtifact());
    promotion.reason = promotion.actor = "test";
    promotion.promoted_at = issue_time_;
    ASSERT_TRUE(store_->models().Promote(promotion).ok());
    for (auto& replica : replicas_) StartReplica(replica, "127.0.0.1:0");
    grpc::ChannelArguments arguments;
    arguments.SetServiceConfigJSON(kServiceConfig);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    channel_ = grpc::CreateCustomChannel(absl::StrCat("ipv4:", replicas_[0]->address(), ",", replicas_[1]->address()),
                                         grpc::InsecureChannelCredentials(), arguments);
    forecasts_ = v1::ForecastService::NewStub(channel_);
    ingest_ = v1::IngestService::NewStub(channel_);
  }

  void StartReplica(std::unique_ptr<ServerProcess>& replica, const std::string& listen) {
    // An hour to drain: what does not end by itself holds the server far beyond the test's
    // patience.
    auto started = ServerProcess::Start(conninfo_, {"--no-jobs", "--lame-duck=1s", "--drain-timeout=1h"}, listen);
    ASSERT_TRUE(started.ok()) << started.status();
    replica = *std::move(started);
  }
  // The clients have found it: it answers calls of theirs.
  void AwaitTraffic(const ServerProcess& replica) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (absl::Now() < deadline) {
      const auto scrape = Scrape::Of(replica.http());
      ASSERT_TRUE(scrape.ok()) << scrape.status();
      if (scrape->Value("grpc_server_handled_total", {"GetForecast", "grpc_code=\"OK\""}) > 0) return;
      absl::SleepFor(absl::Milliseconds(20));
    }
    FAIL() << "no call ever reached " << replica.address();
  }
  void Restart(std::unique_ptr<ServerProcess>& replica) {
    const std::string address = replica->address();
    replica->Terminate();
    const auto code = replica->AwaitExit(kPatience);
    ASSERT_TRUE(code.ok()) << code.status();
    EXPECT_EQ(*code, 0);
    EXPECT_THAT(replica->log(), HasSubstr("drained: every acknowledged batch is stored"));
    EXPECT_THAT(replica->log(), Not(HasSubstr("did not end in time")));
    StartReplica(replica, address);
  }

  void IngestUnary(int n) {
    v1::IngestObservationsRequest request;
    *request.mutable_batch() = Rows(stations_[0], n);
    v1::IngestObservationsResponse response;
    const grpc::Status status = Call(*ingest_, &v1::IngestService::Stub::IngestObservations, request, &response);
    if (!status.ok()) clients_.Fault(absl::StrCat("IngestObservations: ", status.error_message()));
    Count("unary", response.verdict(), request.batch().rows_size());
  }
  // Streams end when their server goes: the next one goes on after the last answer.
  void IngestStreams() {
    int next = 0;
    while (!clients_.stopping()) {
      grpc::ClientContext context;
      const auto stream = ingest_->StreamObservations(&context);
      bool goes_on = true;
      while (goes_on && !clients_.stopping()) {
        v1::StreamObservationsRequest request;
        *request.mutable_batch() = Rows(stations_[3], next);
        v1::StreamObservationsResponse response;
        goes_on = stream->Write(request) && stream->Read(&response) && response.has_verdict();
        if (!goes_on) continue;
        Count("stream", response.verdict(), request.batch().rows_size());
        ++next;
      }
      stream->WritesDone();
      for (v1::StreamObservationsResponse rest; stream->Read(&rest);) {
        if (rest.has_verdict()) clients_.Fault("an answer to a batch that had one");
      }
      const grpc::Status status = stream->Finish();
      if (!status.ok()) clients_.Fault(absl::StrCat("StreamObservations: ", status.error_message()));
    }
  }
  void GetForecast(const std::string& name) {
    v1::GetForecastRequest request;
    request.set_name(name);
    v1::GetForecastResponse response;
    const grpc::Status status = Call(*forecasts_, &v1::ForecastService::Stub::GetForecast, request, &response);
    if (!status.ok()) clients_.Fault(absl::StrCat("GetForecast: ", status.error_message()));
    clients_.Answered("get");
  }
  // A forecast of another hour each time, archived.
  std::string Compute(int n) {
    v1::ComputeForecastRequest request;
    request.set_region("regions/sim-0");
    request.mutable_issue_time()->set_seconds(absl::ToUnixSeconds(issue_time_ - absl::Minutes(10) * n));
    v1::ComputeForecastResponse response;
    const grpc::Status status = Call(*forecasts_, &v1::ForecastService::Stub::ComputeForecast, request, &response);
    if (!status.ok()) clients_.Fault(absl::StrCat("ComputeForecast: ", status.error_message()));
    clients_.Answered("compute");
    archived_.push_back(response.forecast().name());
    return response.forecast().name();
  }
  // One watch from where the last one ended, until `enough` or until its server goes.
  grpc::Status WatchOnce(const std::function<bool()>& enough) {
    grpc::ClientContext context;
    v1::WatchForecastsRequest request;
    request.set_resume_sequence(watch_sequence_);
    request.add_purposes(v1::FORECAST_PURPOSE_TEST);
    const auto reader = forecasts_->WatchForecasts(&context, request);
    v1::WatchForecastsResponse response;
    while (!enough() && reader->Read(&response)) {
      watch_sequence_ = response.sequence();
      if (!response.has_forecast()) continue;
      watched_.push_back(response.forecast().name());
      clients_.Answered("watch");
    }
    const bool left_by_us = enough();
    if (left_by_us) context.TryCancel();
    const grpc::Status status = reader->Finish();
    return left_by_us ? grpc::Status::OK : status;
  }
  void Watch() {
    while (!clients_.stopping()) {
      const grpc::Status status = WatchOnce([this] { return clients_.stopping(); });
      if (!status.ok()) clients_.Fault(absl::StrCat("WatchForecasts: ", status.error_message()));
    }
  }

  v1::ObservationBatch Rows(const StationId& station, int n) const {
    return MakeRows(station, {SlotContaining(issue_time_).index + int64_t{kSlots} * n}, kSlots, absl::StrCat("b", n));
  }
  void Count(const std::string& kind, const v1::BatchVerdict& verdict, int rows) {
    const int64_t stored = verdict.accepted_count() + verdict.late_count();
    if (stored != rows) clients_.Fault(absl::StrCat("rows not stored: ", verdict.ShortDebugString()));
    rows_stored_ += stored;
    clients_.Answered(kind);
  }

  std::string conninfo_;
  std::unique_ptr<Store> store_;
  absl::Time issue_time_;
  std::vector<StationId> stations_;
  std::array<std::unique_ptr<ServerProcess>, 2> replicas_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ForecastService::Stub> forecasts_;
  std::unique_ptr<v1::IngestService::Stub> ingest_;
  std::atomic<int64_t> rows_stored_{0};
  std::vector<std::string> archived_;  // the compute thread's while it runs
  std::vector<std::string> watched_;   // the watch thread's while it runs
  int64_t watch_sequence_ = 0;
  ClientThreads clients_;  // last: stops its threads before what they use goes
};

TEST_F(RollingRestartTest, FailsNoRequestAndLosesNothing) {
  const std::string name = Compute(0);
  ASSERT_THAT(clients_.faults(), IsEmpty());
  clients_.Repeat("unary", [this](int n) { IngestUnary(n); });
  clients_.Start("stream", [this] { IngestStreams(); });
  clients_.Repeat("get", [this, name](int) { GetForecast(name); });
  clients_.Repeat("compute", [this](int n) { Compute(n + 1); });
  clients_.Start("watch", [this] { Watch(); });
  for (const char* round : {"first", "second"}) {
    for (auto& replica : replicas_) {
      for (const auto& one : replicas_) ASSERT_NO_FATAL_FAILURE(AwaitTraffic(*one)) << round;
      ASSERT_TRUE(clients_.AwaitAnswers(5, kPatience)) << round;
      ASSERT_NO_FATAL_FAILURE(Restart(replica)) << round;
    }
  }
  ASSERT_TRUE(clients_.AwaitAnswers(5, kPatience));
  clients_.Stop();
  EXPECT_THAT(clients_.faults(), IsEmpty());
  EXPECT_TRUE(WatchOnce([this] { return watched_.size() >= archived_.size(); }).ok());
  EXPECT_EQ(watched_, archived_) << "every forecast once, in the order in which they were archived";
  int64_t rows = 0;
  for (const StationId& station : stations_) {
    for (const Signal signal : {Signal::kMagn, Signal::kSound})
      rows += store_->observations().CountRows(station, signal).value();
  }
  constexpr int64_t kLoadedBefore = int64_t{4} * 2 * 2 * kSlotsPerWeek;
  EXPECT_EQ(rows, kLoadedBefore + rows_stored_);
}

}  // namespace
}  // namespace tremorcast
