#include "core/catalogue/climatology.h"

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/catalogue/weekly_classes.h"

namespace tremorcast {
namespace {

const absl::Time kSunday = absl::FromUnixSeconds(1607184000);

Region MakeBox(const std::string& id, double west, double east) {
  Region region;
  region.id = RegionId(id);
  region.polygon = BoxPolygon(22, 26, west, east);
  return region;
}

SeismicEvent MakeEvent(absl::Duration after, double longitude, double magnitude) {
  SeismicEvent event;
  event.origin_time = kSunday + after;
  event.epicenter = {24, longitude};
  event.magnitude = magnitude;
  return event;
}

double Sum(const ClassProbabilities& p) { return std::accumulate(p.begin(), p.end(), 0.0); }

TEST(ClimatologyTest, SmoothsAsTheFormulasSay) {
  const ClassProbabilities pi = JeffreysSmoothed({90, 5, 3, 2, 0});
  EXPECT_NEAR(pi[0], 90.5 / 102.5, 1e-15);
  EXPECT_NEAR(pi[4], 0.5 / 102.5, 1e-15);
  const ClassProbabilities c = RegionClimatology({10, 0, 0, 0, 0}, pi);
  EXPECT_NEAR(c[0], (10 + 20 * pi[0]) / 30, 1e-15);
  EXPECT_NEAR(c[3], 20 * pi[3] / 30, 1e-15);
  EXPECT_NEAR(Sum(c), 1, 1e-15);
}

// What is forecast of one day is counted by that day, and what the past tells stays whole weeks.
TEST(BuildWeeklyClassesTest, AShorterHorizonHasTargetsOfItsOwn) {
  const std::vector<Region> regions = {MakeBox("a", 98, 101)};
  const std::vector<SeismicEvent> events = {MakeEvent(absl::Hours(23), 99, 3.6), MakeEvent(absl::Hours(24), 99, 4.6),
                                            MakeEvent(kWeekLength + absl::Hours(24), 99, 5.1)};
  const Interval period = {kSunday, kSunday + 2 * kWeekLength};
  const MagnitudeClasses classes;
  const auto day = BuildWeeklyClasses(regions, events, period, WeekGrid::Service(), classes, absl::Hours(24));
  EXPECT_EQ(day.classes[0], (std::vector<int8_t>{3, 4}));
  EXPECT_EQ(day.Targets(0), (std::vector<int8_t>{1, 0}));
  const auto week = BuildWeeklyClasses(regions, events, period, WeekGrid::Service(), classes);
  EXPECT_EQ(week.Targets(0), week.classes[0]);
  EXPECT_EQ(BuildClimatology(regions, events, period, WeekGrid::Service(), classes, absl::Hours(24)).For(regions[0].id),
            RegionClimatology({1, 1, 0, 0, 0}, JeffreysSmoothed({1, 1, 0, 0, 0})));
}

TEST(BuildWeeklyClassesTest, LabelsWholeWeeksOnly) {
  const std::vector<Region> regions = {MakeBox("a", 98, 101), MakeBox("b", 101, 104)};
  const std::vector<SeismicEvent> events = {
      MakeEvent(-absl::Hours(1), 99, 6),                // before the first whole week
      MakeEvent(absl::Hours(1), 99, 3.6),               // week 0
      MakeEvent(absl::Hours(2), 99, 4.1),               // week 0, larger
      MakeEvent(kWeekLength + absl::Hours(1), 101, 5),  // week 1, on the common border: both
      MakeEvent(2 * kWeekLength, 103, 5),               // week 2 is not whole
  };
  const Interval period = {kSunday - absl::Hours(24), kSunday + 2 * kWeekLength + absl::Hours(30)};
  const WeeklyClasses weekly = BuildWeeklyClasses(regions, events, period, WeekGrid::Service(), MagnitudeClasses());
  ASSERT_EQ(weekly.weeks, 2);
  EXPECT_EQ(weekly.first_week, kSunday);
  EXPECT_EQ(weekly.classes[0], (std::vector<int8_t>{2, 4}));
  EXPECT_EQ(weekly.classes[1], (std::vector<int8_t>{0, 4}));
}

TEST(BuildClimatologyTest, TheWholeBoxNeverEntersTheNetworkPrior) {
  std::vector<Region> regions = {MakeBox("a", 98, 101), MakeBox("b", 102, 104)};
  const std::vector<SeismicEvent> events = {MakeEvent(absl::Hours(1), 99, 5.5)};
  const Interval period = {kSunday, kSunday + 4 * kWeekLength};
  const auto build = [&] { return BuildClimatology(regions, events, period, WeekGrid::Service(), MagnitudeClasses()); };
  const ClimatologyTable areas = build();
  EXPECT_EQ(areas.weeks, 4);
  EXPECT_NEAR(areas.network_prior[4], 1.5 / 10.5, 1e-15);
  EXPECT_NEAR(areas.For(RegionId("a"))[4], (1 + 20 * 1.5 / 10.5) / 24, 1e-15);
  EXPECT_NEAR(areas.For(RegionId("b"))[4], (20 * 1.5 / 10.5) / 24, 1e-15);
  EXPECT_EQ(areas.For(RegionId("elsewhere")), areas.network_prior);

  regions.push_back(MakeBox("box", 98, 104));
  regions.back().whole_network = true;
  const ClimatologyTable with_box = build();
  EXPECT_EQ(with_box.network_prior, areas.network_prior);
  EXPECT_NEAR(with_box.For(RegionId("box"))[4], (1 + 20 * 1.5 / 10.5) / 24, 1e-15);
}

TEST(BuildClimatologyTest, HasNoWeeksInAnEmptyPeriod) {
  const ClimatologyTable table =
      BuildClimatology({MakeBox("a", 98, 101)}, {}, {kSunday, kSunday}, WeekGrid::Service(), MagnitudeClasses());
  EXPECT_EQ(table.weeks, 0);
  EXPECT_NEAR(table.For(RegionId("a"))[2], 0.2, 1e-15);
}

TEST(PoolWithClimatologyTest, MixesFloorsAndNormalises) {
  const ClassProbabilities model = {0, 0, 0, 0, 1};
  const ClassProbabilities climatology = {0.9, 0.06, 0.03, 0.01, 0};
  const ClassProbabilities nothing = PoolWithClimatology(model, climatology, 0);
  EXPECT_NEAR(nothing[0], 0.9 / 1.0001, 1e-15);
  EXPECT_NEAR(nothing[4], 1e-4 / 1.0001, 1e-15);
  const ClassProbabilities half = PoolWithClimatology(model, climatology, 0.5);
  EXPECT_NEAR(half[4], 0.5, 1e-15);
  EXPECT_NEAR(half[1], 0.03, 1e-15);
  const ClassProbabilities all = PoolWithClimatology(model, climatology, 1);
  EXPECT_NEAR(Sum(all), 1, 1e-15);
  EXPECT_NEAR(all[0], 1e-4 / 1.0004, 1e-15);
}

}  // namespace
}  // namespace tremorcast
