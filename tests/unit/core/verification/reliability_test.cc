#include "core/verification/reliability.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/core/toy_fixture.h"
#include "tests/unit/core/verification/random_outcomes.h"

namespace tremorcast {
namespace {

TEST(ReliabilityTest, ReproducesTheToyFixture) {
  const Reliability r = MeasureReliability(ExceedanceOutcomes(ToyForecasts(), 1).value()).value();
  EXPECT_NEAR(r.brier, 0.1984375, 1e-15);
  EXPECT_NEAR(r.miscalibration, 0.115104167, 5e-10);
  EXPECT_NEAR(r.discrimination, 0.166666667, 5e-10);
  EXPECT_NEAR(r.uncertainty, 0.25, 1e-15);
}

// Computed with sklearn's IsotonicRegression: 0 for .15 and .2, a third for .25 to .4, 1 from .45
// on.
TEST(ReliabilityTest, GivesTheCurveOfTheToyFixtureReadyToBeDrawn) {
  const Reliability r = MeasureReliability(ExceedanceOutcomes(ToyForecasts(), 1).value()).value();
  ASSERT_EQ(r.pieces.size(), 3u);
  EXPECT_EQ(r.pieces[0].forecast_low, 0.15);
  EXPECT_EQ(r.pieces[0].forecast_high, 0.2);
  EXPECT_EQ(r.pieces[0].observed_frequency, 0);
  EXPECT_EQ(r.pieces[1].count, 3);
  EXPECT_EQ(r.pieces[1].events, 1);
  EXPECT_NEAR(r.pieces[1].mean_forecast, 0.95 / 3, 1e-15);
  EXPECT_NEAR(r.pieces[1].observed_frequency, 1.0 / 3, 1e-15);
  EXPECT_EQ(r.pieces[2].forecast_low, 0.45);
  EXPECT_EQ(r.pieces[2].observed_frequency, 1);
  EXPECT_EQ(r.count, 8);
  EXPECT_EQ(r.events, 4);
}

TEST(ReliabilityTest, PartsAlwaysAddUpToTheBrierScore) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    const std::vector<BinaryOutcome> outcomes = RandomOutcomes(seed, 5 + static_cast<int>(seed), 7);
    const Reliability r = MeasureReliability(outcomes).value();
    EXPECT_NEAR(r.miscalibration - r.discrimination + r.uncertainty, r.brier, 1e-14) << "seed " << seed;
    EXPECT_GE(r.miscalibration, 0);
    EXPECT_GE(r.discrimination, 0);
    int64_t count = 0;
    for (size_t i = 0; i < r.pieces.size(); ++i) {
      count += r.pieces[i].count;
      EXPECT_LE(r.pieces[i].forecast_low, r.pieces[i].mean_forecast + 1e-15);
      EXPECT_GE(r.pieces[i].forecast_high, r.pieces[i].mean_forecast - 1e-15);
      if (i == 0) continue;
      EXPECT_GT(r.pieces[i].observed_frequency, r.pieces[i - 1].observed_frequency);
    }
    EXPECT_EQ(count, static_cast<int64_t>(outcomes.size()));
  }
}

TEST(ReliabilityTest, ClimatologyIsCalibratedAndDiscriminatesNothing) {
  const Reliability r = MeasureReliability({{0.25, true}, {0.25, false}, {0.25, false}, {0.25, false}}).value();
  EXPECT_NEAR(r.miscalibration, 0, 1e-15);
  EXPECT_NEAR(r.discrimination, 0, 1e-15);
  EXPECT_NEAR(r.uncertainty, 0.1875, 1e-15);
}

TEST(ReliabilityTest, OneClassAloneLeavesOnlyMiscalibration) {
  const Reliability quiet = MeasureReliability({{0.5, false}, {0.1, false}}).value();
  EXPECT_EQ(quiet.uncertainty, 0);
  EXPECT_EQ(quiet.discrimination, 0);
  EXPECT_NEAR(quiet.miscalibration, 0.13, 1e-15);
  EXPECT_EQ(MeasureReliability({{1, true}})->brier, 0);
}

TEST(ReliabilityTest, RefusesWhatIsNoProbability) {
  EXPECT_FALSE(MeasureReliability({}).ok());
  EXPECT_FALSE(MeasureReliability({{1.01, true}}).ok());
}

}  // namespace
}  // namespace tremorcast
