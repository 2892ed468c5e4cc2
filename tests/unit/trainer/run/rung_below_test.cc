#include "trainer/run/rung_below.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/calibration/head_calibration.h"
#include "tests/unit/trainer/known_model.h"
#include "trainer/run/experiment.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Earthquakes that trigger others in eight areas, and stations that measure next to nothing.
class RungBelowTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    SimulatorConfig simulation;
    simulation.regions = 8;
    simulation.stations_per_region = 1;
    simulation.whole_network = true;
    simulation.slots_per_week = 7;
    simulation.weeks = 140;
    simulation.min_magnitude = 3.0;
    simulation.etas = EtasParameters{{-6.5, -2.553, 1.9, -2.5, 0.2, 3.5, -0.35, 1.22, 0.51}};
    simulation.weeks_before = 208;
    simulator = new Simulator(Simulator::Create(simulation).value());
    answered = new World(BuildWorld(absl::InfinitePast()));
  }
  static void TearDownTestSuite() {
    delete answered;
    delete simulator;
  }

  struct World {
    std::unique_ptr<Dataset> data;
    Plan plan;
  };

  static TrainerConfig Config() {
    TrainerConfig config;
    config.data.input_slots = config.data.slots = 7;
    config.split = {40, 10, 24, 52, 1};
    config.bootstrap.replicates = 500;
    config.below = Rung::kCatalogue;
    config.below_catalogues = 300;
    config.training.threads = 1;
    config.Normalise();
    return config;
  }

  static World BuildWorld(absl::Time catalogue_begin, const TrainerConfig& config = Config()) {
    World world;
    world.data = SimulatedDataset(*simulator, config.data, nullptr).value();
    world.data->catalogue.begin = std::max(world.data->catalogue.begin, catalogue_begin);
    world.plan = MakePlan(config, *world.data, "").value();
    EXPECT_EQ(AnswerRungBelow({&world.plan, 1}, config, {}, *world.data), absl::OkStatus());
    return world;
  }

  static CandidateScores Judge(const World& world, const KnownModel::Answer& answer) {
    auto scores = ScoreCandidate(*world.data, world.plan, Config(), KnownModel(answer, 0.5));
    EXPECT_TRUE(scores.ok()) << scores.status();
    return *std::move(scores);
  }

  static ClassProbabilities Mostly(const Sample& sample) {
    ClassProbabilities p;
    p.fill(0.025);
    p[static_cast<size_t>(sample.label)] = 0.9;
    return p;
  }

  static inline Simulator* simulator = nullptr;
  static inline World* answered = nullptr;
};

bool Holds(const std::vector<absl::Time>& slice, absl::Time issue) {
  return std::find(slice.begin(), slice.end(), issue) != slice.end();
}

TEST_F(RungBelowTest, AnswersTheAreasWhereverANetworkIsCalibratedOrTested) {
  const auto& [data, plan] = *answered;
  ASSERT_NE(data->rung_below, nullptr);
  ASSERT_TRUE(data->rung_below->trial.has_value()) << data->rung_below->missing;
  for (size_t i = 0; i < data->samples.samples.size(); ++i) {
    const Sample& sample = data->samples.samples[i];
    const absl::Time issue = data->sample_issue[i];
    const bool area = sample.region != RegionId("sim-all");
    const bool judged = Holds(plan.slices.calibration, issue) || Holds(plan.slices.test, issue);
    if (!area || issue < plan.calibration_begin()) {
      EXPECT_TRUE(sample.below.empty()) << FormatUtc(issue);
    } else if (judged) {
      EXPECT_FALSE(sample.below.empty()) << FormatUtc(issue);
    }
  }
  EXPECT_EQ(data->samples.Validate(kClasses), absl::OkStatus());
  // What it says of a clustered world is worth something.
  EXPECT_GT(data->rung_below->trial->gain->mean, 0.01);
  EXPECT_GT(data->rung_below->trial->pool.weight, 0.3);
}

// Out of sample: the answer at an issue does not change with what happened later.
TEST_F(RungBelowTest, KnowsNothingOfWhatComesLater) {
  const std::vector<Sample>& before = answered->data->samples.samples;
  const absl::Time cut = answered->plan.slices.test[10];
  const std::unique_ptr<Dataset> data = SimulatedDataset(*simulator, Config().data, nullptr).value();
  std::erase_if(data->events, [&](const SeismicEvent& event) { return event.origin_time >= cut; });
  ASSERT_EQ(AnswerRungBelow({&answered->plan, 1}, Config(), {}, *data), absl::OkStatus());
  int same = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i].below.empty() || data->sample_issue[i] > cut) continue;
    EXPECT_EQ(before[i].below, data->samples.samples[i].below) << FormatUtc(data->sample_issue[i]);
    ++same;
  }
  EXPECT_GT(same, 100);
}

TEST_F(RungBelowTest, ANetworkThatKnowsWhatTheRungKnowsHasNoSkillOverIt) {
  const CandidateScores repeats = Judge(*answered, [](const Sample& sample) {
    return sample.below.empty() ? ClassProbabilities{0.7, 0.12, 0.08, 0.06, 0.04} : ToClassProbabilities(sample.below);
  });
  ASSERT_TRUE(repeats.areas.gain_over_catalogue_rung.has_value());
  EXPECT_GT(repeats.areas.gain_over_climatology->mean, 0.005) << "it knows something";
  EXPECT_FALSE(repeats.verdict.demonstrated_skill);
  EXPECT_THAT(repeats.verdict.sentence, HasSubstr("the gain over the catalogue rung is +0.000"));
  EXPECT_THAT(repeats.ToJson(std::nullopt), HasSubstr("\"gain_over_catalogue_rung\""));
}

TEST_F(RungBelowTest, OneThatKnowsMoreHasAndTheVerdictSaysOverWhat) {
  const CandidateScores knows = Judge(*answered, Mostly);
  EXPECT_TRUE(knows.verdict.demonstrated_skill) << knows.verdict.sentence;
  EXPECT_THAT(knows.verdict.sentence, HasSubstr("over the catalogue rung +"));
  EXPECT_TRUE(FactsOf(*answered->data, answered->plan, Config(), knows.verdict, "").over_catalogue_rung);
}

// Nobody can say that a network knows more than a rung that could not be asked.
TEST_F(RungBelowTest, ACatalogueTooShortToFitGivesNoVerdict) {
  const World world = BuildWorld(simulator->Week(10).begin);
  ASSERT_NE(world.data->rung_below, nullptr);
  EXPECT_FALSE(world.data->rung_below->trial.has_value());
  EXPECT_THAT(world.data->rung_below->missing, HasSubstr("the catalogue begins only on"));
  for (const Sample& sample : world.data->samples.samples) EXPECT_TRUE(sample.below.empty());
  const CandidateScores knows = Judge(world, Mostly);
  EXPECT_THAT(knows.verdict.sentence, HasSubstr("the gain over the catalogue rung could not be measured"));
  EXPECT_FALSE(FactsOf(*world.data, world.plan, Config(), knows.verdict, "").over_catalogue_rung);
}

TEST_F(RungBelowTest, IsNotAskedWhereClimatologyStandsBelow) {
  TrainerConfig config = Config();
  EXPECT_THAT(config.ToJson(), HasSubstr(R"("below":{"rung":"catalogue","catalogues":300})"));
  config.below = Rung::kClimatology;
  EXPECT_EQ(BuildWorld(absl::InfinitePast(), config).data->rung_below, nullptr);
  EXPECT_THAT(config.ToJson(), Not(HasSubstr("below")));
}

TEST_F(RungBelowTest, StopsWhenAsked) {
  const std::unique_ptr<Dataset> data = SimulatedDataset(*simulator, Config().data, nullptr).value();
  const std::atomic<bool> stop{true};
  EXPECT_TRUE(absl::IsCancelled(AnswerRungBelow({&answered->plan, 1}, Config(), {nullptr, &stop, ""}, *data)));
}

}  // namespace
}  // namespace tremorcast
