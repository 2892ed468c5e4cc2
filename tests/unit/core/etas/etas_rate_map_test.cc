#include "core/etas/etas_rate_map.h"

#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/etas/etas_outlook.h"
#include "core/network/rings.h"
#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
namespace {

TEST(EtasRateMapTest, LatticeLinesLieOnMultiplesOfTheStep) {
  const MagnitudeClasses classes;
  Region region;
  region.polygon = BoxPolygon(21.04, 23.2, -0.31, 1.7);
  SpaceMagnitudeGrid grid = LatticeOver(region, classes);
  EXPECT_EQ(grid.step_deg, 0.1);
  EXPECT_NEAR(grid.south_deg, 21, 1e-12);
  EXPECT_NEAR(grid.west_deg, -0.4, 1e-12);
  EXPECT_EQ(grid.rows, 22);  // to 23.2, which is a line
  EXPECT_EQ(grid.columns, 21);
  EXPECT_THAT(grid.magnitude_edges, testing::ElementsAreArray(classes.edges));
  region.polygon = BoxPolygon(0, 50, 60, 150);
  grid = LatticeOver(region, classes);
  EXPECT_EQ(grid.step_deg, 0.5) << "no more than 20,000 cells";
  EXPECT_EQ(grid.cells(), 100 * 180);
}

TEST(EtasRateMapTest, CellsHoldEachPlaceOfARegionAndNoneOutside) {
  // A triangle with a hole, and a part of its own that a way leads to.
  const EtasRegion region =
      EtasRegionOf(JoinRings({{{{20, 100}, {20, 103.03}, {22.47, 101.2}}, false},
                              {{{20.55, 101}, {20.55, 101.9}, {21.05, 101.9}, {21.05, 101}}, true},
                              {{{22.2, 103.1}, {22.2, 103.4}, {22.5, 103.4}, {22.5, 103.1}}, false}}));
  const SpaceMagnitudeGrid grid = LatticeOver(region.shape, MagnitudeClasses());
  const std::vector<int32_t> listed = CellsOf(grid, region);
  EXPECT_TRUE(std::is_sorted(listed.begin(), listed.end()));
  const std::set<int32_t> cells(listed.begin(), listed.end());
  // Whatever place is drawn: it is inside only where a cell says so. And a cell has such a place.
  std::set<int32_t> found;
  RandomStream random({7});
  for (int i = 0; i < 400'000; ++i) {
    const GeoPoint place{random.Uniform(20, 22.6), random.Uniform(100, 103.5)};
    if (!region.Contains(place)) continue;
    const auto bin = BinEvent(grid, place, 4);
    ASSERT_TRUE(bin.has_value());
    EXPECT_TRUE(cells.contains(bin->cell)) << place.latitude_deg << " " << place.longitude_deg;
    found.insert(bin->cell);
  }
  // Slivers are not met by chance.
  EXPECT_GE(found.size() + 8, cells.size());
  for (const GeoPoint& outside : {GeoPoint{20.85, 101.45}, {22.05, 102.95}, {21.35, 102.75}, {22.15, 103.25}}) {
    EXPECT_FALSE(cells.contains(BinEvent(grid, outside, 4)->cell)) << outside.latitude_deg;
  }
}

TEST(EtasRateMapTest, ABoxOnTheLatticeHasNoCellThatOnlyTouchesIt) {
  const EtasRegion box = EtasRegionOf(BoxPolygon(28.3, 29.1, 100.7, 101.3));
  SpaceMagnitudeGrid grid = LatticeOver(WorldModel().region.shape, MagnitudeClasses());
  EXPECT_EQ(CellsOf(grid, box).size(), 8U * 6);
  // Whichever way it is walked.
  std::vector<GeoPoint> ring = box.shape.polygon;
  std::reverse(ring.begin(), ring.end());
  EXPECT_EQ(CellsOf(grid, EtasRegionOf(ring)), CellsOf(grid, box));
  // Of one that reaches beyond the grid, what lies in it.
  EXPECT_EQ(CellsOf(grid, EtasRegionOf(BoxPolygon(32, 40, 90, 101))).size(), 10U * 10);
  EXPECT_TRUE(CellsOf(grid, EtasRegionOf(BoxPolygon(50, 51, 90, 101))).empty());
}

TEST(EtasRateMapTest, GoesOnBeyondTheDateLine) {
  const EtasModel model = DateLineModel();
  const SpaceMagnitudeGrid grid = LatticeOver(model.region.shape, MagnitudeClasses());
  EXPECT_EQ(CellsOf(grid, model.region).size(), 50U * 60);
  EXPECT_TRUE(BinSimulated(grid, {1, {-17, -178}, 4, 0}).has_value());
}

// The cells of regions that lie on the lattice add up to what the same catalogues say of them.
TEST(EtasRateMapTest, CellsOfARegionAddUpToItsOutlook) {
  EtasEvents past = NoEvents();
  past.events.push_back({40, 6.5, {30.05, 103.05}, ToUnitVector({30.05, 103.05}), true});
  const EtasSimulator simulator = *EtasSimulator::Create(WorldModel(2000), past, 41, 7, 1);
  const MagnitudeClasses classes;
  constexpr int64_t kCatalogues = 1000;
  const EtasRateMap map = *DrawRateMap(simulator, classes, {1, 7}, kCatalogues);
  ASSERT_EQ(map.grid.cells(), 50 * 60);
  const EtasRegion near = EtasRegionOf(BoxPolygon(29, 31, 102, 104)),
                   far = EtasRegionOf(BoxPolygon(31, 33, 100, 102.5));
  EtasTally tally = *EtasTally::Create({{near.shape, far.shape}, {1, 7}, classes, {}}, simulator);
  for (int64_t i = 0; i < kCatalogues; ++i) tally.Add(simulator.Simulate(i));
  for (size_t h = 0; h < 2; ++h) {
    for (const auto& [region, index] : {std::pair(&near, size_t{0}), {&far, size_t{1}}}) {
      double rate = 0, none = 1;
      for (const int32_t cell : CellsOf(map.grid, *region)) {
        rate += map.rates[h][static_cast<size_t>(cell)];
        none *= 1 - map.chances[h][static_cast<size_t>(cell) * 4];
        EXPECT_LE(map.chances[h][static_cast<size_t>(cell) * 4], map.rates[h][static_cast<size_t>(cell)]);
      }
      const EtasOutlook outlook = tally.Outlook(index, h);
      // The tally drew the background too; the map has its mean.
      EXPECT_NEAR(rate, outlook.expected, 4 * std::sqrt(outlook.expected / kCatalogues));
      EXPECT_GE(1 - none, outlook.exceedance[0] - 0.05) << "cells share catalogues, so that none has less than all";
    }
  }
}

// Counted by hand: who comes twice in a catalogue, and who comes larger.
TEST(EtasRateMapTest, ChancesCountCataloguesAndNotEvents) {
  EtasQuestion question;
  const EtasSimulator simulator = *EtasSimulator::Create(WorldModel(20), NoEvents(), 0, 7, 1);
  question.regions = {simulator.model().region.shape};
  question.horizon_days = {1, 7};
  question.grid = SpaceMagnitudeGrid{103, 30, 0.1, 1, 1, {3.5, 4.5}};
  EtasTally tally = *EtasTally::Create(question, simulator), other = tally;
  const GeoPoint in{30.05, 103.05};
  tally.Add({{0.1, in, 3.5, 1}, {0.2, in, 3.6, 1}, {3, in, 5, 2}});
  tally.Add({{0.5, in, 4.6, 1}, {0.6, in, 3.6, 1}, {0.7, in, 4.6, 0}});
  other.Add({{2, in, 4, 1}});
  other.Add({{2, {30.15, 103.05}, 6, 1}});
  tally.Merge(other);
  const double background = tally.CellRates(1)[0] - 6. / 4;
  const std::vector<double> day = tally.CellChances(0), week = tally.CellChances(1);
  const double share = simulator.model().magnitudes.ShareFrom(4.5) / simulator.model().magnitudes.ShareFrom(3.5);
  EXPECT_NEAR(day[0], 1 - 0.5 * std::exp(-background / 7), 1e-12);
  EXPECT_NEAR(day[1], 1 - 0.75 * std::exp(-background / 7 * share), 1e-12);
  EXPECT_NEAR(week[0], 1 - 0.25 * std::exp(-background), 1e-12);
  EXPECT_NEAR(week[1], 1 - 0.5 * std::exp(-background * share), 1e-12);
  // The same cell goes on after a merge.
  tally.Add({{0.5, in, 3.5, 1}});
  EXPECT_NEAR(tally.CellChances(0)[0], 1 - 0.4 * std::exp(-background / 7), 1e-12);
}

}  // namespace
}  // namespace tremorcast
