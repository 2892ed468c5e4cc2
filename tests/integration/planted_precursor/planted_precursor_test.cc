// Can the whole method find a precursor that is there, and does it stay silent where there is none?
// Simulated network, training, calibration, pool, references, bootstrap and gate, at the sizes and
// seeds METHOD.md section 5 gives.

#include <cstdio>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/system_clock.h"
#include "trainer/evaluate/placebos.h"
#include "trainer/run/experiment.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// The placebos of a model that passes are trained with one head: four trainings, and any head that
// finds skill where there must be none vetoes.
absl::StatusOr<std::string> QuickPlacebos(const std::shared_ptr<const Dataset>& data, const Plan& plan,
                                          const TrainerConfig& config, const TestScores& areas,
                                          const TrainingControl& control) {
  TrainerConfig quick = config;
  quick.training.heads = 1;
  return CheckPlacebos(data, plan, quick, areas, control);
}

ExperimentResult RunWith(double precursor, uint64_t seed) {
  ExperimentOptions options;
  options.precursor = precursor;
  options.seed = seed;
  options.config.training.seed = seed;
  const auto result = RunExperiment(options, QuickPlacebos, TrainingControl{}, SystemClock());
  EXPECT_TRUE(result.ok()) << result.status();
  if (!result.ok()) return {};
  std::printf("%s", DescribeExperiment(options, *result).c_str());
  return *result;
}

TEST(PlantedPrecursorTest, PrecursorOfStrengthThreeIsFoundAndPassesTheGate) {
  const ExperimentResult result = RunWith(3, 1);
  const TestScores& scores = result.scores.areas;
  ASSERT_TRUE(scores.gain_over_climatology.has_value());
  ASSERT_TRUE(scores.gain_over_catalogue.has_value());
  EXPECT_GT(scores.gain_over_climatology->low, 0);
  EXPECT_GT(scores.gain_over_catalogue->low, 0);
  EXPECT_EQ(scores.against_climatology.weeks, 52);
  EXPECT_TRUE(result.scores.verdict.demonstrated_skill) << result.scores.verdict.sentence;
  EXPECT_THAT(result.scores.verdict.sentence, StartsWith("demonstrated skill"));
}

TEST(PlantedPrecursorTest, WithoutAPrecursorNoSkillIsClaimed) {
  const ExperimentResult result = RunWith(0, 1);
  const TestScores& scores = result.scores.areas;
  ASSERT_TRUE(scores.gain_over_climatology.has_value());
  EXPECT_LE(scores.gain_over_climatology->low, 0);
  EXPECT_FALSE(result.scores.verdict.demonstrated_skill);
  EXPECT_THAT(result.scores.verdict.sentence, HasSubstr("no demonstrated skill"));
}

}  // namespace
}  // namespace tremorcast
