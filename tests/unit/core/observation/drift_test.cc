#include "core/observation/drift.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(PsiTest, ReproducesTheCheck) {
  EXPECT_NEAR(PopulationStabilityIndex({.2, .2, .2, .2, .2}, {.10, .15, .20, .25, .30}).value(), 0.13540251, 5e-9);
  EXPECT_NEAR(PopulationStabilityIndex({20, 20, 20, 20, 20}, {10, 15, 20, 25, 30}).value(), 0.13540251, 5e-9);
  EXPECT_EQ(PopulationStabilityIndex({1, 2}, {10, 20}).value(), 0);
}

TEST(PsiTest, AnEmptyBinIsLargeButFinite) {
  const double psi = PopulationStabilityIndex({50, 50}, {0, 100}).value();
  EXPECT_NEAR(psi, (1e-4 - 0.5) * std::log(1e-4 / 0.5) + 0.5 * std::log(2), 1e-12);
}

TEST(PsiTest, RefusesCountsThatAreNone) {
  EXPECT_FALSE(PopulationStabilityIndex({1, 2}, {1}).ok());
  EXPECT_FALSE(PopulationStabilityIndex({1, 2}, {0, 0}).ok());
  EXPECT_FALSE(PopulationStabilityIndex({1, -2}, {1, 1}).ok());
  EXPECT_FALSE(PopulationStabilityIndex({1, std::nan("")}, {1, 1}).ok());
}

TEST(DriftLevelTest, StepsAtOneTenthAndOneQuarter) {
  EXPECT_EQ(DriftLevelOf(0.0999), DriftLevel::kStable);
  EXPECT_EQ(DriftLevelOf(0.1), DriftLevel::kModerate);
  EXPECT_EQ(DriftLevelOf(0.2499), DriftLevel::kModerate);
  EXPECT_EQ(DriftLevelOf(0.25), DriftLevel::kMajor);
}

std::vector<float> Ramp(int n, float shift) {
  std::vector<float> values;
  for (int i = 0; i < n; ++i) values.push_back(static_cast<float>(i) + shift);
  return values;
}

TEST(QuantileBinsTest, MakesBinsOfEqualWeightAndSeesAShift) {
  const QuantileBins bins = QuantileBins::Fit(Ramp(1000, 0), 10).value();
  ASSERT_EQ(bins.edges().size(), 9u);
  for (const double n : bins.expected()) EXPECT_NEAR(n, 100, 1);
  EXPECT_NEAR(bins.Psi(Ramp(1000, 0)).value(), 0, 1e-9);
  EXPECT_GT(bins.Psi(Ramp(1000, 300)).value(), kMajorDrift);
}

TEST(QuantileBinsTest, LeavesMissingValuesOut) {
  std::vector<float> values = Ramp(100, 0);
  values.insert(values.begin(), std::nanf(""));
  const QuantileBins bins = QuantileBins::Fit(values, 4).value();
  EXPECT_NEAR(bins.Psi(values).value(), 0, 1e-12);
  EXPECT_FALSE(bins.Psi({std::nanf("")}).ok());
  EXPECT_FALSE(QuantileBins::Fit({std::nanf("")}, 4).ok());
  EXPECT_FALSE(QuantileBins::Fit(values, 1).ok());
}

TEST(QuantileBinsTest, MergesEqualQuantiles) {
  std::vector<float> mostly_zero(90, 0.0f);
  for (int i = 1; i <= 10; ++i) mostly_zero.push_back(static_cast<float>(i));
  const QuantileBins bins = QuantileBins::Fit(mostly_zero, 10).value();
  EXPECT_EQ(bins.edges(), std::vector<float>{0});
  EXPECT_EQ(bins.expected(), (std::vector<double>{90, 10}));
  EXPECT_TRUE(QuantileBins::Fit({5, 5, 5}, 10)->edges().empty());
}

TEST(QuantileBinsTest, ComesBackFromStorage) {
  const QuantileBins bins = QuantileBins::Fit(Ramp(50, 0), 5).value();
  const QuantileBins again = QuantileBins::Create(bins.edges(), bins.expected()).value();
  EXPECT_EQ(again.Psi(Ramp(50, 7)).value(), bins.Psi(Ramp(50, 7)).value());
  EXPECT_FALSE(QuantileBins::Create({1, 2}, {1, 1}).ok());
  EXPECT_FALSE(QuantileBins::Create({2, 2}, {1, 1, 1}).ok());
}

}  // namespace
}  // namespace tremorcast
