#include "core/verification/block_length.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/verification/weekly_series.h"

namespace tremorcast {
namespace {

// Autoregressive series x_t = phi x_{t-1} + normal, rounded; the expected lengths come from a numpy
// program of the paper's formulas.
const std::vector<double> kMemoryless = {
    0.47,  -0.68, 0.24,  -1.7,  0.75,  -1.53, 0.01,  -0.12, -0.81, 2.87,  -0.6,  0.47,  1.1,   -1.22, 1.34,
    -0.12, 1.01,  -0.91, -1.03, 1.21,  0.5,   0.14,  0.64,  0.53,  -1.15, -2.21, -1.68, -1.79, -2.22, -0.65,
    -0.53, -0.04, 0.21,  -0.38, -0.25, 0.07,  -1,    -0.71, 0.04,  -0.68, -0.57, -0.11, 1.34,  0.32,  -0.34,
    -0.59, -0.11, 2.24,  -3.15, 0.54,  0.23,  0.87,  -1.15, 2.11,  1,     -0.05, 0.16,  -0.72, 0.05,  -0.14,
    0.94,  0.36,  -0.08, 0.68,  0.56,  0.22,  -1.53, 1.03,  -1.17, -1.01, -0.11, 0.51,  1.41,  -1.69, 1.47,
    1.64,  -0.46, -0.2,  -0.57, -0.6,  -1.34, -1.69, -0.2,  0.26,  1.83,  -1,    -2.09, 0.15,  -0.47, 0.36,
    -0.4,  -1.26, -0.69, 0.8,   0.27,  -0.97, 0.87,  -1.45, -0.54, 0.2,   -1.37, -1.19, 0.02,  -0.08, -0.25,
    -0.57, -1.1,  -0.78, 3.04,  -0.63, 1.51,  -0.59, 1.37,  1.23,  0.45,  -0.64, -1.38, 0.97,  -1.28, -1.27};
const std::vector<double> kSomeMemory = {
    1.52,  2.22,  1.15,  0.33,  -0.5,  0.1,   -0.43, -1.73, -1.63, -0.57, -1.87, -1.92, -0.84, 1.27,  0.81,
    0.44,  2.15,  0.01,  -0.73, 0.48,  1.32,  1.12,  -2.06, -0.29, 0.52,  0.31,  0.82,  1.82,  0.96,  -0.46,
    -2.07, -0.97, -1.2,  -1.16, -1.71, -0.58, 0.44,  0.66,  -0.79, 0.49,  0.56,  -2.21, -0.51, -2.29, -2.28,
    -0.08, 0.61,  -0.34, -1.05, -0.18, -1.89, -0.53, -0.56, 0.46,  0.1,   -1.04, -0.32, -0.51, -1.68, -2,
    -2.01, -0.95, 0.29,  0.12,  -1.15, -0.96, 0.09,  1.12,  -0.38, 0.09,  -0.34, -2.33, -2.46, -1.8,  -1.42,
    -1.1,  -1.16, -0.21, -1.06, -2.13, -0.56, -0.9,  0.34,  -0.66, 0.98,  -0.75, -1.58, -0.09, 1.73,  0.07,
    1.6,   2.32,  1.95,  0.76,  -1.8,  -2.47, -2.04, -0.52, -0.45, -0.89, -0.36, -1.84, -0.54, -1.23, 0.66,
    0.48,  -0.53, -0.8,  -2.01, -0.84, -1.43, -0.83, 0.72,  0.7,   0.83,  3.05,  2.22,  2.22,  0.85,  -0.77};
const std::vector<double> kLongMemory = {
    0.22,  -0.98, -3.8,  -2.45, -1.63, -2.37, -0.61, -0.57, -0.94, -1.71, -0.22, -0.62, -1,    -1.28, -1.81,
    -3.14, -3.26, -3.49, -2.1,  -3,    -1.72, -1.9,  -2.33, -2.05, -1.6,  -1.18, -0.37, -0.09, -1.62, -1.99,
    0.03,  -0.1,  -2.43, -1.77, 0.28,  1.39,  1.17,  1.15,  1.57,  1.1,   0.39,  1.94,  1.15,  1.93,  -0.03,
    -0.81, -1.81, -1.04, -1.46, -1.82, -2.38, -1.76, -0.43, -0.95, -0.15, -0.14, -0.73, -0.24, 1.15,  -1.69,
    -0.66, 1.24,  0.82,  1.42,  2.11,  2.21,  2.02,  2.92,  3.45,  2.95,  3.02,  1.51,  1.05,  0.97,  0.73,
    -0.08, 1.2,   1.31,  1.79,  0.13,  -0.41, -1.02, -1,    0.88,  3.24,  2.79,  2.61,  1.9,   0.98,  1.67,
    0.93,  -0.29, 0.41,  0.17,  0.47,  0.69,  1.54,  1.87,  2.43,  1.86,  1.41,  1.54,  1.51,  1.73,  1.78,
    3.62,  2.74,  2.7,   2.33,  3.24,  1.86,  0.28,  1.46,  1.94,  1.77,  0.69,  1.84,  1.93,  0.97,  0.31};

TEST(PolitisWhiteBlockLengthTest, AgreesWithNumpyOnThreeSeries) {
  EXPECT_NEAR(PolitisWhiteBlockLength(kMemoryless).value(), 1.6836841072951259, 1e-11);
  EXPECT_NEAR(PolitisWhiteBlockLength(kSomeMemory).value(), 5.16866044565208, 1e-11);
  EXPECT_NEAR(PolitisWhiteBlockLength(kLongMemory).value(), 16.100279278661823, 1e-11);
}

TEST(PolitisWhiteBlockLengthTest, DoesNotDependOnUnitOrOrigin) {
  std::vector<double> scaled = kSomeMemory;
  for (double& x : scaled) x = 1000 - 7 * x;
  EXPECT_NEAR(PolitisWhiteBlockLength(scaled).value(), PolitisWhiteBlockLength(kSomeMemory).value(), 1e-9);
}

// Known for an AR(1): b = (2 G^2 / D n)^(1/3) with D = 4/3 g^2 and G / g = 2 phi / (1 - phi^2).
TEST(PolitisWhiteBlockLengthTest, FindsTheKnownLengthOfALongAutoregressiveSeries) {
  RandomStream random({42});
  std::vector<double> x = {0};
  while (x.size() < 20000) x.push_back(0.6 * x.back() + random.Normal());
  const double ratio = 2 * 0.6 / (1 - 0.36);
  const double expected = std::cbrt(2 * ratio * ratio / (4.0 / 3) * 20000);
  EXPECT_NEAR(PolitisWhiteBlockLength(x).value() / expected, 1, 0.1);
}

TEST(PolitisWhiteBlockLengthTest, StaysBelowItsLimit) {
  std::vector<double> ramp;
  for (int i = 0; i < 60; ++i) ramp.push_back(i);
  EXPECT_LE(PolitisWhiteBlockLength(ramp).value(), 20);
  EXPECT_EQ(PolitisWhiteBlockLength(std::vector<double>(30, 2.5)).value(), 1);
}

TEST(PolitisWhiteBlockLengthTest, RefusesShortOrBrokenSeries) {
  EXPECT_FALSE(PolitisWhiteBlockLength({}).ok());
  EXPECT_FALSE(PolitisWhiteBlockLength(std::vector<double>(11, 1.0)).ok());
  std::vector<double> broken = kSomeMemory;
  broken[5] = std::nan("");
  EXPECT_FALSE(PolitisWhiteBlockLength(broken).ok());
  EXPECT_FALSE(AutomaticBlockWeeks(broken).ok());
}

TEST(AutomaticBlockWeeksTest, NeverGoesBelowFourWeeks) {
  EXPECT_EQ(AutomaticBlockWeeks(kMemoryless).value(), 4);
  EXPECT_EQ(AutomaticBlockWeeks(kSomeMemory).value(), 6);
  EXPECT_EQ(AutomaticBlockWeeks(kLongMemory).value(), 17);
}

TEST(WeeklyMeansTest, AverageTheRegionsOfAWeekInTimeOrder) {
  const absl::Time a = absl::UnixEpoch();
  const absl::Time b = a + absl::Hours(168);
  EXPECT_EQ(WeeklyMeans({b, a, b}, {1, 5, 2}).value(), (std::vector<double>{5, 1.5}));
  EXPECT_FALSE(WeeklyMeans({}, {}).ok());
  EXPECT_FALSE(WeeklyMeans({a}, {1, 2}).ok());
  EXPECT_FALSE(WeeklyMeans({a}, {std::nan("")}).ok());
}

TEST(AutocovariancesTest, DivideByTheLengthOfTheSeries) {
  const std::vector<double> gamma = Autocovariances({1, 2, 3, 6}, 3);
  EXPECT_NEAR(gamma[0], 3.5, 1e-15);  // deviations -2, -1, 0, 3
  EXPECT_NEAR(gamma[1], (2 + 0 + 0) / 4.0, 1e-15);
  EXPECT_NEAR(gamma[3], -6 / 4.0, 1e-15);
}

}  // namespace
}  // namespace tremorcast
