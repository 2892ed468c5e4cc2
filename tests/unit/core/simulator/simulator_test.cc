#include "core/simulator/simulator.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/catalogue/labels.h"
#include "core/forecast/coverage.h"
#include "core/simulator/feature_ranges.h"
#include "tests/unit/core/simulator/simulated_worlds.h"

namespace tremorcast {
namespace {

TEST(SimulatorTest, TheSameSeedGivesTheSameBytesAndAnotherSeedOthers) {
  const Simulator a = Make(SmallConfig()), b = Make(SmallConfig());
  EXPECT_EQ(a.stations(), b.stations());
  EXPECT_EQ(a.regions(), b.regions());
  EXPECT_EQ(a.events(), b.events());
  EXPECT_EQ(a.Window(1, 3).content_hash, b.Window(1, 3).content_hash);
  SimulatorConfig other = SmallConfig();
  other.seed = 2;
  const Simulator c = Make(other);
  EXPECT_NE(a.Window(1, 3).content_hash, c.Window(1, 3).content_hash);
  EXPECT_NE(a.events(), c.events());
}

TEST(SimulatorTest, AWindowDoesNotDependOnWhatWasAskedBefore) {
  const Simulator forwards = Make(SmallConfig()), backwards = Make(SmallConfig());
  std::vector<std::string> first, second;
  for (int week = 0; week < 6; ++week) {
    for (int s = 0; s < 4; ++s) first.push_back(forwards.Window(s, week).content_hash);
  }
  for (int week = 5; week >= 0; --week) {
    for (int s = 3; s >= 0; --s) second.push_back(backwards.Window(s, week).content_hash);
  }
  std::reverse(second.begin(), second.end());
  EXPECT_EQ(first, second);
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(), 24U);
}

TEST(SimulatorTest, MoreWeeksLeaveTheEarlierOnesAsTheyWere) {
  SimulatorConfig longer = SmallConfig();
  longer.weeks = 60;
  longer.precursor_strength = 3;
  SimulatorConfig shorter = longer;
  shorter.weeks = 6;
  const Simulator a = Make(shorter), b = Make(longer);
  ASSERT_LT(a.events().size(), b.events().size());
  EXPECT_TRUE(std::equal(a.events().begin(), a.events().end(), b.events().begin()));
  EXPECT_EQ(a.Window(3, 5).content_hash, b.Window(3, 5).content_hash);
}

TEST(SimulatorTest, ASecondPrecursorTakesThePlaceOfTheFirstForAWhile) {
  SimulatorConfig config = WithoutDirt(SmallConfig());
  config.precursor_strength = 5;
  const Simulator first = Make(config);
  config.passing_strength = 5;
  config.passing_from = 2;
  config.passing_until = 4;
  const Simulator both = Make(config);
  EXPECT_EQ(both.precursor_channels(), first.precursor_channels()) << "a second one leaves the first where it was";
  EXPECT_EQ(both.events(), first.events());
  std::vector<int> common;
  std::set_intersection(both.precursor_channels().begin(), both.precursor_channels().end(),
                        both.passing_channels().begin(), both.passing_channels().end(), std::back_inserter(common));
  EXPECT_EQ(both.passing_channels().size(), 10U);
  EXPECT_TRUE(common.empty());
  for (int week = 0; week < 6; ++week) {
    const bool passing = week == 2 || week == 3;
    EXPECT_EQ(both.PlantedShift(0, week), passing ? 0 : first.PlantedShift(0, week)) << week;
    EXPECT_EQ(both.PassingShift(0, week) != 0, passing) << week;
    const StationWindow without = first.Window(0, week), with = both.Window(0, week);
    EXPECT_EQ(with.content_hash == without.content_hash, !passing) << week;
    const int last_hour = with.slots - 1, channel = both.passing_channels().front();
    const size_t at = static_cast<size_t>(channel) * static_cast<size_t>(with.slots) + static_cast<size_t>(last_hour);
    EXPECT_EQ(with.values[at] > without.values[at], passing && both.PassingShift(0, week) > 0) << week;
  }
}

TEST(SimulatorTest, SealingTheRowsGivesTheWindow) {
  SimulatorConfig config = SmallConfig();
  config.gap_rate = 2;
  config.stale_rate = .5;
  const Simulator simulator = Make(config);
  for (int week = 0; week < 3; ++week) {
    const StationWindow window = simulator.Window(2, week);
    WindowBuilder builder(simulator.stations()[2].id, simulator.Week(week).begin, kSlotsPerWeek);
    const auto rows = simulator.Rows(2, week);
    ASSERT_TRUE(rows.ok());
    for (const SimulatedRow& row : *rows) builder.AddRow(row.signal, row.slot, row.values, simulator.Week(week).end);
    const StationWindow sealed = std::move(builder).Build(1, simulator.Week(week).end);
    EXPECT_EQ(sealed.content_hash, window.content_hash);
    EXPECT_EQ(sealed.rows_present, window.rows_present);
  }
}

TEST(SimulatorTest, RowsAreRefusedWhenASlotIsNotTenMinutes) {
  const Simulator simulator = Make(MethodExperiment(0, 1));
  EXPECT_EQ(simulator.Rows(0, 0).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(simulator.Window(0, 0).values.size(), 95U * 168);
}

TEST(SimulatorTest, RefusesConfigurationsThatMeanNothing) {
  SimulatorConfig config;
  config.slots_per_week = 100;
  EXPECT_EQ(Simulator::Create(config).status().message(), "simulator: slots_per_week is 100, must divide 1008");
  config = {};
  config.event_rate = 1.5;
  EXPECT_EQ(Simulator::Create(config).status().code(), absl::StatusCode::kInvalidArgument);
  config = {};
  config.first_week += absl::Hours(24);
  EXPECT_EQ(Simulator::Create(config).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(SimulatorTest, StationsLieInTheirRegionsAndEverythingIsFlaggedSimulated) {
  SimulatorConfig config;
  config.whole_network = true;
  const Simulator simulator = Make(config);
  ASSERT_EQ(simulator.regions().size(), 9U);
  EXPECT_TRUE(simulator.regions()[8].whole_network);
  for (int s = 0; s < simulator.station_count(); ++s) {
    const Station& station = simulator.stations()[static_cast<size_t>(s)];
    const Region& region = simulator.regions()[static_cast<size_t>(simulator.RegionOf(s))];
    EXPECT_TRUE(ValidateStation(station).ok());
    EXPECT_TRUE(station.simulated && region.simulated);
    EXPECT_TRUE(RegionContains(region, station.location)) << station.id.value();
    EXPECT_EQ(region.stations[static_cast<size_t>(s % 3)], station.id);
  }
  for (const Region& region : simulator.regions()) EXPECT_TRUE(ValidateRegion(region).ok());
}

// 64 regions x 1000 weeks: the standard error of a rate of .3 is .0018 (more with clustering, hence
// five errors and room).
TEST(SimulatorCatalogueTest, TheShareOfEventWeeksIsTheEventRateWithAndWithoutClustering) {
  for (bool clustered : {false, true}) {
    SimulatorConfig config;
    config.regions = 64;
    config.stations_per_region = 1;
    config.weeks = 1000;
    config.clustered = clustered;
    config.min_magnitude = 3.5;
    const Simulator simulator = Make(config);
    int event_weeks = 0, follow = 0;
    for (int r = 0; r < 64; ++r) {
      for (int week = 0; week < 1000; ++week) {
        event_weeks += simulator.EventWeek(r, week);
        follow += simulator.EventWeek(r, week) && simulator.EventWeek(r, week + 1);
      }
    }
    EXPECT_NEAR(event_weeks / 64000.0, .3, .015) << "clustered " << clustered;
    EXPECT_NEAR(follow / static_cast<double>(event_weeks), clustered ? .6 : .3, .02);
  }
}

TEST(SimulatorCatalogueTest, LabelsFromTheEventListAgreeWithTheEventWeeks) {
  for (bool clustered : {false, true}) {
    SimulatorConfig config;
    config.weeks = 60;
    config.clustered = clustered;
    const Simulator simulator = Make(config);
    for (int r = 0; r < config.regions; ++r) {
      for (int week = 0; week <= config.weeks; ++week) {
        const RegionLabel label = LabelRegion(simulator.regions()[static_cast<size_t>(r)], simulator.Week(week),
                                              simulator.events(), MagnitudeClasses());
        ASSERT_EQ(label.magnitude_class > 0, simulator.EventWeek(r, week)) << r << " " << week;
      }
    }
  }
}

TEST(SimulatorCatalogueTest, MagnitudesFollowGutenbergRichterWithTheAskedSlope) {
  for (double b : {.8, 1.0, 1.3}) {
    SimulatorConfig config;
    config.regions = 16;
    config.weeks = 1000;
    config.b_value = b;
    config.clustered = false;
    const Simulator simulator = Make(config);
    double sum = 0;
    for (const SeismicEvent& event : simulator.events()) {
      ASSERT_TRUE(ValidateEvent(event).ok());
      ASSERT_NEAR(event.magnitude * 10, std::round(event.magnitude * 10), 1e-6);
      sum += event.magnitude - config.min_magnitude;
    }
    // Maximum likelihood for magnitudes cut to steps of 0.1 (geometric steps).
    const double steps = sum / static_cast<double>(simulator.events().size()) * 10;
    const double estimate = std::log10(1 + 1 / steps) / .1;
    EXPECT_NEAR(estimate, b, .04) << simulator.events().size() << " events";
  }
}

TEST(SimulatorCatalogueTest, IdsAreUniqueAndTimesInOrder) {
  const Simulator simulator = Make(SimulatorConfig());
  std::set<std::string> ids;
  for (size_t i = 0; i < simulator.events().size(); ++i) {
    EXPECT_TRUE(ids.insert(simulator.events()[i].source_event_id).second);
    if (i > 0) {
      EXPECT_LE(simulator.events()[i - 1].origin_time, simulator.events()[i].origin_time);
    }
  }
  EXPECT_GT(ids.size(), 1000U);
}

// Mean over stations and precursor channels of (last two days - the days before), in robust units.
double LateShift(const Simulator& simulator, int region, int week) {
  double sum = 0;
  int n = 0;
  for (int k = 0; k < simulator.config().stations_per_region; ++k) {
    const StationWindow window = simulator.Window(region * simulator.config().stations_per_region + k, week);
    for (int c : simulator.precursor_channels()) {
      double late = 0, early = 0;
      for (size_t t = 0; t < 168; ++t) (t >= 120 ? late : early) += SignedLog1p(window.channel(c)[t]);
      sum += (late / 48 - early / 120) / RangeOf(c).scale;
      ++n;
    }
  }
  return sum / n;
}

TEST(SimulatorPrecursorTest, ThePlantedShiftIsNormalAroundTheStrengthTimesTheEvent) {
  SimulatorConfig config = MethodExperiment(3, 11);
  config.regions = 64;
  config.stations_per_region = 1;
  const Simulator simulator = Make(config);
  double sum[2] = {0, 0}, squares[2] = {0, 0};
  int n[2] = {0, 0};
  for (int r = 0; r < config.regions; ++r) {
    for (int week = 0; week < config.weeks; ++week) {
      const int event = simulator.EventWeek(r, week + 1);
      const double shift = simulator.PlantedShift(r, week);
      sum[event] += shift;
      squares[event] += shift * shift;
      ++n[event];
    }
  }
  for (int event : {0, 1}) {
    const double mean = sum[event] / n[event];
    EXPECT_NEAR(mean, 3.0 * event, .08);
    EXPECT_NEAR(squares[event] / n[event] - mean * mean, 1, .1);
  }
}

TEST(SimulatorPrecursorTest, TheRowsOfTheLastTwoDaysCarryTheShiftAtEveryStation) {
  SimulatorConfig config = WithoutDirt(MethodExperiment(3, 7));
  config.regions = 4;
  config.weeks = 50;
  config.storm_rate = 0;
  const Simulator simulator = Make(config);
  double error = 0;
  for (int r = 0; r < config.regions; ++r) {
    for (int week = 0; week < config.weeks; ++week) {
      const double difference = LateShift(simulator, r, week) - simulator.PlantedShift(r, week);
      error += difference * difference / (config.regions * config.weeks);
    }
  }
  EXPECT_LT(std::sqrt(error),
            .45);  // weather and drift of three stations; the shift itself has a deviation of 1 around 0 or 3
}

TEST(SimulatorPrecursorTest, StrengthZeroPlantsNothingAndIgnoresTheCatalogue) {
  SimulatorConfig config = MethodExperiment(0, 7);
  config.weeks = 20;
  SimulatorConfig quiet = config;
  quiet.event_rate = .01;
  const Simulator a = Make(config), b = Make(quiet);
  EXPECT_NE(a.events().size(), b.events().size());
  for (int week = 0; week < config.weeks; ++week) {
    EXPECT_EQ(a.PlantedShift(0, week), 0);
    EXPECT_EQ(a.Window(0, week).content_hash, b.Window(0, week).content_hash);
  }
}

TEST(SimulatorPrecursorTest, OnlyTheChosenChannelsOfTheLastTwoDaysDiffer) {
  SimulatorConfig with = MethodExperiment(3, 7), without = MethodExperiment(0, 7);
  const Simulator a = Make(with), b = Make(without);
  EXPECT_EQ(a.precursor_channels().size(), 10U);
  const StationWindow x = a.Window(5, 9), y = b.Window(5, 9);
  std::set<int> changed;
  for (int c = 0; c < kFeatures; ++c) {
    for (size_t t = 0; t < 168; ++t) {
      const float p = x.channel(c)[t], q = y.channel(c)[t];
      if (p == q || (std::isnan(p) && std::isnan(q))) continue;
      changed.insert(c);
      EXPECT_GE(t, 120U);
    }
  }
  EXPECT_EQ(std::vector<int>(changed.begin(), changed.end()), a.precursor_channels());
}

TEST(RandomStreamTest, DrawsHaveTheMomentsTheyClaim) {
  RandomStream random({1, 2, 3});
  const int n = 200000;
  double normal = 0, normal2 = 0, rough2 = 0, uniform = 0, poisson = 0;
  for (int i = 0; i < n; ++i) {
    const double z = random.Normal(), rough = RoughNormal(random.Bits());
    normal += z / n;
    normal2 += z * z / n;
    rough2 += rough * rough / n;
    uniform += random.Uniform() / n;
    poisson += random.Poisson(2.5) / static_cast<double>(n);
  }
  EXPECT_NEAR(normal, 0, .012);
  EXPECT_NEAR(normal2, 1, .02);
  EXPECT_NEAR(rough2, 1, .02);
  EXPECT_NEAR(uniform, .5, .004);
  EXPECT_NEAR(poisson, 2.5, .02);
}

}  // namespace
}  // namespace tremorcast
