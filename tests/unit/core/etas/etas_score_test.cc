#include "core/etas/etas_score.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
namespace {

TEST(EtasScore, PartsAddUp) {
  const EtasModel model = WorldModel(40);
  const EtasEvents events = WorldEvents(model, 10, 1);
  const Interval period = Days(5 * kDaysPerYear, 10 * kDaysPerYear);
  const EtasScore score = *ScoreEtas(model, events, period);
  EXPECT_NEAR(score.temporal + score.spatial, score.total, 1e-12);
  EXPECT_EQ(score.waits.size(), static_cast<size_t>(score.events));
  const double waited = std::accumulate(score.waits.begin(), score.waits.end(), 0.0);
  EXPECT_LE(waited, score.expected);
  EXPECT_GT(waited, score.expected - 20);
  // What comes in clusters is worth more to a model that knows of them.
  const EtasScore poisson = *ScorePoisson(model.region, events, Days(0, 5 * kDaysPerYear), period);
  EXPECT_GT(score.total, poisson.total + 1);
  EXPECT_EQ(score.events, poisson.events);
}

// A background alone is a Poisson process: both scores are one.
TEST(EtasScore, OfABackgroundAloneIsPoissons) {
  EtasModel model = WorldModel(40);
  const EtasEvents events = WorldEvents(model, 10, 1);
  const Interval learned = Days(0, 5 * kDaysPerYear), period = Days(5 * kDaysPerYear, 10 * kDaysPerYear);
  double known = 0;
  for (const EtasEvents::Event& event : events.events) known += event.inside && event.day < 5 * kDaysPerYear ? 1 : 0;
  model.parameters.value[kLog10Mu] = std::log10(known / (5 * kDaysPerYear) / model.region.area_km2);
  model.parameters.value[kLog10K0] = -20;
  const EtasScore score = *ScoreEtas(model, events, period);
  const EtasScore poisson = *ScorePoisson(model.region, events, learned, period);
  EXPECT_NEAR(score.temporal, poisson.temporal, 1e-9);
  EXPECT_NEAR(score.spatial, poisson.spatial, 1e-9);
  EXPECT_NEAR(score.expected, poisson.expected, 1e-9);
}

// Of its own world a model finds the waits unit exponential; a model that triggers half as much, or
// none at all, is found out.
TEST(EtasScore, WaitsAreExponentialWhereTheModelIsRight) {
  const EtasModel model = WorldModel(60);
  const EtasEvents events = WorldEvents(model, 20, 9);
  const Interval period = Days(5 * kDaysPerYear, 20 * kDaysPerYear);
  const EtasScore right = *ScoreEtas(model, events, period);
  ASSERT_GT(right.events, 1000);
  EXPECT_GT(TestWaits(right)->p_value, 0.01);
  EtasModel wrong = model;
  wrong.parameters.value[kLog10K0] -= 0.15;
  EXPECT_LT(TestWaits(*ScoreEtas(wrong, events, period))->p_value, 1e-6);
  EXPECT_LT(TestWaits(*ScorePoisson(model.region, events, period, period))->p_value, 1e-6);
}

TEST(EtasScore, SaysWhatIsMissing) {
  const EtasModel model = WorldModel();
  EXPECT_EQ(ScoreEtas(model, NoEvents(), Days(0, 9)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ScoreEtas(model, NoEvents(), Days(9, 9)).status().code(), absl::StatusCode::kInvalidArgument);
  EtasModel bad = model;
  bad.magnitudes.beta = -1;
  EXPECT_EQ(ScoreEtas(bad, NoEvents(), Days(0, 9)).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tremorcast
