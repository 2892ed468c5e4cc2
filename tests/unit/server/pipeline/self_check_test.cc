// What SelfCheck gathers: each fault that a store shows reaches the check that names it.

#include "server/pipeline/self_check.h"

#include <map>
#include <string>

#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;

// The state of a healthy store, until a test says otherwise.
class FixedMaintenance : public MaintenanceStore {
 public:
  absl::StatusOr<StoreState> State(absl::Time) override {
    StoreState now = state;
    now.database_time = absl::Now() + database_ahead;
    return now;
  }
  absl::StatusOr<std::vector<ExpiredWeek>> ExpiredWeeks(absl::Time) override { return expired; }
  absl::StatusOr<int64_t> DropWeek(absl::Time, absl::Time) override { return absl::UnimplementedError("not here"); }
  absl::StatusOr<Correction> Correct(const CorrectionRequest&) override { return absl::UnimplementedError("not here"); }
  absl::StatusOr<std::vector<Correction>> Corrections(const std::optional<StationId>&, int64_t, int) override {
    return absl::UnimplementedError("not here");
  }

  StoreState state;
  absl::Duration database_ahead;
  std::vector<ExpiredWeek> expired;
};

class SelfCheckTest : public ServiceFixture {
 protected:
  // Healthy: rows of this hour, a champion, a trained run, a forecast of this week, a catalogue of
  // today.
  void SetUp() override {
    maintenance_.state.leader_present = true;
    maintenance_.state.partitions_until = issue_ + 5 * kWeekLength;
    Fill("s1", input_week_);
    Serve(kNetwork, 1);
    TrainingRun run;
    run.id = "run-1";
    run.state = TrainingState::kPromoted;
    run.started_at = issue_ - absl::Hours(2);
    run.finished_at = issue_ - absl::Hours(1);
    ASSERT_TRUE(runs_.Put(run).ok());
    forecast_.region = kLab;
    forecast_.valid_from = issue_;
    forecast_.valid_to = issue_ + kWeekLength;
    forecast_.issued_at = issue_ + absl::Minutes(20);
    forecast_.purpose = ForecastPurpose::kOperational;
    Archive(issue_);
    ASSERT_TRUE(network_.Refresh().ok());
  }
  void Archive(absl::Time week, bool scored = false) {
    Forecast forecast = forecast_;
    forecast.valid_from = week;
    forecast.valid_to = week + kWeekLength;
    forecast.scored = scored;
    forecast.id = MakeForecastId(week, forecast.purpose, 1);
    forecast.input_hash = "x";
    ASSERT_TRUE(forecasts_.Append(forecast).ok());
  }
  std::map<std::string, Check> Run() {
    const auto result = SelfCheck({retention_, false, absl::Hours(48), false, {}},
                                  {maintenance_, observations_, events_, forecasts_, registry_, runs_, network_, clock_,
                                   [this] { return readiness_; }})
                            .Run();
    EXPECT_TRUE(result.ok()) << result.status();
    std::map<std::string, Check> checks;
    if (result.ok()) {
      for (const Check& check : result->checks) checks[check.name] = check;
    }
    return checks;
  }
  // Only this check complains, in these words.
  void ExpectComplaint(const std::string& name, CheckStatus status, const std::string& words) {
    for (const auto& [one, check] : Run()) {
      EXPECT_EQ(check.status, one == name ? status : CheckStatus::kOk) << one << ": " << check.summary;
      if (one != name) continue;
      EXPECT_THAT(check.summary, HasSubstr(words));
    }
  }

  FixedMaintenance maintenance_;
  Readiness readiness_;
  Forecast forecast_;
  absl::Duration retention_ = absl::InfiniteDuration();
};

TEST_F(SelfCheckTest, FindsNothingWrongWithAHealthyService) {
  for (const auto& [name, check] : Run()) EXPECT_EQ(check.status, CheckStatus::kOk) << name << ": " << check.summary;
}

TEST_F(SelfCheckTest, TellsWhatTheServerSaysOfItself) {
  readiness_ = {Readiness::State::kNotReady, {"database: gone"}};
  ExpectComplaint("readiness", CheckStatus::kFailure, "database: gone");
  readiness_ = {Readiness::State::kDegraded, {"a model is stuck"}};
  ExpectComplaint("readiness", CheckStatus::kWarning, "a model is stuck");
}

TEST_F(SelfCheckTest, ComparesTheDatabasesClockWithItsOwn) {
  maintenance_.database_ahead = absl::Minutes(30);
  ExpectComplaint("database_clock", CheckStatus::kFailure, "ahead of");
  maintenance_.database_ahead = -absl::Minutes(30);
  ExpectComplaint("database_clock", CheckStatus::kFailure, "behind");
}

TEST_F(SelfCheckTest, CountsExpiredWeeksThatCannotGo) {
  maintenance_.expired = {{issue_ - 40 * kWeekLength, 2, 1, 0}, {issue_ - 41 * kWeekLength, 2, 0, 0}};
  ExpectComplaint("retention", CheckStatus::kOk, "");
  retention_ = 30 * kWeekLength;
  ExpectComplaint("retention", CheckStatus::kWarning, "1 kept");
}

TEST_F(SelfCheckTest, CountsStationsThatSendAmongThoseInService) {
  clock_.Advance(absl::Hours(2));
  ExpectComplaint("rows", CheckStatus::kWarning, "0 of 4 enrolled stations");
}

TEST_F(SelfCheckTest, NamesChampionsOfRegionsThatAreNotThereAndWithdrawals) {
  const ModelVersion other = Publish(2);
  Promote(RegionId("nowhere"), other);
  ExpectComplaint("models", CheckStatus::kWarning, "regions that are not there: nowhere");
  Promote(RegionId("nowhere"), ModelVersion());
  Promote(kLab, other);
  Promote(kLab, ModelVersion());
  ExpectComplaint("models", CheckStatus::kWarning, "withdrawn: lab, nowhere");
}

TEST_F(SelfCheckTest, SeesATrainerThatDied) {
  TrainingRun run;
  run.id = "run-2";
  run.state = TrainingState::kRunning;
  run.started_at = issue_;
  ASSERT_TRUE(runs_.Put(run).ok());
  ExpectComplaint("training", CheckStatus::kWarning, "run-2");
  maintenance_.state.trainer_present = true;
  ExpectComplaint("training", CheckStatus::kOk, "");
}

TEST_F(SelfCheckTest, KnowsHowOldTheCatalogueIs) {
  clock_.Set(issue_ + absl::Hours(24 * 11));
  EXPECT_THAT(Run()["catalogue"].summary, HasSubstr("(cenc), 11 days ago"));
  EXPECT_EQ(Run()["catalogue"].status, CheckStatus::kWarning);
}

TEST_F(SelfCheckTest, MissesTheForecastOfARegionAndAVerification) {
  AddRegion(RegionId("lab2"), {"s1"});
  ASSERT_TRUE(network_.Refresh().ok());
  clock_.Set(issue_ + absl::Hours(7));
  EXPECT_THAT(Run()["issue"].summary, HasSubstr("1 of 2 regions without the forecast"));
  Archive(issue_ - 3 * kWeekLength, /*scored=*/true);
  EXPECT_THAT(Run()["verification"].summary, HasSubstr("1 forecast whose week is over"));
  EXPECT_EQ(Run()["verification"].status, CheckStatus::kWarning);
}

}  // namespace
}  // namespace tremorcast
