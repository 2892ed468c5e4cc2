#include "core/csep/rate_comparison.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

const std::vector<double> kA = {8, 2, 3, 5};
const std::vector<double> kB = {6, 4, 2, 8};

// tests/test_csep1_evaluations.py of pyCSEP; it divides by the 19 events it says it saw, though it
// gives four rates.
TEST(CompareRatesByTTest, ReproducesTheFixtureOfPyCsep) {
  const PairedTTest test = CompareRatesByT({kA, kB, 18, 20}, 0.95, 19).value();
  EXPECT_NEAR(test.t_statistic, 1.5385261717159382, 1e-13);
  EXPECT_NEAR(test.t_critical, 2.10092204024096, 1e-13);
  EXPECT_NEAR(test.information_gain, .08052612477654024, 1e-15);
  EXPECT_NEAR(test.low, -.029435677283374914, 1e-14);
  EXPECT_NEAR(test.high, .19048792683645541, 1e-14);
  EXPECT_EQ(test.degrees_of_freedom, 18);
}

TEST(CompareRatesByTTest, ChangesSignWithTheOrder) {
  const PairedTTest ab = CompareRatesByT({kA, kB, 18, 20}).value();
  const PairedTTest ba = CompareRatesByT({kB, kA, 20, 18}).value();
  EXPECT_EQ(ab.degrees_of_freedom, 3);
  EXPECT_NEAR(ab.information_gain, -ba.information_gain, 1e-15);
  EXPECT_NEAR(ab.low, -ba.high, 1e-14);
}

TEST(CompareRatesByTTest, RefusesRatesWithoutALogarithm) {
  EXPECT_FALSE(CompareRatesByT({}).ok());
  EXPECT_FALSE(CompareRatesByT({kA, {1}, 18, 20}).ok());
  EXPECT_FALSE(CompareRatesByT({{1, 0}, {1, 1}, 2, 2}).ok());
  EXPECT_FALSE(CompareRatesByT({{1, std::nan("")}, {1, 1}, 2, 2}).ok());
  EXPECT_FALSE(CompareRatesByT({kA, kB, 0, 20}).ok());
  EXPECT_FALSE(CompareRatesByT({kA, kB, 18, 20}, 1).ok());
  EXPECT_FALSE(CompareRatesByT({{1}, {2}, 1, 1}).ok());
  EXPECT_EQ(CompareRatesByT({{1, 2}, {2, 4}, 3, 3}).status().code(), absl::StatusCode::kFailedPrecondition);
}

// tests/test_csep1_evaluations.py of pyCSEP.
TEST(SignedRankTest, ReproducesTheFixtureOfPyCsep) {
  const std::vector<double> x = {35.5, 44.5, 39.8, 33.3, 51.4, 51.3, 30.5, 48.9, 42.1, 40.3,
                                 46.8, 38.0, 40.1, 36.8, 39.3, 65.4, 42.6, 42.8, 59.8, 52.4,
                                 26.2, 60.9, 45.6, 27.1, 47.3, 36.6, 55.6, 45.1, 52.2, 43.5};
  const SignedRankTest test = SignedRank(x, 45).value();
  EXPECT_NEAR(test.z, -0.6684710290340584, 1e-14);
  EXPECT_NEAR(test.two_sided_p, 0.5038329688781412, 1e-14);
  EXPECT_EQ(test.differences, 30);
}

// scipy 1.10 wilcoxon(mode="approx", correction=False).
TEST(SignedRankTest, CorrectsForTiesAndLeavesZerosOut) {
  const SignedRankTest test = SignedRank({1.5, -.5, 2, 2, -1.5, 3, .5, .5, -3, 4, 0, 2.5}, 0).value();
  EXPECT_EQ(test.differences, 11);
  EXPECT_NEAR(test.two_sided_p, 0.1293325670232898, 1e-14);
  EXPECT_NEAR(test.z, -1.5167391049346, 1e-12);
}

TEST(SignedRankTest, RefusesWhatCannotBeRanked) {
  EXPECT_FALSE(SignedRank({}, 0).ok());
  EXPECT_FALSE(SignedRank({3, 3}, 3).ok());
  EXPECT_FALSE(SignedRank({1, std::nan("")}, 0).ok());
  EXPECT_FALSE(SignedRank({1}, std::nan("")).ok());
}

TEST(CompareRatesByWTest, ComparesLogRatiosWithTheDifferenceOfTotals) {
  const SignedRankTest direct = SignedRank({std::log(8) - std::log(6), std::log(2) - std::log(4),
                                            std::log(3) - std::log(2), std::log(5) - std::log(8)},
                                           -0.5)
                                    .value();
  EXPECT_NEAR(CompareRatesByW({kA, kB, 18, 20})->z, direct.z, 1e-15);
  EXPECT_FALSE(CompareRatesByW({kA, {}, 18, 20}).ok());
}

}  // namespace
}  // namespace tremorcast
