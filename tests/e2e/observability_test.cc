// Every series that a dashboard, a recording rule or an alert asks for, asked of a real Prometheus
// that scrapes a live server: rows taken, weeks sealed, forecasts issued and verified, a challenger
// on trial.

#include <atomic>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/support/complete_until.h"
#include "tests/support/running_server.h"
#include "tests/support/service_world.h"
#include "tests/support/simulated_network.h"
#include "tests/support/temp_cluster.h"
#include "tests/support/tiny_model.h"

namespace tremorcast {
namespace {

// The models of the fixtures were published in 2023; what they forecast comes after that.
const absl::Time kFirstWeek = absl::FromUnixSeconds(1483200000 + int64_t{400} * 7 * 86400);
constexpr int kWeeks = 6;

class ObservabilityTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string conninfo = *TempCluster::Shared().CreateDatabase();
    store_ = *OpenStore({.conninfo = conninfo});
    const SimulatedTargets targets = {store_->observations(), store_->windows(), store_->network(), store_->events()};
    // A week of the fixtures' training period, for drift.
    ASSERT_TRUE(LoadSimulatedNetwork(*Simulator::Create(SmallWorld(1)), targets).ok());
    SimulatorConfig config = SmallWorld(kWeeks);
    config.first_week = kFirstWeek;
    simulator_ = std::make_unique<Simulator>(*Simulator::Create(config));
    const absl::Status loaded = LoadSimulatedNetwork(*simulator_, targets, absl::ZeroDuration());
    ASSERT_TRUE(loaded.ok()) << loaded;
    week_ = simulator_->Week(kWeeks);
    clock_.Set(week_.begin + absl::Minutes(40));
    Promotion promotion;
    promotion.scope = RegionId(kNetworkScope);
    promotion.version = Publish(*store_, TinyArtifact(1));
    promotion.reason = promotion.actor = "test";
    promotion.promoted_at = kFirstWeek - 2 * kWeekLength;
    ASSERT_TRUE(store_->models().Promote(promotion).ok());
    TrainingRun run;
    run.id = "test-run";
    run.state = TrainingState::kKept;
    run.started_at = run.updated_at = week_.begin - absl::Hours(1);
    run.finished_at = week_.begin;
    run.scores_json = R"({"gain_over_climatology": 0.01})";
    run.candidate = Publish(*store_, TinyArtifact(2), kFirstWeek - kWeekLength);  // the challenger
    ASSERT_TRUE(store_->training_runs().Put(run).ok());
    auto server = RunningServer::Start(conninfo,
                                       [](ServerOptions& options) {
                                         options.jobs.seal.period = options.jobs.issue.period =
                                             options.jobs.verify.period = absl::ZeroDuration();
                                         options.jobs.skill.period = absl::ZeroDuration();
                                         options.jobs.retention.retention = 52 * kWeekLength;
                                         options.jobs.runner.tick = absl::Milliseconds(100);
                                       },
                                       {&clock_, nullptr, nullptr});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // Verified are weeks that the catalogue covers. It does so once the contenders have answered, as
  // in life.
  void CompleteTheCatalogue() {
    const absl::Time end = absl::Now() + absl::Minutes(2);
    const auto answers = [&] {
      std::set<std::string> models;
      const auto shadows = store_->forecasts().ListShadows(simulator_->regions()[0].id, {});
      for (const ShadowForecast& shadow : *shadows) models.insert(shadow.model_version.value());
      return models.size();  // champion, challenger, their twins, catalogue alone
    };
    while (answers() < 5 && absl::Now() < end) absl::SleepFor(absl::Milliseconds(100));
    ASSERT_EQ(answers(), 5);
    ASSERT_TRUE(SetCompleteUntil(store_->events(), "simulated", week_.end + absl::Hours(72)).ok());
  }

  // What goes on in a service: the clock, live rows (each sent twice), rows late for a sealed week,
  // a look at a forecast.
  void Live(const std::atomic<bool>& done) {
    const auto ingest = v1::IngestService::NewStub(server_->NewChannel());
    const auto forecasts = v1::ForecastService::NewStub(server_->NewChannel());
    const StationId station = simulator_->stations()[0].id;
    const int64_t first = absl::ToUnixSeconds(week_.begin) / 600;
    for (int i = 0; !done; ++i) {
      for (const char* copy : {"once", "again"}) {
        v1::IngestObservationsRequest request;
        *request.mutable_batch() = MakeRows(station, Slot{first + i % 4}, 1, absl::StrCat(i, copy));
        request.mutable_batch()->set_delivery(v1::DELIVERY_LIVE);
        v1::IngestObservationsResponse response;
        EXPECT_TRUE(Call(*ingest, &v1::IngestService::Stub::IngestObservations, request, &response).ok());
      }
      v1::GetForecastRequest get;
      get.set_name(absl::StrCat("regions/", simulator_->regions()[0].id.value(), "/forecasts/latest"));
      v1::GetForecastResponse forecast;
      Call(*forecasts, &v1::ForecastService::Stub::GetForecast, get, &forecast);
      clock_.Advance(absl::Seconds(5));
      absl::SleepFor(absl::Milliseconds(300));
    }
  }

  FakeClock clock_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Simulator> simulator_;
  Interval week_;
  std::unique_ptr<RunningServer> server_;
};

TEST_F(ObservabilityTest, EveryDashboardAndRuleExpressionHasAnAnswer) {
  std::atomic<bool> done = false;
  std::thread life([&] { Live(done); });
  CompleteTheCatalogue();
  const std::string script =
      absl::StrCat(TREMORCAST_SOURCE_DIR, "/tests/e2e/scrape.sh ", server_->server().http_address().ToString());
  const int status = HasFatalFailure() ? 0 : std::system(script.c_str());
  done = true;
  life.join();
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no prometheus, promtool, jq or curl";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace tremorcast
