// A stations' model of another question than the weekly one, by the real programs: trained, promoted in
// its own scope and in no other, and answering what it learnt and nothing else.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "storage/store.h"
#include "tests/e2e/server_process.h"
#include "tests/integration/trainer/trainer_program.h"
#include "tests/support/service_world.h"
#include "tests/support/simulated_network.h"
#include "tests/support/temp_cluster.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

constexpr int kWeeks = 9;
constexpr int kKept = 10, kUsage = 2;  // exit statuses of the trainer

class StationQuestionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    conninfo_ = *TempCluster::Shared().CreateDatabase();
    const auto store = *OpenStore({.conninfo = conninfo_});
    SimulatorConfig config;
    config.seed = 3;
    config.regions = 2;
    config.stations_per_region = 2;
    config.weeks = kWeeks;
    config.event_rate = 0.5;
    const Simulator simulator = *Simulator::Create(config);
    const absl::Status loaded =
        LoadSimulatedNetwork(simulator, {store->observations(), store->windows(), store->network(), store->events()});
    ASSERT_TRUE(loaded.ok()) << loaded;
    issue_ = simulator.Week(kWeeks - 2).begin;
    auto server = ServerProcess::Start(conninfo_, {"--issue-from=2100-01-01"});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    forecasts_ = v1::ForecastService::NewStub(server_->NewChannel());
  }

  int Run(const std::string& program, std::vector<std::string> arguments) {
    const std::string out = folder_ / "out", err = folder_ / "err";
    const int status = ExitStatus(Program(std::move(arguments), out, err, program).Wait());
    out_ = ReadFile(out);
    said_ = absl::StrCat(out_, ReadFile(err));
    return status;
  }
  int Client(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--server", server_->address()});
    return Run("tremorcast", std::move(arguments));
  }
  int Train(const std::vector<std::string>& question) {
    std::vector<std::string> arguments = {"train", "--database", conninfo_, "--slots", "24", "--threads",
                                          "1",     "--epochs",   "2",       "--heads", "2",  "--json"};
    arguments.insert(arguments.end(), question.begin(), question.end());
    return Run("tremorcast-trainer", std::move(arguments));
  }
  // Its version.
  std::string Trained(const std::vector<std::string>& question) {
    EXPECT_EQ(Train(question), kKept) << said_;
    const auto outcome = nlohmann::json::parse(out_, nullptr, false);
    return outcome.is_object() ? outcome.value("model", "") : "";
  }
  v1::Forecast Compute(absl::Time issue) {
    v1::ComputeForecastRequest request;
    request.set_region("regions/sim-0");
    request.mutable_issue_time()->set_seconds(absl::ToUnixSeconds(issue));
    v1::ComputeForecastResponse response;
    const grpc::Status status = Call(*forecasts_, &v1::ForecastService::Stub::ComputeForecast, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.forecast();
  }

  std::string conninfo_, out_, said_;
  absl::Time issue_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<v1::ForecastService::Stub> forecasts_;
  TempFolder folder_;
};

TEST_F(StationQuestionsTest, AModelIsTrainedPromotedAndAskedForTheQuestionThatItLearnt) {
  EXPECT_EQ(Train({"--issue-time", "12h"}), kUsage);
  EXPECT_THAT(said_, HasSubstr("no whole number of days"));
  EXPECT_EQ(Train({"--horizon", "8"}), kUsage);
  const std::string weekly = Trained({}), day = Trained({"--horizon", "1"});
  const std::string wednesday = Trained({"--issue-time", "3d"});
  ASSERT_EQ(Client({"models", "show", wednesday}), 0) << said_;
  EXPECT_THAT(out_, HasSubstr("issued 3 days after the week begins"));
  EXPECT_NE(Client({"models", "promote", wednesday, "--region", "sim-0", "--reason", "test"}), 0);
  EXPECT_THAT(said_, HasSubstr("another question"));
  for (const std::string& version : {weekly, day, wednesday})
    ASSERT_EQ(Client({"models", "promote", version, "--reason", "test"}), 0) << said_;
  ASSERT_EQ(Client({"models", "list"}), 0);
  EXPECT_THAT(out_, HasSubstr("_network-day3"));
  EXPECT_THAT(out_, HasSubstr("_network-horizon1"));

  // The server loads them within seconds.
  v1::Forecast forecast;
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  do {
    absl::SleepFor(absl::Milliseconds(200));
    forecast = Compute(issue_);
  } while ((!forecast.model_use().used() || forecast.station_horizons_size() == 0) && absl::Now() < deadline);
  EXPECT_EQ(forecast.model_use().model(), absl::StrCat("models/", weekly));
  ASSERT_EQ(forecast.station_horizons_size(), 1);
  const v1::StationHorizon& horizon = forecast.station_horizons(0);
  EXPECT_EQ(horizon.days(), 1);
  EXPECT_EQ(horizon.answer().model(), absl::StrCat("models/", day));
  EXPECT_FALSE(horizon.answer().answers()) << "nine weeks show no skill";
  EXPECT_THAT(horizon.answer().verdict(), HasSubstr("no demonstrated skill"));
  EXPECT_LE(horizon.exceedance_probabilities(0), 1 - forecast.climatology_probabilities(0))
      << "a day, without weight in the pool, is quieter than a week";
  v1::ReplayForecastRequest request;
  request.set_name(forecast.name());
  v1::ReplayForecastResponse replayed;
  ASSERT_TRUE(Call(*forecasts_, &v1::ForecastService::Stub::ReplayForecast, request, &replayed).ok());
  EXPECT_TRUE(replayed.identical()) << replayed.explanation();
  EXPECT_EQ(replayed.replay().station_horizons_size(), 1);
  EXPECT_EQ(Compute(issue_ + absl::Hours(72)).station_horizons_size(), 0) << "of issues of that day none serves";

  ASSERT_EQ(Client({"forecast", "--all", "--purpose", "test", "--horizon", "7"}), 0) << said_;
  EXPECT_THAT(out_, HasSubstr("sim-0"));
  EXPECT_EQ(Client({"forecast", "--horizon", "1", "--json"}), kUsage);
}

}  // namespace
}  // namespace tremorcast
