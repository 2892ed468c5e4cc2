// Forecasts end to end: rows in, a model promoted, computed, watched, revised, replayed.

#include <thread>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "tests/integration/server/server_fixture.h"
#include "tests/support/scrape.h"

namespace tremorcast {
namespace {

constexpr size_t kBacklog = 600;

class WatchTest : public ServerTest {
 protected:
  struct Watch {
    std::unique_ptr<v1::ForecastService::Stub> stub;
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::WatchForecastsResponse>> reader;

    // The next forecast, skipping heartbeats.
    v1::WatchForecastsResponse Next() {
      v1::WatchForecastsResponse response;
      while (reader->Read(&response)) {
        if (response.has_forecast()) return response;
      }
      ADD_FAILURE() << "the watch ended: " << reader->Finish().error_message();
      return response;
    }
    v1::WatchForecastsResponse Heartbeat() {
      v1::WatchForecastsResponse response;
      EXPECT_TRUE(reader->Read(&response));
      EXPECT_FALSE(response.has_forecast());
      return response;
    }
  };

  std::unique_ptr<Watch> Open(std::optional<int64_t> resume) { return Open(resume, Channel()); }
  std::unique_ptr<Watch> Open(std::optional<int64_t> resume, const std::shared_ptr<grpc::Channel>& channel) {
    auto watch = std::make_unique<Watch>();
    watch->stub = v1::ForecastService::NewStub(channel);
    SetDeadline(&watch->context);
    v1::WatchForecastsRequest request;
    request.add_regions("regions/area1");
    request.add_purposes(v1::FORECAST_PURPOSE_HINDCAST);
    if (resume.has_value()) request.set_resume_sequence(*resume);
    watch->reader = watch->stub->WatchForecasts(&watch->context, request);
    return watch;
  }

  v1::Forecast Compute() {
    v1::ComputeForecastRequest request;
    request.set_region("regions/area1");
    request.mutable_issue_time()->set_seconds(absl::ToUnixSeconds(kWeek));
    v1::ComputeForecastResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    const grpc::Status status = Forecasts()->ComputeForecast(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.forecast();
  }

  // One whose end of a stream holds little and does not grow, however fast the connection is found
  // to be.
  std::shared_ptr<grpc::Channel> NarrowChannel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 64 << 10);
    return grpc::CreateCustomChannel(server_->grpc_address().ToString(), grpc::InsecureChannelCredentials(), arguments);
  }

  // A station with most of the week before kWeek, and a model in service.
  void Prepare() {
    const std::string model = PublishModel(1);
    StartServer();
    RegisterStation("s1");
    RegisterRegion("area1");
    v1::BatchVerdict verdict;
    const grpc::Status sent = Send(MakeBatch("s1", "week", kWeek - kWeekLength, 900), &verdict);
    ASSERT_TRUE(sent.ok()) << sent.error_message();
    ASSERT_EQ(verdict.accepted_count(), 1800);
    v1::PromoteModelRequest request;
    request.set_name("models/" + model);
    request.set_reason("test");
    v1::PromoteModelResponse response;
    grpc::ClientContext context;
    SetDeadline(&context);
    ASSERT_TRUE(Models()->PromoteModel(&context, request, &response).ok());
    StopServer();
    StartServer();  // loads its champions before it serves: no waiting for the job that follows promotions
  }
};

TEST_F(WatchTest, PushesEachRevisionAndResumesWhereItWasCut) {
  Prepare();
  auto watch = Open(std::nullopt);
  watch->Heartbeat();  // subscribed from here on
  const v1::Forecast first = Compute();
  EXPECT_TRUE(first.model_use().used());
  EXPECT_EQ(first.status(), v1::FORECAST_STATUS_OK);
  EXPECT_EQ(first.revision(), 1);
  v1::WatchForecastsResponse pushed = watch->Next();
  EXPECT_EQ(pushed.forecast().name(), first.name());
  EXPECT_EQ(pushed.sequence(), first.sequence());
  EXPECT_TRUE(pushed.forecast().has_track_record());

  EXPECT_EQ(Compute().name(), first.name()) << "nothing new, no revision";
  v1::BatchVerdict verdict;
  ASSERT_TRUE(Send(MakeBatch("s1", "rest", kWeek - 108 * kSlotLength, 108), &verdict).ok());
  // What the seal job of a leading replica does with a dirty week.
  StoreOptions options;
  options.conninfo = conninfo_;
  const auto store = OpenStore(options);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto sealed = (*store)->windows().Seal(StationId("s1"), kWeek - kWeekLength, clock_.Now());
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  ASSERT_EQ(sealed->key.revision, 2);
  const v1::Forecast second = Compute();
  EXPECT_EQ(second.revision(), 2);
  EXPECT_EQ(second.supersedes(), first.name());
  EXPECT_NE(second.input_hash(), first.input_hash());
  pushed = watch->Next();
  EXPECT_EQ(pushed.forecast().name(), second.name());

  auto resumed = Open(first.sequence());
  EXPECT_EQ(resumed->Next().forecast().name(), second.name());
  auto everything = Open(0);
  EXPECT_EQ(everything->Next().forecast().name(), first.name());
  EXPECT_EQ(everything->Next().forecast().name(), second.name());
  auto nothing = Open(second.sequence());
  EXPECT_GE(nothing->Heartbeat().sequence(), second.sequence());
}

TEST_F(WatchTest, EndsOnDrainWithTheSequenceToResumeFrom) {
  Prepare();
  const v1::Forecast forecast = Compute();
  auto watch = Open(0);
  EXPECT_EQ(watch->Next().forecast().name(), forecast.name());
  std::thread drainer([this] { server_->Drain(); });
  int64_t last = 0;
  for (v1::WatchForecastsResponse response; watch->reader->Read(&response);) last = response.sequence();
  EXPECT_GE(last, forecast.sequence());
  EXPECT_TRUE(watch->reader->Finish().ok());
  drainer.join();
}

TEST_F(WatchTest, AReaderThatStandsStillIsCutWithAClearStatusAndResumesWithoutALoss) {
  Prepare();
  const v1::Forecast newest = Compute();
  StoreOptions options;
  options.conninfo = conninfo_;
  const auto store = OpenStore(options);
  ASSERT_TRUE(store.ok()) << store.status();
  // More than the watch's queue and everything that gRPC buffers on the way.
  const std::string id = newest.name().substr(newest.name().rfind('/') + 1);
  Forecast forecast = **(*store)->forecasts().Get(RegionId("area1"), id);
  std::vector<std::string> ids = {forecast.id};
  while (ids.size() < kBacklog) {
    forecast.valid_from -= kWeekLength;
    forecast.valid_to -= kWeekLength;
    forecast.id = MakeForecastId(forecast.valid_from, forecast.purpose, forecast.revision);
    ASSERT_TRUE((*store)->forecasts().Append(forecast).ok());
    ids.push_back(forecast.id);
  }
  const auto scrape = [this] { return *Scrape::Of(server_->http_address()); };
  auto watch = Open(0, NarrowChannel());
  size_t received = 0;
  int64_t sequence = 0;
  const auto take = [&](const v1::WatchForecastsResponse& response) {
    if (!response.has_forecast()) return;
    ASSERT_LT(received, ids.size());
    EXPECT_EQ(response.forecast().name(), "regions/area1/forecasts/" + ids[received++]);
    sequence = response.sequence();
  };
  take(watch->Next());
  // And then reads nothing. The server lets go of it without its help.
  const absl::Time deadline = absl::Now() + absl::Minutes(2);
  while (scrape().Value("tremorcast_watch_dropped_total") == 0) {
    ASSERT_LT(absl::Now(), deadline) << "it is not dropped";
    clock_.Advance(absl::Seconds(61));
  }
  while (scrape().Value("tremorcast_watchers") > 0) ASSERT_LT(absl::Now(), deadline) << "it still holds the stream";
  for (v1::WatchForecastsResponse response; watch->reader->Read(&response);) take(response);
  const grpc::Status status = watch->reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), testing::HasSubstr("resume from the last sequence"));
  ASSERT_LT(received, ids.size()) << "all went into buffers: nothing was shown";
  auto resumed = Open(sequence);
  while (received < ids.size()) take(resumed->Next());
}

TEST_F(WatchTest, RefusesAWatchOfAMalformedRegion) {
  StartServer();
  v1::WatchForecastsRequest request;
  request.add_regions("area1");
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto stub = Forecasts();
  const auto reader = stub->WatchForecasts(&context, request);
  v1::WatchForecastsResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_THAT(FieldsOf(DetailsOf(reader->Finish())), testing::ElementsAre("regions[0]"));
}

TEST_F(WatchTest, ReplaysAnArchivedForecastToTheBit) {
  Prepare();
  const v1::Forecast forecast = Compute();
  v1::ReplayForecastRequest request;
  request.set_name(forecast.name());
  v1::ReplayForecastResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  const grpc::Status status = Forecasts()->ReplayForecast(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(response.identical()) << response.explanation();
  EXPECT_EQ(response.max_difference(), 0);
  EXPECT_EQ(response.replay().input_hash(), forecast.input_hash());
}

TEST_F(WatchTest, AForecastWithoutACatalogueModelHasNothingToDraw) {
  Prepare();
  const v1::Forecast forecast = Compute();
  const auto stub = Forecasts();
  const auto code = [&](const auto& call) {
    grpc::ClientContext context;
    SetDeadline(&context);
    return call(&context).error_code();
  };
  const auto map = [&](const std::string& name, double days) {
    return code([&](grpc::ClientContext* context) {
      v1::GetRateMapRequest request;
      request.set_name(name);
      request.set_days(days);
      v1::GetRateMapResponse response;
      return stub->GetRateMap(context, request, &response);
    });
  };
  const auto catalogues = [&](const std::string& name, const std::string& token) {
    return code([&](grpc::ClientContext* context) {
      v1::ListSimulatedCataloguesRequest request;
      request.set_parent(name);
      request.set_page_token(token);
      v1::ListSimulatedCataloguesResponse response;
      return stub->ListSimulatedCatalogues(context, request, &response);
    });
  };
  const std::string latest = forecast.region() + "/forecasts/latest";
  EXPECT_EQ(map(forecast.name(), 7), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(map(forecast.name(), 30), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(map(forecast.region() + "/forecasts/none", 0), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(catalogues(forecast.name(), ""), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(catalogues(latest, ""), grpc::StatusCode::INVALID_ARGUMENT) << "another one by the next page";
}

}  // namespace
}  // namespace tremorcast
