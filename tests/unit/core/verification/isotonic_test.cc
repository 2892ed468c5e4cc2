#include "core/verification/isotonic.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace tremorcast {
namespace {

// Reference: sklearn 1.2 IsotonicRegression(out_of_bounds="clip").predict.
TEST(IsotonicFitTest, AgreesWithSklearnOnTies) {
  const std::vector<double> x = {.4, 0,  .5, .4, .4, .3, .2, .6, .3, .3, .6, .5, .1, .5, .2,
                                 .8, .9, .5, .8, .1, .5, .1, .4, .1, .1, .6, .2, .1, .2, .3};
  const std::vector<double> y = {0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0,
                                 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0};
  std::vector<IsotonicPoint> points;
  for (size_t i = 0; i < x.size(); ++i) points.push_back({x[i], y[i]});
  const IsotonicFit fit = IsotonicFit::Fit(points).value();
  EXPECT_EQ(fit.At(0), 0);
  EXPECT_NEAR(fit.At(0.05), 0.13043478260869565, 1e-15);
  EXPECT_NEAR(fit.At(0.15), 0.2608695652173913, 1e-15);
  EXPECT_NEAR(fit.At(0.5), 0.2608695652173913, 1e-15);
  EXPECT_NEAR(fit.At(0.9), 1, 1e-15);
  EXPECT_EQ(fit.At(1), 1);
  EXPECT_EQ(fit.At(-3), 0);
}

TEST(IsotonicFitTest, PoolsOneLongDescentIntoItsMean) {
  const IsotonicFit fit = IsotonicFit::Fit({{1, 5, 1}, {2, 3, 2}, {3, 1, 1}}).value();
  ASSERT_EQ(fit.blocks().size(), 1u);
  EXPECT_EQ(fit.blocks()[0], (IsotonicBlock{1, 3, 3, 4}));
}

TEST(IsotonicFitTest, PoolsEqualNeighboursSoThatValuesStrictlyIncrease) {
  const IsotonicFit fit = IsotonicFit::Fit({{1, 0}, {2, 0}, {3, 1}, {4, 1}}).value();
  ASSERT_EQ(fit.blocks().size(), 2u);
  EXPECT_EQ(fit.blocks()[1], (IsotonicBlock{3, 4, 1, 2}));
}

// No other non-decreasing function is nearer: the max-min formula gives the only minimum.
TEST(IsotonicFitTest, EqualsTheMaxMinFormula) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    RandomStream random({seed});
    std::vector<IsotonicPoint> points;
    for (int i = 0; i < 25; ++i)
      points.push_back({static_cast<double>(i), random.Normal() + 0.05 * i, 0.1 + random.Uniform()});
    const IsotonicFit fit = IsotonicFit::Fit(points).value();
    for (size_t i = 0; i < points.size(); ++i) {
      double best = -std::numeric_limits<double>::infinity();
      for (size_t from = 0; from <= i; ++from) {
        double least = std::numeric_limits<double>::infinity();
        double sum = 0, weight = 0;
        for (size_t to = from; to < points.size(); ++to) {
          sum += points[to].y * points[to].weight;
          weight += points[to].weight;
          if (to >= i) least = std::min(least, sum / weight);
        }
        best = std::max(best, least);
      }
      EXPECT_NEAR(fit.At(points[i].x), best, 1e-12) << "seed " << seed << " point " << i;
    }
  }
}

TEST(IsotonicFitTest, RefusesWhatHasNoFit) {
  EXPECT_FALSE(IsotonicFit::Fit({}).ok());
  EXPECT_FALSE(IsotonicFit::Fit({{std::nan(""), 1}}).ok());
  EXPECT_FALSE(IsotonicFit::Fit({{0, std::numeric_limits<double>::infinity()}}).ok());
  EXPECT_FALSE(IsotonicFit::Fit({{0, 1, 0}}).ok());
  EXPECT_TRUE(std::isnan(IsotonicFit::Fit({{0, 1}})->At(std::nan(""))));
}

TEST(IsotonicFitTest, ComesBackFromStorage) {
  const IsotonicFit fit = IsotonicFit::Fit({{1, 0}, {2, 3}, {3, 1}, {5, 4}}).value();
  const IsotonicFit again = IsotonicFit::Create(fit.blocks()).value();
  EXPECT_EQ(again.blocks(), fit.blocks());
  EXPECT_FALSE(IsotonicFit::Create({}).ok());
  EXPECT_FALSE(IsotonicFit::Create({{1, 2, 0.5, 1}, {2, 3, 0.6, 1}}).ok());
  EXPECT_FALSE(IsotonicFit::Create({{1, 2, 0.5, 1}, {3, 4, 0.5, 1}}).ok());
  EXPECT_FALSE(IsotonicFit::Create({{2, 1, 0.5, 1}}).ok());
}

}  // namespace
}  // namespace tremorcast
