// Samples, gaps, storms and broken sensors of simulated rows.

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/forecast/coverage.h"
#include "core/simulator/feature_ranges.h"
#include "tests/unit/core/simulator/simulated_worlds.h"

namespace tremorcast {
namespace {

TEST(SimulatorRowsTest, SamplesAreFiniteSpreadAndPositiveWhereTheFeatureIs) {
  const Simulator simulator = Make(WithoutDirt(SmallConfig()));
  const StationWindow window = simulator.Window(0, 0);
  for (int c = 0; c < kFeatures; ++c) {
    double low = 1e300, high = -1e300;
    for (float x : window.channel(c)) {
      ASSERT_TRUE(std::isfinite(x)) << FeatureNames()[static_cast<size_t>(c)];
      if (RangeOf(c).positive) {
        ASSERT_GT(x, 0);
      }
      low = std::min<double>(low, x);
      high = std::max<double>(high, x);
    }
    EXPECT_LT(low, high);
  }
}

TEST(SimulatorRowsTest, ARobustUnitIsTheInterquartileRangeOfTheSignedLog) {
  SimulatorConfig config = WithoutDirt(MethodExperiment(0, 5));
  config.regions = 1;
  const Simulator simulator = Make(config);
  for (int c : simulator.precursor_channels()) {
    std::vector<double> values;
    for (int week = 0; week < 104; ++week) {
      const StationWindow window = simulator.Window(0, week);
      for (float x : window.channel(c)) values.push_back(SignedLog1p(x));
    }
    const double range = Quantile(values, .75) - Quantile(values, .25);
    EXPECT_GT(range, 1e-3);
    EXPECT_NEAR(range / RangeOf(c).scale, 1.0, .2) << FeatureNames()[static_cast<size_t>(c)];
  }
}

TEST(SimulatorRowsTest, DaysLookAlikeMoreThanHalfDaysDo) {
  const Simulator simulator = Make(WithoutDirt(SmallConfig()));
  double day = 0, half_day = 0;
  for (int week = 0; week < 6; ++week) {
    const StationWindow window = simulator.Window(0, week);
    for (int c = 0; c < kFeatures; ++c) {
      std::vector<double> x;
      for (float v : window.channel(c)) x.push_back(std::log(std::abs(static_cast<double>(v)) + 1e-12));
      double mean = 0, var = 0;
      for (double v : x) mean += v / kSlotsPerWeek;
      for (double v : x) var += (v - mean) * (v - mean);
      for (size_t t = 0; t + kSlotsPerDay < x.size(); ++t) {
        day += (x[t] - mean) * (x[t + kSlotsPerDay] - mean) / var;
        half_day += (x[t] - mean) * (x[t + kSlotsPerDay / 2] - mean) / var;
      }
    }
  }
  EXPECT_GT(day - half_day, 6 * 95 * .1);
}

TEST(SimulatorRowsTest, AStormIsFeltByNeighboursTogether) {
  SimulatorConfig config = WithoutDirt(SmallConfig());
  config.regions = 16;
  config.storm_rate = 4;
  config.weeks = 40;
  SimulatorConfig calm = config;
  calm.storm_rate = 0;
  const Simulator stormy = Make(config), quiet = Make(calm);
  const int channel = *FeatureChannel("magn@var");
  // Slots that a storm lifts, per station; in the same region they coincide far more often than by
  // chance.
  int64_t first = 0, second = 0, both = 0, slots = 0;
  for (int week = 0; week < config.weeks; ++week) {
    const StationWindow a = stormy.Window(0, week), a0 = quiet.Window(0, week), b = stormy.Window(1, week),
                        b0 = quiet.Window(1, week);
    for (size_t t = 0; t < kSlotsPerWeek; ++t) {
      const bool in_a = a.channel(channel)[t] > 1.02F * a0.channel(channel)[t];
      const bool in_b = b.channel(channel)[t] > 1.02F * b0.channel(channel)[t];
      first += in_a;
      second += in_b;
      both += in_a && in_b;
      ++slots;
    }
  }
  ASSERT_GT(first, 50);
  EXPECT_GT(static_cast<double>(both) / static_cast<double>(std::min(first, second)), .5);
  EXPECT_LT(static_cast<double>(std::max(first, second)) / static_cast<double>(slots), .4);
}

TEST(SimulatorRowsTest, GapsTakeTheSignalsSeparatelyAndLastFromAnHourToDays) {
  SimulatorConfig config = WithoutDirt(SmallConfig());
  config.gap_rate = 1;
  config.weeks = 40;
  const Simulator simulator = Make(config);
  int gaps = 0, one_signal_only = 0, shortest = 1 << 20, longest = 0;
  for (int week = 0; week < config.weeks; ++week) {
    const StationWindow window = simulator.Window(0, week);
    int run = 0;
    for (size_t t = 0; t < kSlotsPerWeek; ++t) {
      const bool magn = !std::isnan(window.channel(0)[t]), sound = !std::isnan(window.channel(kMagnFeatures)[t]);
      one_signal_only += magn != sound;
      if (!magn) ++run;
      if ((magn || t + 1 == kSlotsPerWeek) && run > 0) {
        ++gaps;
        shortest = std::min(shortest, run);
        longest = std::max(longest, run);
        run = 0;
      }
    }
  }
  EXPECT_GT(gaps, 20);
  EXPECT_GT(one_signal_only, 1000);
  EXPECT_LT(shortest, 3 * 6);
  EXPECT_GT(longest, kSlotsPerDay);
}

TEST(SimulatorRowsTest, DeadAndStaleSensorsAreCaughtByTheDeadSensorRule) {
  SimulatorConfig config = WithoutDirt(SmallConfig());
  config.weeks = 30;
  for (bool dead : {true, false}) {
    (dead ? config.dead_rate : config.stale_rate) = 1;
    const Simulator simulator = Make(config);
    int64_t masked = 0;
    for (int week = 0; week < config.weeks; ++week) {
      const StationWindow window = simulator.Window(1, week);
      EXPECT_EQ(window.rows_present[0], kSlotsPerWeek) << "broken sensors still send";
      const StationWindow clean = MaskDeadSensors(window, CoveragePolicy());
      for (float x : clean.channel(3)) masked += std::isnan(x);
    }
    EXPECT_GT(masked, 30 * kSlotsPerWeek / 4) << (dead ? "dead" : "stale");
  }
}

TEST(SimulatorRowsTest, AnOutageTakesWholeWeeks) {
  SimulatorConfig config = WithoutDirt(SmallConfig());
  config.outage_rate = 1;
  const Simulator simulator = Make(config);
  const StationWindow window = simulator.Window(0, 0);
  EXPECT_EQ(window.rows_present[0] + window.rows_present[1], 0);
  EXPECT_TRUE(simulator.Rows(0, 0)->empty());
  EXPECT_EQ(window.available_at, absl::InfinitePast());
}

}  // namespace
}  // namespace tremorcast
