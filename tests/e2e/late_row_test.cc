// Rows that come after their week was sealed and its forecast issued, through the real jobs:
// exactly their station-week gets a new window revision, WatchForecasts pushes the revised forecast
// when the answer changed and nothing when it did not, and the first issue stays the one that is
// scored.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/support/running_server.h"
#include "tests/support/service_world.h"
#include "tests/support/simulated_network.h"
#include "tests/support/temp_cluster.h"
#include "tests/support/tiny_model.h"

namespace tremorcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Stations of SmallWorld: S0001 and S0002 in sim-0, S0003 and S0004 in sim-1.
constexpr int kHeldBack = 500;  // slots of S0001 and S0003 that come late: without them the station is not usable

class LateRowTest : public testing::Test {
 protected:
  void SetUp() override {
    conninfo_ = *TempCluster::Shared().CreateDatabase();
    store_ = *OpenStore({.conninfo = conninfo_});
    const absl::Status loaded =
        LoadSimulatedNetwork(*Simulator::Create(SmallWorld(1)),
                             {store_->observations(), store_->windows(), store_->network(), store_->events()});
    ASSERT_TRUE(loaded.ok()) << loaded;
    simulator_ = std::make_unique<Simulator>(*Simulator::Create(SmallWorld(2)));
    week_ = simulator_->Week(1);
    clock_.Set(week_.end + absl::Minutes(40));
    Promotion promotion;
    promotion.scope = RegionId(kNetworkScope);
    promotion.version = Publish(*store_, TinyArtifact());
    promotion.reason = promotion.actor = "test";
    promotion.promoted_at = week_.begin;
    ASSERT_TRUE(store_->models().Promote(promotion).ok());
  }

  void StartServer(bool lead) {
    server_ = nullptr;
    auto server = RunningServer::Start(conninfo_,
                                       [lead](ServerOptions& options) {
                                         options.jobs.lead = lead;
                                         // The clock stands still: jobs are always due, and rows
                                         // are at rest at once.
                                         options.jobs.seal.period = options.jobs.issue.period = absl::ZeroDuration();
                                         options.jobs.seal.quiet = absl::ZeroDuration();
                                         options.jobs.runner.tick = absl::Milliseconds(20);
                                         options.heartbeat = absl::Seconds(1);
                                       },
                                       {&clock_, nullptr, nullptr});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // Slots [first, end) of the station's week, both signals, as its logger sends them.
  v1::BatchVerdict Send(int station, int first, int end, const std::string& id) {
    const absl::Time from = week_.begin + first * kSlotLength, to = week_.begin + end * kSlotLength;
    v1::IngestObservationsRequest request;
    v1::ObservationBatch* batch = request.mutable_batch();
    batch->set_station(absl::StrCat("stations/", simulator_->stations()[static_cast<size_t>(station)].id.value()));
    batch->set_batch_id(id);
    batch->set_source("logger");
    batch->set_delivery(v1::DELIVERY_LIVE);
    const std::vector<SimulatedRow> rows = simulator_->Rows(station, 1).value();
    for (const SimulatedRow& row : rows) {
      if (row.slot.start() < from || row.slot.start() >= to) continue;
      v1::ObservationRow* sent = batch->add_rows();
      sent->mutable_slot_time()->set_seconds(absl::ToUnixSeconds(row.slot.start()));
      sent->set_signal(row.signal == Signal::kMagn ? v1::SIGNAL_MAGN : v1::SIGNAL_SOUND);
      sent->mutable_values()->Add(row.values.begin(), row.values.end());
    }
    const auto stub = v1::IngestService::NewStub(server_->NewChannel());
    v1::IngestObservationsResponse response;
    const grpc::Status status = Call(*stub, &v1::IngestService::Stub::IngestObservations, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.verdict().accepted_count() + response.verdict().late_count(), request.batch().rows_size())
        << response.verdict().ShortDebugString();
    return response.verdict();
  }

  // The newest revision of each station's window of the week.
  std::vector<int> Revisions() {
    std::vector<int> revisions;
    for (const Station& station : simulator_->stations()) {
      const auto info = store_->windows().Find(station.id, week_.begin, absl::InfiniteFuture());
      EXPECT_TRUE(info.ok()) << info.status();
      revisions.push_back(info.ok() && info->has_value() ? (*info)->key.revision : 0);
    }
    return revisions;
  }

  FakeClock clock_;
  std::string conninfo_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Simulator> simulator_;
  Interval week_;
  std::unique_ptr<RunningServer> server_;
};

// What a watcher receives, heartbeats left out.
class Watch {
 public:
  explicit Watch(const RunningServer& server) : stub_(v1::ForecastService::NewStub(server.NewChannel())) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + absl::Minutes(3)));
    v1::WatchForecastsRequest request;
    request.set_resume_sequence(0);
    request.add_purposes(v1::FORECAST_PURPOSE_TEST);
    reader_ = stub_->WatchForecasts(&context_, request);
  }
  ~Watch() {
    context_.TryCancel();
    v1::WatchForecastsResponse response;
    while (reader_->Read(&response)) {
    }
    reader_->Finish();
  }
  v1::Forecast Next() {
    v1::WatchForecastsResponse response;
    while (reader_->Read(&response)) {
      if (response.has_forecast()) return response.forecast();
    }
    ADD_FAILURE() << "the watch ended";
    return {};
  }

 private:
  const std::unique_ptr<v1::ForecastService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchForecastsResponse>> reader_;
};

TEST_F(LateRowTest, ReviseTheirStationWeekAloneAndPushTheForecastThatChanged) {
  StartServer(false);
  Send(0, 0, kSlotsPerWeek - kHeldBack, "first");
  Send(1, 0, kSlotsPerWeek - 1, "first");  // all but the last slot
  Send(2, 0, kSlotsPerWeek - kHeldBack, "first");
  Send(3, 0, kSlotsPerWeek, "first");

  StartServer(true);
  Watch watch(*server_);
  v1::Forecast issued[] = {watch.Next(), watch.Next()};
  for (const v1::Forecast& forecast : issued) {
    EXPECT_EQ(forecast.status(), v1::FORECAST_STATUS_DEGRADED) << forecast.region();
    EXPECT_EQ(forecast.revision(), 1);
    EXPECT_TRUE(forecast.scored());
    EXPECT_TRUE(forecast.model_use().used());
  }
  EXPECT_THAT(Revisions(), ElementsAre(1, 1, 1, 1));

  // One slot of a station that was usable without it: a new window, and the same answer as far as
  // anybody can tell.
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(Send(1, kSlotsPerWeek - 1, kSlotsPerWeek, "last slot").late_count(), 2);
  // Half the week of another region's station: it becomes usable. Its forecast is the next thing
  // the watcher sees.
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(Send(2, kSlotsPerWeek - kHeldBack, kSlotsPerWeek, "late").late_count(), 2 * kHeldBack);
  const v1::Forecast revised = watch.Next();
  EXPECT_EQ(revised.region(), "regions/sim-1");
  EXPECT_EQ(revised.revision(), 2);
  EXPECT_EQ(revised.status(), v1::FORECAST_STATUS_OK);
  EXPECT_EQ(revised.revision_reason(), v1::REVISION_REASON_LATE_DATA);
  EXPECT_FALSE(revised.scored()) << "the first issue is the one that is scored";
  const v1::Forecast& first = issued[0].region() == revised.region() ? issued[0] : issued[1];
  EXPECT_EQ(revised.supersedes(), first.name());
  EXPECT_EQ(revised.model_use().model(), first.model_use().model());
  EXPECT_THAT(revised.climatology_probabilities(), testing::ElementsAreArray(first.climatology_probabilities()));
  EXPECT_EQ(revised.coverage().stations(0).window().revision(), 2);
  EXPECT_EQ(revised.coverage().stations(1).window().revision(), 1);

  // And now the first region; what was said of it in between would have come before this.
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(Send(0, kSlotsPerWeek - kHeldBack, kSlotsPerWeek, "late").late_count(), 2 * kHeldBack);
  const v1::Forecast other = watch.Next();
  EXPECT_EQ(other.region(), "regions/sim-0");
  EXPECT_EQ(other.revision(), 2);
  EXPECT_EQ(other.status(), v1::FORECAST_STATUS_OK);
  EXPECT_THAT(Revisions(), ElementsAre(2, 2, 2, 1)) << "only the station-weeks that got rows";

  // The archive keeps the first issue as it was.
  const auto stub = v1::ForecastService::NewStub(server_->NewChannel());
  v1::GetForecastRequest get;
  get.set_name(first.name());
  v1::GetForecastResponse kept;
  ASSERT_TRUE(Call(*stub, &v1::ForecastService::Stub::GetForecast, get, &kept).ok());
  EXPECT_TRUE(kept.forecast().scored());
  EXPECT_EQ(kept.forecast().status(), v1::FORECAST_STATUS_DEGRADED);
  EXPECT_EQ(kept.forecast().input_hash(), first.input_hash());
  v1::ListForecastsRequest list;
  list.set_parent("regions/-");
  list.add_purposes(v1::FORECAST_PURPOSE_TEST);
  list.set_all_revisions(true);
  v1::ListForecastsResponse all;
  ASSERT_TRUE(Call(*stub, &v1::ForecastService::Stub::ListForecasts, list, &all).ok());
  EXPECT_EQ(all.forecasts_size(), 4);
}

}  // namespace
}  // namespace tremorcast
