// Noise has no skill, however the event rate drifts under it: an outside check made the gate claim it
// in 3 of 3 runs whose rate halved before the calibration slice.

#include "tests/support/noise_skill.h"

#include <cstdio>
#include <string>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(NoiseSkillTest, ARateThatHalvedBeforeTheCalibrationSliceIsNoSkill) {
  const RateDrift drift = {"halved", .30, .15, false};
  int by_twin_alone = 0;
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    TrainerConfig config = NoiseConfig(seed);
    config.training.heads = 1;  // for speed; the soak has all five
    const auto judged = JudgeDrift(drift, config);
    ASSERT_TRUE(judged.ok()) << judged.status();
    std::printf("seed %d: %s", static_cast<int>(seed), DescribeScores(judged->scores).c_str());
    EXPECT_FALSE(judged->scores.verdict.demonstrated_skill) << judged->scores.verdict.sentence;
    by_twin_alone += judged->without_twin ? 1 : 0;
  }
  // Else the drift is too weak to ask anything of the twin.
  EXPECT_GT(by_twin_alone, 0) << "climatology and the catalogue alone already refuse these runs";
}

TEST(NoiseSkillTest, GapsThatTellOfTheComingWeekAreVetoedByTheirPlacebo) {
  TrainerConfig config = NoiseConfig(1);
  config.training.heads = 1;
  const auto judged = JudgeDrift({"steady", .3, .3, false}, config, NoiseInputs::kGapsTell);
  ASSERT_TRUE(judged.ok()) << judged.status();
  std::printf("%s", DescribeScores(judged->scores).c_str());
  EXPECT_GT(judged->scores.areas.gain_over_twin->low, 0) << "the gate alone would have let it pass";
  EXPECT_FALSE(judged->scores.verdict.demonstrated_skill);
  EXPECT_NE(judged->scores.verdict.sentence.find("placebo 1 (presence mask only) shows skill"), std::string::npos)
      << judged->scores.verdict.sentence;
}

// Found from outside: stations that only repeat what happened were said to have skill, wherever the
// logistic catalogue-only model could not follow the past.
TEST(NoiseSkillTest, StationsThatRepeatTheCatalogueHaveNoSkillOfTheirOwn) {
  TrainerConfig config = NoiseConfig(1);
  config.training.heads = 1;
  const auto judged = JudgeRepeatedPast(config);
  ASSERT_TRUE(judged.ok()) << judged.status();
  std::printf("%s", DescribeScores(judged->scores).c_str());
  EXPECT_GT(judged->scores.areas.gain_over_twin->low, 0) << "the gate alone would have let it pass";
  EXPECT_GT(judged->scores.areas.gain_over_catalogue->low, 0) << "the gate alone would have let it pass";
  EXPECT_FALSE(judged->scores.verdict.demonstrated_skill);
  EXPECT_NE(judged->scores.verdict.sentence.find("placebo 8"), std::string::npos) << judged->scores.verdict.sentence;
}

// Found from outside: a flag that ends training early took from placebo 8 what it has to learn, and from
// the stations nothing, who hold the answer ready.
TEST(NoiseSkillTest, AShortTrainingOfTheModelIsNoneOfTheNetworkOnTheCataloguesPast) {
  TrainerConfig config = NoiseConfig(1);
  config.training.heads = 1;
  config.training.max_epochs = 3;
  const auto judged = JudgeRepeatedPast(config, NoiseInputs::kTellTheRule);
  ASSERT_TRUE(judged.ok()) << judged.status();
  std::printf("%s", DescribeScores(judged->scores).c_str());
  EXPECT_GT(judged->scores.areas.gain_over_catalogue->low, 0) << "the gate alone would have let it pass";
  EXPECT_NE(judged->scores.verdict.sentence.find("placebo 8"), std::string::npos) << judged->scores.verdict.sentence;
}

}  // namespace
}  // namespace tremorcast
