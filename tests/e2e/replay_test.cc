// Forecasts computed, archived and replayed by the real server program. A process runs LibTorch
// with one thread count from its start to its end, so another numerical environment takes another
// process.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/postgres/pg_connection.h"
#include "tests/e2e/server_process.h"
#include "tests/support/service_world.h"
#include "tests/support/simulated_network.h"
#include "tests/support/temp_cluster.h"
#include "tests/support/tiny_model.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;

class ReplayTest : public testing::Test {
 protected:
  void SetUp() override {
    conninfo_ = *TempCluster::Shared().CreateDatabase();
    const auto store = *OpenStore({.conninfo = conninfo_});
    const Simulator simulator = *Simulator::Create(SmallWorld(2));
    const absl::Status loaded =
        LoadSimulatedNetwork(simulator, {store->observations(), store->windows(), store->network(), store->events()});
    ASSERT_TRUE(loaded.ok()) << loaded;
    issue_time_ = simulator.Week(1).end;
    Promotion promotion;
    promotion.scope = RegionId(kNetworkScope);
    promotion.version = Publish(*store, TinyArtifact());
    promotion.reason = promotion.actor = "test";
    promotion.promoted_at = issue_time_;
    ASSERT_TRUE(store->models().Promote(promotion).ok());
    Serve(1);
  }

  void Serve(int threads) {
    forecasts_ = nullptr;
    server_ = nullptr;
    auto server = ServerProcess::Start(conninfo_, {"--no-jobs", absl::StrCat("--threads=", threads)});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    forecasts_ = v1::ForecastService::NewStub(server_->NewChannel());
  }

  // Computes and archives the forecast of `region` from `offset` after the start of the week.
  v1::Forecast Compute(const std::string& region, absl::Duration offset = absl::ZeroDuration()) {
    v1::ComputeForecastRequest request;
    request.set_region(region);
    request.mutable_issue_time()->set_seconds(absl::ToUnixSeconds(issue_time_ + offset));
    v1::ComputeForecastResponse response;
    const grpc::Status status = Call(*forecasts_, &v1::ForecastService::Stub::ComputeForecast, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(response.forecast().model_use().used()) << response.forecast().ShortDebugString();
    return response.forecast();
  }
  v1::ReplayForecastResponse Replay(const v1::Forecast& archived) {
    v1::ReplayForecastRequest request;
    request.set_name(archived.name());
    v1::ReplayForecastResponse response;
    const grpc::Status status = Call(*forecasts_, &v1::ForecastService::Stub::ReplayForecast, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // As somebody with the database in hand would, past the triggers that keep archives as they are.
  void Tamper(const std::string& table, const std::string& change) {
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    auto connection = PgConnection::Open(conninfo_, "test", deadline);
    ASSERT_TRUE(connection.ok()) << connection.status();
    const auto changed = (*connection)
                             ->Exec(absl::StrCat("ALTER TABLE ", table, " DISABLE TRIGGER ALL; UPDATE ", table, " SET ",
                                                 change, "; ALTER TABLE ", table, " ENABLE TRIGGER ALL"),
                                    deadline);
    ASSERT_TRUE(changed.ok()) << changed.status();
  }
  static void ExpectSameBits(const v1::Forecast& archived, const v1::ReplayForecastResponse& replayed) {
    EXPECT_TRUE(replayed.identical()) << replayed.explanation();
    EXPECT_EQ(replayed.max_difference(), 0);
    EXPECT_EQ(replayed.archived_runtime(), replayed.replay_runtime());
    EXPECT_THAT(replayed.replay().class_probabilities(), testing::ElementsAreArray(archived.class_probabilities()));
    EXPECT_THAT(replayed.replay().model_use().class_probabilities(),
                testing::ElementsAreArray(archived.model_use().class_probabilities()));
    EXPECT_EQ(replayed.replay().input_hash(), archived.input_hash());
  }

  std::string conninfo_;
  absl::Time issue_time_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<v1::ForecastService::Stub> forecasts_;
};

TEST_F(ReplayTest, GivesTheSameBitsInTheProcessThatAnsweredAndInTheNext) {
  std::vector<v1::Forecast> archived;
  for (const char* region : {"regions/sim-0", "regions/sim-1"}) {
    archived.push_back(Compute(region));
    archived.push_back(Compute(region, -absl::Hours(31)));  // a rolling window over two weeks
  }
  ASSERT_NE(archived[0].input_hash(), archived[1].input_hash());
  for (const v1::Forecast& forecast : archived) ExpectSameBits(forecast, Replay(forecast));
  Serve(1);
  for (const v1::Forecast& forecast : archived) ExpectSameBits(forecast, Replay(forecast));
}

TEST_F(ReplayTest, SaysWhenItRunsInAnotherNumericalEnvironment) {
  const v1::Forecast archived = Compute("regions/sim-0");
  Serve(2);
  const v1::ReplayForecastResponse replayed = Replay(archived);
  EXPECT_EQ(replayed.archived_runtime(), archived.model_use().runtime());
  EXPECT_THAT(replayed.archived_runtime(), HasSubstr("threads=1"));
  EXPECT_THAT(replayed.replay_runtime(), HasSubstr("threads=2"));
  // Equal bits may come of it by luck; the answer must tell which, and never claim what is not so.
  const bool same =
      std::equal(archived.class_probabilities().begin(), archived.class_probabilities().end(),
                 replayed.replay().class_probabilities().begin(), replayed.replay().class_probabilities().end()) &&
      std::equal(archived.model_use().class_probabilities().begin(), archived.model_use().class_probabilities().end(),
                 replayed.replay().model_use().class_probabilities().begin(),
                 replayed.replay().model_use().class_probabilities().end());
  EXPECT_EQ(replayed.identical(), same);
  EXPECT_THAT(replayed.explanation(), HasSubstr(same ? "identical to the bit" : "another numerical environment"));
  EXPECT_LT(replayed.max_difference(), 1e-5);
}

TEST_F(ReplayTest, SaysThatAnArchivedAnswerIsNotWhatItsInputsGive) {
  const v1::Forecast archived = Compute("regions/sim-0");
  Tamper("forecasts",
         "probabilities = ARRAY[probabilities[1] - 0.125, probabilities[2] + 0.125] || probabilities[3:5]");
  const v1::ReplayForecastResponse replayed = Replay(archived);
  EXPECT_FALSE(replayed.identical());
  EXPECT_NEAR(replayed.max_difference(), 0.125, 1e-9);
  EXPECT_THAT(replayed.explanation(), HasSubstr("differs with the same inputs"));
  EXPECT_THAT(replayed.replay().class_probabilities(), testing::ElementsAreArray(archived.class_probabilities()));
}

TEST_F(ReplayTest, SaysThatAnInputWasAltered) {
  const v1::Forecast archived = Compute("regions/sim-0");
  Tamper("weekly_windows", "content_hash = set_byte(content_hash, 0, get_byte(content_hash, 0) # 1)");
  const v1::ReplayForecastResponse replayed = Replay(archived);
  EXPECT_FALSE(replayed.identical());
  EXPECT_THAT(replayed.explanation(), HasSubstr("cannot be replayed"));
}

TEST_F(ReplayTest, SaysThatTheModelIsNotTheOneThatAnswered) {
  const v1::Forecast archived = Compute("regions/sim-0");
  Tamper("forecasts", "weights_sha256 = repeat('0', 64)");
  Tamper("forecasts", "input_hash = repeat('0', 64)");
  const v1::ReplayForecastResponse replayed = Replay(archived);
  EXPECT_THAT(replayed.explanation(), HasSubstr("inputs differ"));
}

}  // namespace
}  // namespace tremorcast
