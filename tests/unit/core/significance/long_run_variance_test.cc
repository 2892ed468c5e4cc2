#include "core/significance/long_run_variance.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

constexpr double kPi = 3.14159265358979323846;

TEST(LongRunVarianceTest, IsTheMeanSquareOfTheSlowProjections) {
  // One degree of freedom: cos(pi / 8)^2 * 2 / 4.
  const LongRunVariance four = EstimateLongRunVariance({1, 0, 0, 0}).value();
  EXPECT_EQ(four.degrees, 1);
  EXPECT_NEAR(four.variance, std::pow(std::cos(kPi / 8), 2) / 2, 1e-15);
  EXPECT_NEAR(EstimateLongRunVariance({11, 10, 10, 10})->variance, four.variance, 1e-14) << "the mean has no part";
  EXPECT_NEAR(EstimateLongRunVariance({3, 0, 0, 0})->variance, 9 * four.variance, 1e-14);
}

TEST(LongRunVarianceTest, TakesMoreProjectionsOfLongerSeries) {
  EXPECT_EQ(EstimateLongRunVariance({1, 2})->degrees, 1);
  EXPECT_EQ(EstimateLongRunVariance(std::vector<double>(26, 0.0))->degrees, 3);
  EXPECT_EQ(EstimateLongRunVariance(std::vector<double>(52, 0.0))->degrees, 5);
  EXPECT_EQ(EstimateLongRunVariance(std::vector<double>(520, 0.0))->degrees, 25);
}

// The sum of a fast alternation hardly varies, that of long runs varies much; both have variance 1.
TEST(LongRunVarianceTest, SeesSlowMovementsAlone) {
  std::vector<double> fast, slow;
  for (int i = 0; i < 104; ++i) {
    fast.push_back(i % 2 == 0 ? 1 : -1);
    slow.push_back((i / 13) % 2 == 0 ? 1 : -1);
  }
  EXPECT_LT(EstimateLongRunVariance(fast)->variance, 0.1);
  EXPECT_GT(EstimateLongRunVariance(slow)->variance, 3);
}

TEST(LongRunVarianceTest, TheIntervalIsStudents) {
  const DependentMean mean = MeanOfDependent({1, 0, 0, 0}).value();
  EXPECT_EQ(mean.mean, 0.25);
  // t of .975 with one degree of freedom: tan(.475 pi).
  const double half = std::tan(0.475 * kPi) * std::sqrt(std::pow(std::cos(kPi / 8), 2) / 2 / 4);
  EXPECT_NEAR(mean.high - mean.mean, half, 1e-9);
  EXPECT_NEAR(mean.mean - mean.low, half, 1e-9);
}

TEST(LongRunVarianceTest, RefusesWhatHasNoSpread) {
  EXPECT_FALSE(EstimateLongRunVariance({}).ok());
  EXPECT_FALSE(EstimateLongRunVariance({1}).ok());
  EXPECT_FALSE(EstimateLongRunVariance({1, std::nan("")}).ok());
  EXPECT_FALSE(MeanOfDependent({1, 2}, 1).ok());
  EXPECT_FALSE(MeanOfDependent({1, 2}, 0).ok());
}

}  // namespace
}  // namespace tremorcast
