#include "core/verification/roc.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/core/toy_fixture.h"
#include "tests/unit/core/verification/random_outcomes.h"

namespace tremorcast {
namespace {

double AreaByPairs(const std::vector<BinaryOutcome>& outcomes) {
  double wins = 0;
  double pairs = 0;
  for (const BinaryOutcome& event : outcomes) {
    for (const BinaryOutcome& quiet : outcomes) {
      if (!event.event || quiet.event) continue;
      ++pairs;
      wins += event.probability > quiet.probability ? 1 : (event.probability == quiet.probability ? 0.5 : 0);
    }
  }
  return wins / pairs;
}

TEST(RocCurveTest, ReproducesTheToyFixture) {
  const RocCurve curve = BuildRocCurve(ExceedanceOutcomes(ToyForecasts(), 1).value()).value();
  EXPECT_EQ(curve.area, 0.875);
  ASSERT_EQ(curve.points.size(), 9u);
  EXPECT_TRUE(std::isinf(curve.points[0].threshold));
  EXPECT_EQ(curve.points[4].threshold, 0.4);  // 3 hits of 4, 1 false alarm of 4
  EXPECT_EQ(curve.points[4].hit_rate, 0.75);
  EXPECT_EQ(curve.points[4].false_alarm_rate, 0.25);
  EXPECT_EQ(curve.points.back().hit_rate, 1);
  EXPECT_EQ(curve.points.back().false_alarm_rate, 1);
}

TEST(RocCurveTest, AreaCountsPairsAndTiesHalf) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    const std::vector<BinaryOutcome> outcomes = RandomOutcomes(seed, 10 + static_cast<int>(seed), 4);
    const RocCurve curve = BuildRocCurve(outcomes).value();
    EXPECT_NEAR(curve.area, AreaByPairs(outcomes), 1e-14) << "seed " << seed;
    double trapezoids = 0;
    for (size_t i = 1; i < curve.points.size(); ++i) {
      trapezoids += (curve.points[i].false_alarm_rate - curve.points[i - 1].false_alarm_rate) *
                    (curve.points[i].hit_rate + curve.points[i - 1].hit_rate) / 2;
    }
    EXPECT_NEAR(curve.area, trapezoids, 1e-14) << "seed " << seed;
  }
}

// sklearn 1.2 roc_auc_score on the same thirty rows with ties.
TEST(RocCurveTest, AgreesWithSklearnOnTies) {
  const std::vector<double> x = {.4, 0,  .5, .4, .4, .3, .2, .6, .3, .3, .6, .5, .1, .5, .2,
                                 .8, .9, .5, .8, .1, .5, .1, .4, .1, .1, .6, .2, .1, .2, .3};
  const std::vector<int> y = {0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0};
  std::vector<BinaryOutcome> outcomes;
  for (size_t i = 0; i < x.size(); ++i) outcomes.push_back({x[i], y[i] == 1});
  EXPECT_NEAR(BuildRocCurve(outcomes)->area, 0.6475, 1e-15);
}

TEST(RocCurveTest, IsADiagonalForOneProbability) {
  const RocCurve curve = BuildRocCurve({{0.3, true}, {0.3, false}, {0.3, false}}).value();
  EXPECT_EQ(curve.points.size(), 2u);
  EXPECT_EQ(curve.area, 0.5);
}

TEST(RocCurveTest, NeedsBothKindsOfWeek) {
  EXPECT_EQ(BuildRocCurve({{0.3, true}}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(BuildRocCurve({{0.3, false}}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(BuildRocCurve({}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(BuildRocCurve({{std::nan(""), true}, {0, false}}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tremorcast
