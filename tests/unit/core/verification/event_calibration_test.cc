#include "core/verification/event_calibration.h"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "core/catalogue/climatology.h"
#include "core/verification/scores.h"
#include "tests/unit/core/toy_fixture.h"
#include "tests/unit/core/verification/random_outcomes.h"

namespace tremorcast {
namespace {

double Sum(const ClassProbabilities& p) { return std::accumulate(p.begin(), p.end(), 0.0); }

TEST(EventCalibrationTest, ScalesClassesOneToFourTogether) {
  const EventCalibration calibration = EventCalibration::Fit({{0.2, false}, {0.2, true}, {0.6, true}}).value();
  EXPECT_EQ(calibration.positives(), 2);
  const ClassProbabilities p = calibration.Apply({0.8, 0.1, 0.05, 0.03, 0.02});
  EXPECT_NEAR(p[0], 0.5, 1e-15);
  EXPECT_NEAR(p[1], 0.25, 1e-15);
  EXPECT_NEAR(p[4], 0.05, 1e-15);
  EXPECT_NEAR(Sum(p), 1, 1e-15);
}

TEST(EventCalibrationTest, NeverMakesAnythingCertain) {
  const EventCalibration calibration = EventCalibration::Fit(ExceedanceOutcomes(ToyForecasts(), 1).value()).value();
  for (const ScoredWeek& row : ToyForecasts()) {
    const ClassProbabilities p = calibration.Apply(row.forecast);
    EXPECT_NEAR(Sum(p), 1, 1e-15);
    for (const double v : p) EXPECT_GE(v, kProbabilityFloor * 0.999);
  }
  const ClassProbabilities middle = calibration.Apply(ToyForecasts()[1].forecast);
  EXPECT_NEAR(middle[0], 2.0 / 3, 1e-12);
}

TEST(EventCalibrationTest, MakesTheSliceItLearntFromCalibrated) {
  const std::vector<BinaryOutcome> outcomes = RandomOutcomes(9, 400, 20);
  const EventCalibration calibration = EventCalibration::Fit(outcomes).value();
  double forecast = 0;
  double events = 0;
  double before = 0;
  double after = 0;
  for (const BinaryOutcome& outcome : outcomes) {
    const double p = calibration.Probability(outcome.probability);
    forecast += p;
    events += outcome.event ? 1 : 0;
    before += BinaryBrierScore(outcome.probability, outcome.event);
    after += BinaryBrierScore(p, outcome.event);
  }
  EXPECT_NEAR(forecast, events, 1e-9);
  EXPECT_LT(after, before);
}

TEST(EventCalibrationTest, LeavesAForecastWithoutEventProbabilityAlone) {
  const EventCalibration calibration = EventCalibration::Fit({{0, true}, {0.5, true}}).value();
  const ClassProbabilities p = calibration.Apply({1, 0, 0, 0, 0});
  EXPECT_EQ(p, FloorAndNormalise({1, 0, 0, 0, 0}));
}

TEST(EventCalibrationTest, ComesBackFromStorage) {
  const EventCalibration calibration = EventCalibration::Fit(RandomOutcomes(4, 300, 10)).value();
  const EventCalibration again = EventCalibration::Create(calibration.blocks(), calibration.positives()).value();
  EXPECT_EQ(again.Apply(kToyClimatology), calibration.Apply(kToyClimatology));
  EXPECT_FALSE(EventCalibration::Create({}, 0).ok());
  EXPECT_FALSE(EventCalibration::Create({{0, 1, 1.2, 1}}, 1).ok());
  EXPECT_FALSE(EventCalibration::Create({{-1, 1, 0.2, 1}}, 1).ok());
  EXPECT_FALSE(EventCalibration::Fit({}).ok());
}

}  // namespace
}  // namespace tremorcast
