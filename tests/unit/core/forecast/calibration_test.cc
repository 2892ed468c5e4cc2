#include "core/forecast/calibration.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/verification/scores.h"
#include "tests/unit/core/toy_fixture.h"

namespace tremorcast {
namespace {

constexpr ClassProbabilities kUniform = {0.2, 0.2, 0.2, 0.2, 0.2};

absl::Time Week(int i) { return absl::UnixEpoch() + i * absl::Hours(168); }

ClassScores LogOf(const ClassProbabilities& p) {
  ClassScores z;
  for (const double v : p) z.push_back(std::log(v));
  return z;
}

std::vector<CalibrationSample> ToySamples() {
  std::vector<CalibrationSample> samples;
  for (const ScoredWeek& row : ToyForecasts()) samples.push_back({row.week, LogOf(row.forecast), row.observed_class});
  return samples;
}

// Draws outcomes from `truth` for each of n weeks.
int Draw(const std::vector<double>& truth, std::mt19937_64& generator) {
  double u = static_cast<double>(generator() >> 11) / 9007199254740992.0;
  const int last = static_cast<int>(truth.size()) - 1;
  for (int k = 0; k < last; ++k) {
    if (u < truth[k]) return k;
    u -= truth[k];
  }
  return last;
}

TEST(CalibrateTest, PutsThePriorBack) {
  const double n = 771 + 160 + 90 + 46 + 38;
  const ClassProbabilities prior = {771 / n, 160 / n, 90 / n, 46 / n, 38 / n};
  const std::vector<double> p = Calibrate(LogOf({0.10, 0.15, 0.20, 0.25, 0.30}), prior, Calibration());
  const ClassProbabilities expected = {0.5430, 0.1690, 0.1268, 0.0810, 0.0803};
  for (int k = 0; k < kClasses; ++k) EXPECT_NEAR(p[k], expected[k], 5e-5) << k;
}

TEST(CalibrateTest, AnIgnorantNetworkGivesThePriorAtAnyTemperature) {
  const ClassProbabilities prior = {0.9, 0.05, 0.03, 0.01, 0.01};
  for (const double temperature : {0.3, 1.0, 150.0}) {
    const std::vector<double> p = Calibrate({4, 4, 4, 4, 4}, prior, {temperature, 0});
    for (int k = 0; k < kClasses; ++k) EXPECT_NEAR(p[k], prior[k], 1e-15);
  }
}

TEST(CalibrateTest, SurvivesLargeScores) {
  const std::vector<double> p = Calibrate({0, 0, 0, 0, 1e4}, kUniform, Calibration());
  EXPECT_EQ(p[4], 1);
  EXPECT_EQ(p[0], 0);
}

TEST(FitCalibrationTest, FindsTheTemperatureOfTheToyFixture) {
  const CalibrationFit fit = FitCalibration(ToySamples(), kUniform, CalibrationOptions()).value();
  EXPECT_NEAR(fit.calibration.temperature, 1.13054398, 5e-8);  // 1.1305439602 where the slope is zero to the bit
  EXPECT_NEAR(fit.negative_log_likelihood, 1.14183511, 5e-9);
  EXPECT_EQ(fit.calibration.event_bias, 0);  // four events are below thirty
}

TEST(FitCalibrationTest, StaysInsideTheAllowedTemperatures) {
  std::vector<CalibrationSample> right(50), wrong(50);
  for (int i = 0; i < 50; ++i) {
    right[i] = {Week(i), {3, 0, 0, 0, 0}, 0};
    wrong[i] = {Week(i), {3, 0, 0, 0, 0}, 1};
  }
  EXPECT_NEAR(FitCalibration(right, kUniform, CalibrationOptions())->calibration.temperature, kMinTemperature, 1e-12);
  CalibrationOptions without_bias;
  without_bias.fit_event_bias = false;
  EXPECT_NEAR(FitCalibration(wrong, kUniform, without_bias)->calibration.temperature, kMaxTemperature, 1e-9);
}

TEST(FitCalibrationTest, RecoversTemperatureAndBias) {
  std::mt19937_64 generator(7);
  std::normal_distribution<double> normal;
  const ClassProbabilities prior = {0.8, 0.1, 0.05, 0.03, 0.02};
  const Calibration truth = {2.0, 0.7};
  std::vector<CalibrationSample> samples;
  for (int i = 0; i < 8000; ++i) {
    CalibrationSample sample;
    sample.week = Week(i);
    for (int k = 0; k < kClasses; ++k) sample.scores.push_back(3 * normal(generator));
    sample.observed_class = Draw(Calibrate(sample.scores, prior, truth), generator);
    samples.push_back(sample);
  }
  const Calibration fit = FitCalibration(samples, prior, CalibrationOptions())->calibration;
  EXPECT_NEAR(fit.temperature, 2.0, 0.15);
  EXPECT_NEAR(fit.event_bias, 0.7, 0.15);
}

TEST(FitCalibrationTest, NeedsThirtyEventsForABiasAndShrinksIt) {
  const auto fit = [](int events, double ridge) {
    std::vector<CalibrationSample> samples;
    for (int i = 0; i < 100; ++i) samples.push_back({Week(i), {0, 0, 0, 0, 0}, i < events ? 1 : 0});
    CalibrationOptions options;
    options.bias_ridge = ridge;
    const ClassProbabilities prior = {0.9, 0.04, 0.03, 0.02, 0.01};
    return FitCalibration(samples, prior, options)->calibration.event_bias;
  };
  EXPECT_EQ(fit(29, 1), 0);
  const double free = fit(30, 1e-9);
  EXPECT_NEAR(free, std::log(0.3 / 0.7) - std::log(0.1 / 0.9), 1e-6);
  EXPECT_GT(fit(30, 10), 0);
  EXPECT_LT(fit(30, 10), free);
}

TEST(FitCalibrationTest, RefusesWhatHasNoAnswer) {
  EXPECT_FALSE(FitCalibration({}, kUniform, CalibrationOptions()).ok());
  std::vector<CalibrationSample> samples = ToySamples();
  EXPECT_FALSE(FitCalibration(samples, ClassProbabilities{1, 0, 0, 0, 0}, CalibrationOptions()).ok());
  samples[3].scores[2] = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(FitCalibration(samples, kUniform, CalibrationOptions()).ok());
  samples = ToySamples();
  samples[0].observed_class = 5;
  EXPECT_FALSE(FitCalibration(samples, kUniform, CalibrationOptions()).ok());
  samples = ToySamples();
  samples[7].scores.pop_back();
  EXPECT_FALSE(FitCalibration(samples, kUniform, CalibrationOptions()).ok());
}

TEST(FitCalibrationTest, ScoresMayHaveAnyNumberOfClasses) {
  std::mt19937_64 generator(11);
  std::normal_distribution<double> normal;
  for (const size_t classes : {2u, 11u}) {
    std::vector<double> prior;
    for (size_t k = 0; k < classes; ++k) prior.push_back(k == 0 ? 0.5 : 0.5 / static_cast<double>(classes - 1));
    std::vector<CalibrationSample> samples;
    for (int i = 0; i < 3000; ++i) {
      CalibrationSample sample;
      for (size_t k = 0; k < classes; ++k) sample.scores.push_back(3 * normal(generator));
      sample.observed_class = Draw(Calibrate(sample.scores, prior, {2.5, -0.6}), generator);
      samples.push_back(sample);
    }
    const Calibration fit = FitCalibration(samples, prior, CalibrationOptions())->calibration;
    EXPECT_NEAR(fit.temperature, 2.5, 0.2) << classes;
    EXPECT_NEAR(fit.event_bias, -0.6, 0.15) << classes;
  }
}

TEST(FitCalibrationTest, AClassThatNeverComesChangesNothing) {
  // Five classes of which the last three cannot happen are the same problem as two.
  std::vector<CalibrationSample> two, five;
  for (int i = 0; i < 40; ++i) {
    const double z = i % 7 - 3.0;
    two.push_back({Week(i), {z, 0}, i % 3 == 0 ? 1 : 0});
    five.push_back({Week(i), {z, 0, -1e6, -1e6, -1e6}, i % 3 == 0 ? 1 : 0});
  }
  const std::vector<double> prior = {0.7, 0.3}, padded = {0.7, 0.3, 1, 1, 1};
  const CalibrationFit a = FitCalibration(two, prior, CalibrationOptions()).value();
  const CalibrationFit b = FitCalibration(five, padded, CalibrationOptions()).value();
  EXPECT_EQ(a.calibration, b.calibration);
  EXPECT_EQ(a.negative_log_likelihood, b.negative_log_likelihood);
}

std::vector<PoolSample> PoolSamples(int weeks, const ClassProbabilities& model_if_event,
                                    const ClassProbabilities& model_if_quiet, int regions = 1) {
  std::vector<PoolSample> samples;
  for (int i = 0; i < weeks; ++i) {
    for (int r = 0; r < regions; ++r) {
      const bool event = i % 3 == 0;
      samples.push_back({Week(i), event ? model_if_event : model_if_quiet, {0.6, 0.2, 0.1, 0.06, 0.04}, event ? 1 : 0});
    }
  }
  return samples;
}

TEST(FitPoolWeightTest, TrustsAModelThatIsAlwaysBetter) {
  const PoolFit fit = FitPoolWeight(PoolSamples(30, {0.2, 0.5, 0.1, 0.1, 0.1}, {0.9, 0.04, 0.03, 0.02, 0.01})).value();
  EXPECT_EQ(fit.weight, 1);
  EXPECT_GT(fit.gain, fit.standard_error);
}

TEST(FitPoolWeightTest, GivesNoWeightToAModelThatIsAlwaysWorse) {
  const PoolFit fit = FitPoolWeight(PoolSamples(30, {0.9, 0.04, 0.03, 0.02, 0.01}, {0.2, 0.5, 0.1, 0.1, 0.1})).value();
  EXPECT_EQ(fit.weight, 0);
  EXPECT_EQ(fit.best_weight, 0);
}

TEST(FitPoolWeightTest, FindsTheInteriorOptimum) {
  // p_y/c_y is 1 + w in half of the weeks and 1 - w/2 in the others; the log score is largest at w
  // = 1/2.
  std::vector<PoolSample> samples;
  for (int i = 0; i < 40; ++i) {
    samples.push_back({Week(i), {0.5, 0.5, 0, 0, 0}, {0.75, 0.25, 0, 0, 0}, i % 2});
    samples.back().model[0] = 0.375;
    samples.back().model[1] = 0.5;
  }
  EXPECT_NEAR(FitPoolWeight(samples)->best_weight, 0.5, 1e-9);
}

TEST(FitPoolWeightTest, AGainWithinOneStandardErrorIsNoGain) {
  // One lucky week among thirty quiet ones that lose a little: best weight is positive, its gain is
  // noise.
  std::vector<PoolSample> samples;
  for (int i = 0; i < 31; ++i) {
    samples.push_back({Week(i), {0.55, 0.25, 0.1, 0.06, 0.04}, {0.6, 0.2, 0.1, 0.06, 0.04}, 0});
  }
  samples.push_back({Week(31), {0.1, 0.1, 0.1, 0.1, 0.6}, {0.6, 0.2, 0.1, 0.06, 0.04}, 4});
  const PoolFit fit = FitPoolWeight(samples).value();
  EXPECT_GT(fit.best_weight, 0);
  EXPECT_GT(fit.gain, 0);
  EXPECT_LT(fit.gain, fit.standard_error);
  EXPECT_EQ(fit.weight, 0);
}

TEST(FitPoolWeightTest, CountsWeeksNotRegions) {
  // Ten copies of the same week carry no more evidence than one.
  const ClassProbabilities event = {0.5, 0.3, 0.1, 0.06, 0.04};
  const ClassProbabilities quiet = {0.55, 0.25, 0.1, 0.06, 0.04};
  const PoolFit one = FitPoolWeight(PoolSamples(12, event, quiet, 1)).value();
  const PoolFit ten = FitPoolWeight(PoolSamples(12, event, quiet, 10)).value();
  EXPECT_NEAR(ten.gain / ten.standard_error, one.gain / one.standard_error, 1e-9);
  const PoolFit single = FitPoolWeight(PoolSamples(1, event, quiet, 10)).value();
  EXPECT_EQ(single.weight, 0);
}

TEST(SelectTauTest, TakesTheSmallestLossAndTheSmallestTauOfEqualOnes) {
  const std::vector<double> grid = TauGrid();
  ASSERT_EQ(grid.size(), 21u);
  EXPECT_EQ(grid.front(), 0);
  EXPECT_EQ(grid.back(), 2);
  std::vector<double> losses(grid.size(), 1.0);
  losses[0] = std::nan("");
  losses[7] = losses[12] = 0.5;
  EXPECT_DOUBLE_EQ(SelectTau(grid, losses).value(), 0.7);
  EXPECT_FALSE(SelectTau(grid, {1}).ok());
  EXPECT_FALSE(SelectTau(grid, std::vector<double>(21, std::nan(""))).ok());
}

TEST(TauDivisorTest, NormalisesTheRowsOfTheCheck) {
  const std::vector<std::vector<double>> rows = {{3, 4}, {1.2, 0.9}, {0.6, 0.8}};
  const double half[] = {3.130495, 1.714643, 1.4};
  for (int i = 0; i < 3; ++i) {
    const double sum = rows[i][0] + rows[i][1];
    EXPECT_NEAR(sum / TauDivisor(rows[i], 0.5), half[i], 5e-7);
    EXPECT_NEAR(sum / TauDivisor(rows[i], 1), 1.4, 1e-12);
    EXPECT_NEAR(sum / TauDivisor(rows[i], 0), sum, 1e-12);
  }
  EXPECT_EQ(TauDivisor({0, 0}, 1.5), 1);
}

}  // namespace
}  // namespace tremorcast
