#include "trainer/run/candidate_scores.h"

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/catalogue/climatology.h"
#include "tests/unit/trainer/known_model.h"
#include "trainer/run/experiment.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

// A served model with a known answer.
class KnownChampion : public Predictor {
 public:
  KnownChampion(ClassProbabilities answer, Interval training_period) : answer_(answer) {
    info_.pool_weight = 1;
    info_.model.training_period = training_period;
  }
  const PredictorInfo& info() const override { return info_; }
  absl::StatusOr<std::vector<RegionPrediction>> Predict(absl::Span<const RegionInput> regions) const override {
    std::vector<RegionPrediction> predictions;
    for (const RegionInput& region : regions) {
      EXPECT_FALSE(region.windows.empty());
      predictions.push_back({answer_, {answer_}});
    }
    return predictions;
  }

 private:
  ClassProbabilities answer_;
  PredictorInfo info_;
};

ClassProbabilities Mostly(int label) {
  ClassProbabilities p;
  p.fill(0.025);
  p[static_cast<size_t>(label)] = 0.9;
  return p;
}

class CandidateScoresTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SimulatorConfig simulation;
    simulation.regions = 3;
    simulation.stations_per_region = 1;
    simulation.whole_network = true;
    simulation.slots_per_week = 8;
    simulation.weeks = 130;
    simulation.clustered = false;
    simulation.outage_rate = 0.05;  // some weeks have no usable station
    simulation.stale_rate = simulation.dead_rate = 0;
    simulator_ = std::make_unique<Simulator>(Simulator::Create(simulation).value());
    config_.data.input_slots = config_.data.slots = 8;
    config_.split = {50, 10, 10, 52, 1};
    config_.bootstrap.replicates = 500;
    config_.Normalise();
    data_ = SimulatedDataset(*simulator_, config_.data, nullptr).value();
    plan_ = MakePlan(config_, *data_, "").value();
  }

  CandidateScores Judge(const KnownModel::Answer& answer, double pool_weight) {
    auto scores = ScoreCandidate(*data_, plan_, config_, KnownModel(answer, pool_weight));
    EXPECT_TRUE(scores.ok()) << scores.status();
    return *std::move(scores);
  }

  KnownModel::Answer Climatology() {
    return [table = ClimatologyBefore(*data_, plan_.test_begin, config_)](const Sample& s) {
      return FloorAndNormalise(table.For(s.region));
    };
  }

  std::unique_ptr<Simulator> simulator_;
  TrainerConfig config_;
  std::unique_ptr<Dataset> data_;
  Plan plan_;
};

TEST_F(CandidateScoresTest, KnowledgeOfTheOutcomePassesTheGate) {
  const CandidateScores scores = Judge([](const Sample& s) { return Mostly(s.label); }, 1);
  EXPECT_TRUE(scores.verdict.demonstrated_skill) << scores.verdict.sentence;
  EXPECT_GT(scores.areas.gain_over_climatology->low, 0);
  EXPECT_GT(scores.areas.gain_over_catalogue->low, 0);
  EXPECT_GT(scores.areas.against_climatology.rps_skill, 0.5);
  // ln(.9 / c_y) on average, from the counts themselves.
  double expected = 0;
  for (const TestWeek& week : scores.areas.weeks) {
    expected += std::log(0.9 / week.climatology[static_cast<size_t>(week.label)]);
  }
  EXPECT_NEAR(scores.areas.gain_over_climatology->mean, expected / scores.areas.weeks.size(), 1e-9);
}

TEST_F(CandidateScoresTest, ClimatologyItselfGainsNothingAndIsRefused) {
  const CandidateScores scores = Judge(Climatology(), 0);
  EXPECT_FALSE(scores.verdict.demonstrated_skill);
  EXPECT_THAT(scores.verdict.sentence, HasSubstr("no demonstrated skill"));
  EXPECT_NEAR(scores.areas.gain_over_climatology->mean, 0, 1e-12);
  // What this test would have found stands beside it.
  ASSERT_TRUE(scores.evidence.detectable_gain.has_value());
  EXPECT_GT(*scores.evidence.detectable_gain, 0);
  EXPECT_THAT(scores.verdict.sentence, HasSubstr("with 80 % probability"));
}

TEST_F(CandidateScoresTest, AnAnswerThatItsTwinGivesTooIsRefused) {
  // The outcome is known, but the twin is as good in every week: nothing of it came from stations.
  KnownModel model([](const Sample&) { return Mostly(0); }, 1);
  model.set_twin({0.9, 0.025, 0.025, 0.025, 0.025});
  for (SeismicEvent& event : data_->events) {
    if (event.origin_time >= plan_.test_begin) event.magnitude = 3.0;
  }
  for (Sample& sample : data_->samples.samples) sample.label = 0;
  config_.gate.min_event_region_weeks = 1;
  const auto scores = ScoreCandidate(*data_, plan_, config_, model);
  ASSERT_TRUE(scores.ok()) << scores.status();
  EXPECT_GT(scores->areas.gain_over_climatology->low, 0);
  EXPECT_NEAR(scores->areas.gain_over_twin->high, 0, 1e-9);
  EXPECT_FALSE(scores->verdict.demonstrated_skill);
  EXPECT_THAT(scores->verdict.sentence, HasSubstr("the gain over its input-free twin is +0.000"));
}

class PlaceboVetoTest : public CandidateScoresTest {
 protected:
  absl::StatusOr<CandidateScores> Judge(const std::string& placebo_says) {
    const std::shared_ptr<const Dataset> data(data_.get(), [](const Dataset*) {});
    const auto placebos = [&](const std::shared_ptr<const Dataset>&, const Plan&, const TrainerConfig&,
                              const TestScores&, const TrainingControl&) -> absl::StatusOr<std::string> {
      ++asked_;
      return placebo_says;
    };
    return JudgeCandidate(data, plan_, config_, KnownModel(answer_, 1), placebos, {});
  }
  KnownModel::Answer answer_ = [](const Sample& s) { return Mostly(s.label); };
  int asked_ = 0;
};

TEST_F(PlaceboVetoTest, ASuspiciousPlaceboTakesTheVerdictOfAModelThatPassed) {
  EXPECT_TRUE(Judge("")->verdict.demonstrated_skill);
  const auto vetoed = Judge("placebo 1 shows skill");
  EXPECT_EQ(asked_, 2);
  EXPECT_FALSE(vetoed->verdict.demonstrated_skill);
  EXPECT_EQ(vetoed->verdict.sentence.rfind("no demonstrated skill: placebo 1 shows skill", 0), 0u);
}

TEST_F(PlaceboVetoTest, AModelThatFailsIsNotAsked) {
  answer_ = Climatology();
  EXPECT_FALSE(Judge("placebo 1 shows skill")->verdict.demonstrated_skill);
  EXPECT_EQ(asked_, 0);
}

TEST_F(CandidateScoresTest, WholeNetworkIsScoredApartAndAbstentionsAreCounted) {
  const CandidateScores scores = Judge([](const Sample& s) { return Mostly(s.label); }, 1);
  for (const TestWeek& week : scores.areas.weeks) EXPECT_NE(week.region.value(), "sim-all");
  ASSERT_TRUE(scores.whole_network.has_value());
  for (const TestWeek& week : scores.whole_network->weeks) EXPECT_EQ(week.region.value(), "sim-all");
  const TestScores& areas = scores.areas;
  EXPECT_GT(areas.abstained, 0);
  EXPECT_EQ(areas.against_climatology.region_weeks + areas.abstained, 3 * 52);
  EXPECT_EQ(areas.with_fallback.region_weeks, 3 * 52);
  // Climatology stands in for the abstained weeks, so they dilute the gain.
  EXPECT_LT(areas.with_fallback.gain_per_week, areas.against_climatology.gain_per_week);
  EXPECT_THAT(scores.ToJson(std::nullopt), HasSubstr("whole_network_gain_over_climatology"));
}

TEST_F(CandidateScoresTest, ReferencesDoNotKnowTheTestPeriod) {
  const ClimatologyTable before = ClimatologyBefore(*data_, plan_.test_begin, config_);
  const CandidateScores first = Judge(Climatology(), 0);
  // Other events in the test period change labels, but neither reference.
  for (SeismicEvent& event : data_->events) {
    if (event.origin_time >= plan_.test_begin) event.magnitude = 3.0;
  }
  const ClimatologyTable after = ClimatologyBefore(*data_, plan_.test_begin, config_);
  EXPECT_EQ(before.regions, after.regions);
  const CandidateScores second = Judge(Climatology(), 0);
  // The first test week's catalogue-only forecast looks at the weeks before it alone.
  EXPECT_EQ(first.areas.weeks.front().catalogue, second.areas.weeks.front().catalogue);
}

TEST_F(CandidateScoresTest, ChampionIsScoredOnWeeksItHasNotSeen) {
  const CandidateScores scores = Judge([](const Sample& s) { return Mostly(s.label); }, 1);
  const absl::Time middle = plan_.slices.test[26];
  const KnownChampion half({0.96, 0.01, 0.01, 0.01, 0.01}, {absl::UnixEpoch(), middle});
  const auto score = ScoreAgainstChampion(*data_, scores, half, config_.bootstrap);
  ASSERT_TRUE(score.ok()) << score.status();
  EXPECT_FALSE(score->saw_test);
  int unseen = 0;
  for (const TestWeek& week : scores.areas.weeks) unseen += week.issue >= middle ? 1 : 0;
  EXPECT_EQ(score->region_weeks, unseen);
  EXPECT_GT(score->gain_over_champion->low, 0);

  // With fewer than eight unseen weeks all are compared, and that is said.
  const KnownChampion recent({0.96, 0.01, 0.01, 0.01, 0.01}, {absl::UnixEpoch(), plan_.slices.test[50]});
  const auto flattered = ScoreAgainstChampion(*data_, scores, recent, config_.bootstrap);
  ASSERT_TRUE(flattered.ok());
  EXPECT_TRUE(flattered->saw_test);
  EXPECT_EQ(flattered->region_weeks, static_cast<int>(scores.areas.weeks.size()));
}

TEST_F(CandidateScoresTest, WithoutATestSliceThereIsNoSkillToShow) {
  plan_.slices.test.clear();
  const CandidateScores scores = Judge([](const Sample& s) { return Mostly(s.label); }, 0);
  EXPECT_FALSE(scores.verdict.demonstrated_skill);
  EXPECT_THAT(scores.verdict.sentence, HasSubstr("0 test weeks"));
}

}  // namespace
}  // namespace tremorcast
