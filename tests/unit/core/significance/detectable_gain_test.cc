#include "core/significance/detectable_gain.h"

#include <vector>

#include <gtest/gtest.h>

#include "core/base/time_grid.h"

namespace tremorcast {
namespace {

std::vector<ReferenceWeek> Weeks(int weeks, int regions, double event_probability) {
  std::vector<ReferenceWeek> all;
  for (int week = 0; week < weeks; ++week) {
    for (int region = 0; region < regions; ++region) {
      all.push_back({absl::UnixEpoch() + week * kWeekLength, event_probability});
    }
  }
  return all;
}

DetectableGainOptions Quick() {
  DetectableGainOptions options;
  options.simulations = 200;
  options.replicates = 300;
  return options;
}

TEST(DetectableGainTest, IsFoundAsOftenAsItSays) {
  const std::vector<ReferenceWeek> weeks = Weeks(52, 8, 0.3);
  const auto gain = DetectableGain(weeks, BootstrapOptions(), Quick());
  ASSERT_TRUE(gain.ok()) << gain.status();
  // Other draws than those it was found with: the spread of that gain, by bisection.
  DetectableGainOptions fresh = Quick();
  fresh.seed = 99;
  fresh.simulations = 400;
  double low = 0, high = 8;
  for (int i = 0; i < 30; ++i) {
    const double middle = (low + high) / 2;
    DetectableGainOptions one = fresh;
    one.simulations = 1;
    (PowerAtSpread(weeks, middle, BootstrapOptions(), one)->gain < *gain ? low : high) = middle;
  }
  const auto at = PowerAtSpread(weeks, high, BootstrapOptions(), fresh);
  ASSERT_TRUE(at.ok());
  EXPECT_NEAR(at->gain, *gain, 1e-6);
  // Standard error .02 here and .028 there.
  EXPECT_NEAR(at->power, 0.8, 0.11);
}

TEST(DetectableGainTest, NoGainIsFoundAsSeldomAsTheLevelAllows) {
  DetectableGainOptions options = Quick();
  options.simulations = 1000;
  // A forecaster who knows next to nothing: the lower end errs in about 2.5 %, more with few events.
  const auto at = PowerAtSpread(Weeks(52, 8, 0.3), 0.01, BootstrapOptions(), options);
  ASSERT_TRUE(at.ok());
  EXPECT_LT(at->gain, 1e-4);
  EXPECT_LT(at->power, 0.08);
}

TEST(DetectableGainTest, FallsWithTheNumberOfWeeksAndOfEvents) {
  const double year = DetectableGain(Weeks(52, 8, 0.3), BootstrapOptions(), Quick()).value();
  EXPECT_LT(DetectableGain(Weeks(208, 8, 0.3), BootstrapOptions(), Quick()).value(), year);
  // A wish for more certainty costs a larger gain.
  DetectableGainOptions certain = Quick();
  certain.power = 0.95;
  EXPECT_GT(DetectableGain(Weeks(52, 8, 0.3), BootstrapOptions(), certain).value(), year);
}

TEST(DetectableGainTest, SaysWhenATestFindsNothingAtAll) {
  // A year of one quiet region has about five events, and twenty are asked for.
  DetectableGainOptions options = Quick();
  options.min_events = 20;
  const auto gain = DetectableGain(Weeks(52, 1, 0.1), BootstrapOptions(), options);
  EXPECT_EQ(gain.status().code(), absl::StatusCode::kFailedPrecondition) << gain.value_or(-1);
  EXPECT_EQ(DetectableGain({}, BootstrapOptions()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DetectableGain(Weeks(5, 1, 1.0), BootstrapOptions()).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tremorcast
