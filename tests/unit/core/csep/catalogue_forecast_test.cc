#include "core/csep/catalogue_forecast.h"

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

SpaceMagnitudeGrid TenthsOfADegree() {
  SpaceMagnitudeGrid grid;
  grid.west_deg = 98;
  grid.south_deg = 22;
  grid.step_deg = .1;
  grid.columns = 90;
  grid.rows = 120;
  grid.magnitude_edges = {3.5, 3.6, 3.7, 5};
  return grid;
}

// 98 + 3 * 0.1 is not 98.3 in binary; every lower corner belongs to its own cell all the same.
TEST(BinEventTest, HoldsLowerEdgesWhateverTheirRounding) {
  const SpaceMagnitudeGrid grid = TenthsOfADegree();
  ASSERT_TRUE(ValidateGrid(grid).ok());
  EXPECT_EQ(grid.cells(), 10800);
  for (int row = 0; row < grid.rows; ++row) {
    for (int column = 0; column < grid.columns; ++column) {
      const GeoPoint corner = {(220 + row) / 10.0, (980 + column) / 10.0};  // as a file would write it
      const auto bin = BinEvent(grid, corner, 3.6);
      ASSERT_TRUE(bin.has_value());
      ASSERT_EQ(*bin, (GriddedEvent{row * 90 + column, 1}));
    }
  }
  EXPECT_EQ(BinEvent(grid, {22, 98}, 3.4 + .1), (GriddedEvent{0, 0}));
  EXPECT_EQ(BinEvent(grid, {22.05, 98.19}, 9.9), (GriddedEvent{1, 3}));
  EXPECT_EQ(BinEvent(grid, {22.05, 98.19}, 4.99), (GriddedEvent{1, 2}));
}

// Where the equator and Greenwich are the lower edges, .3 / .1 is 2.9999999999999996; and
// 3.5 + 3 * .1 lies above 3.8.
TEST(BinEventTest, HoldsLowerEdgesAtTheOriginAndAtComputedMagnitudes) {
  SpaceMagnitudeGrid grid = TenthsOfADegree();
  grid.west_deg = grid.south_deg = 0;
  grid.magnitude_edges.clear();
  for (int k = 0; k < 40; ++k) grid.magnitude_edges.push_back(3.5 + k * .1);
  for (int k = 0; k < 40; ++k) {
    EXPECT_EQ(BinEvent(grid, {k / 10.0, k / 10.0}, (35 + k) / 10.0), (GriddedEvent{k * 90 + k, k})) << k;
  }
}

TEST(BinEventTest, KeepsNothingFromOutside) {
  const SpaceMagnitudeGrid grid = TenthsOfADegree();
  for (const GeoPoint& point : std::vector<GeoPoint>{{21.99, 100}, {34, 100}, {30, 97.99}, {30, 107}, {0, 0}}) {
    EXPECT_EQ(BinEvent(grid, point, 4), std::nullopt) << point.latitude_deg << " " << point.longitude_deg;
  }
  EXPECT_EQ(BinEvent(grid, {30, 100}, 3.49), std::nullopt);
  const double nan = std::nan("");
  EXPECT_EQ(BinEvent(grid, {nan, 100}, 4), std::nullopt);
  EXPECT_EQ(BinEvent(grid, {30, nan}, 4), std::nullopt);
  EXPECT_EQ(BinEvent(grid, {30, 100}, nan), std::nullopt);
}

TEST(BinEventTest, KnowsOneColumnOnBothSides) {
  SpaceMagnitudeGrid grid = TenthsOfADegree();
  grid.columns = 1;  // pyCSEP takes a single column to reach to infinity
  EXPECT_EQ(BinEvent(grid, {22, 98.05}, 4), (GriddedEvent{0, 2}));
  EXPECT_EQ(BinEvent(grid, {22, 98.15}, 4), std::nullopt);
}

TEST(GridCatalogueTest, LeavesOutDeletedEvents) {
  SeismicEvent event;
  event.epicenter = {22.05, 98.05};
  event.magnitude = 4;
  SeismicEvent deleted = event, small = event;
  deleted.deleted = true;
  small.magnitude = 1;
  EXPECT_EQ(GridCatalogue(TenthsOfADegree(), {event, deleted, small}), (GriddedCatalogue{{0, 2}}));
}

TEST(ValidateGridTest, RefusesWhatIsNoGrid) {
  const SpaceMagnitudeGrid good = TenthsOfADegree();
  std::vector<SpaceMagnitudeGrid> bad(9, good);
  bad[0].step_deg = 0;
  bad[1].columns = 0;
  bad[2].rows = -1;
  bad[3].columns = bad[3].rows = 100000;
  bad[4].west_deg = std::nan("");
  bad[5].magnitude_edges = {};
  bad[6].magnitude_edges = {3.5, 3.5};
  bad[7].magnitude_edges = {3.5, std::nan("")};
  bad[8].south_deg = std::numeric_limits<double>::infinity();
  for (const SpaceMagnitudeGrid& grid : bad) {
    EXPECT_EQ(ValidateGrid(grid).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(ExpectedRatesTest, AreMeansOverAllCataloguesTheEmptyOnesToo) {
  const CatalogueForecast forecast = {2, 2, {{{0, 1}, {1, 0}, {1, 0}}, {}, {{1, 0}}, {}}};
  EXPECT_EQ(ExpectedRates(forecast).value(), (std::vector<double>{0, .25, .75, 0}));
}

TEST(ExpectedRatesTest, RefuseEventsOutsideTheBins) {
  for (const CatalogueForecast& forecast : std::vector<CatalogueForecast>{{1, 1, {}},
                                                                          {0, 1, {{}}},
                                                                          {1, 0, {{}}},
                                                                          {2, 2, {{{2, 0}}}},
                                                                          {2, 2, {{{0, 2}}}},
                                                                          {2, 2, {{}, {{-1, 0}}}},
                                                                          {2, 2, {{{0, -1}}}}}) {
    EXPECT_EQ(ExpectedRates(forecast).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace tremorcast
