#include "core/csep/csep_export.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <absl/strings/str_split.h>
#include <gtest/gtest.h>

#include "tests/unit/core/toy_fixture.h"

namespace tremorcast {
namespace {

Region Box(const std::string& id, double south, double north, double west, double east) {
  Region region;
  region.id = RegionId(id);
  region.polygon = BoxPolygon(south, north, west, east);
  return region;
}

using Row = std::array<double, 10>;

// Reads the format as pyCSEP does: ten blank-separated numbers a line and nothing else.
std::vector<Row> Parse(const std::string& text) {
  std::vector<Row> rows;
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  EXPECT_TRUE(lines.back().empty());  // the last line ends with a newline
  lines.pop_back();
  for (const std::string& line : lines) {
    const std::vector<std::string> fields = absl::StrSplit(line, ' ');
    EXPECT_EQ(fields.size(), 10u) << line;
    Row row = {};
    for (size_t i = 0; i < fields.size() && i < row.size(); ++i) {
      char* end = nullptr;
      row[i] = std::strtod(fields[i].c_str(), &end);
      EXPECT_EQ(*end, '\0') << line;
    }
    rows.push_back(row);
  }
  return rows;
}

TEST(ExceedanceRatesTest, ReproduceTheFixture) {
  const auto rates = ExceedanceRates(kToyClimatology).value();
  EXPECT_NEAR(rates[0], .356675, 5e-7);
  EXPECT_NEAR(rates[1], .162519, 5e-7);
  EXPECT_NEAR(rates[2], .072571, 5e-7);
  EXPECT_NEAR(rates[3], .030459, 5e-7);
}

TEST(ExceedanceRatesTest, RefuseWhatIsNoForecast) {
  EXPECT_FALSE(ExceedanceRates({0, 1, 0, 0, 0}).ok());
  EXPECT_FALSE(ExceedanceRates({0.5, 0.2, 0.1, 0.1, 0}).ok());
  EXPECT_FALSE(ExceedanceRates({1.1, -0.1, 0, 0, 0}).ok());
  EXPECT_FALSE(ExceedanceRates({std::nan(""), 0, 0, 0, 0}).ok());
  EXPECT_EQ(ExceedanceRates({1, 0, 0, 0, 0}).value(), (std::array<double, 4>{0, 0, 0, 0}));
}

TEST(FormatCsepForecastTest, WritesOneLinePerCellAndMagnitudeBin) {
  const std::vector<CsepCell> cells = {{Box("south", 22, 26, 98, 101), kToyClimatology},
                                       {Box("north", 26, 30, 98, 101), {0.9, 0.06, 0.02, 0.01, 0.01}}};
  const std::vector<Row> rows = Parse(FormatCsepForecast(cells, CsepOptions()).value());
  ASSERT_EQ(rows.size(), 8u);
  const std::array<double, 5> edges = {3.5, 4, 4.5, 5, 10};
  for (size_t cell = 0; cell < 2; ++cell) {
    double total = 0;
    for (size_t k = 0; k < 4; ++k) {
      const Row& row = rows[4 * cell + k];
      EXPECT_EQ(row[0], 98);
      EXPECT_EQ(row[1], 101);
      EXPECT_EQ(row[2], cell == 0 ? 22 : 26);
      EXPECT_EQ(row[3], cell == 0 ? 26 : 30);
      EXPECT_EQ(row[4], 0);
      EXPECT_EQ(row[5], 700);
      EXPECT_EQ(row[6], edges[k]);
      EXPECT_EQ(row[7], edges[k + 1]);
      EXPECT_EQ(row[9], 1);
      total += row[8];
    }
    // The bins of a cell add up to the rate of M >= 3.5, and that gives its probability back.
    EXPECT_NEAR(1 - std::exp(-total), 1 - cells[cell].probabilities[0], 1e-14);
    EXPECT_NEAR(1 - std::exp(-rows[4 * cell + 3][8]), cells[cell].probabilities[4], 1e-14);
  }
  EXPECT_NEAR(rows[0][8], .356675 - .162519, 1e-6);
}

TEST(FormatCsepForecastTest, WritesExactlyThisText) {
  EXPECT_EQ(FormatCsepForecast({{Box("a", 22, 26, 98.25, 101), {1, 0, 0, 0, 0}}}, CsepOptions()).value(),
            "98.25 101 22 26 0 700 3.5 4 0.0000000000000000e+00 1\n"
            "98.25 101 22 26 0 700 4 4.5 0.0000000000000000e+00 1\n"
            "98.25 101 22 26 0 700 4.5 5 0.0000000000000000e+00 1\n"
            "98.25 101 22 26 0 700 5 10 0.0000000000000000e+00 1\n");
}

TEST(FormatCsepForecastTest, RefusesCellsThatOverlapButNotACommonBorder) {
  std::vector<CsepCell> cells = {{Box("a", 22, 26, 98, 101), kToyClimatology},
                                 {Box("b", 22, 26, 101, 104), kToyClimatology}};
  EXPECT_TRUE(FormatCsepForecast(cells, CsepOptions()).ok());
  cells.push_back({Box("whole", 22, 34, 98, 107), kToyClimatology});
  const absl::Status status = FormatCsepForecast(cells, CsepOptions()).status();
  EXPECT_EQ(status.message(), "CSEP export: regions a and whole overlap");
}

TEST(FormatCsepForecastTest, RefusesWhatItCannotSay) {
  const CsepOptions options;
  EXPECT_FALSE(FormatCsepForecast({}, options).ok());
  Region triangle = Box("a", 22, 26, 98, 101);
  triangle.polygon.pop_back();
  EXPECT_FALSE(FormatCsepForecast({{triangle, kToyClimatology}}, options).ok());
  EXPECT_FALSE(FormatCsepForecast({{Box("a", 22, 26, 98, 101), {0, 1, 0, 0, 0}}}, options).ok());
  CsepOptions wrong;
  wrong.largest_magnitude = 5;
  EXPECT_FALSE(FormatCsepForecast({{Box("a", 22, 26, 98, 101), kToyClimatology}}, wrong).ok());
  wrong = CsepOptions();
  wrong.depth_max_km = std::nan("");
  EXPECT_FALSE(FormatCsepForecast({{Box("a", 22, 26, 98, 101), kToyClimatology}}, wrong).ok());
  wrong = CsepOptions();
  wrong.classes.edges = {3.5, 3.5, 4, 5};
  EXPECT_FALSE(FormatCsepForecast({{Box("a", 22, 26, 98, 101), kToyClimatology}}, wrong).ok());
}

TEST(RegionBoxTest, KnowsABoxHoweverItIsDrawn) {
  const GeoBox expected = {22, 26, 98, 101};
  Region region = Box("a", 22, 26, 98, 101);
  EXPECT_EQ(RegionBox(region), expected);
  region.polygon = {{26, 101}, {26, 98}, {22, 98}, {22, 101}};  // other corner, other way round
  EXPECT_EQ(RegionBox(region), expected);
  region.polygon = {{22, 98}, {22, 99}, {22, 101}, {26, 101}, {26, 98}};  // a point on a side
  EXPECT_EQ(RegionBox(region), expected);
}

TEST(RegionBoxTest, RefusesOtherPolygons) {
  Region region;
  region.polygon = {{22, 98}, {22, 101}, {26, 101}};
  EXPECT_FALSE(RegionBox(region).has_value());
  region.polygon = {{22, 98}, {22, 101}, {26, 101}, {26, 99}};  // slanted
  EXPECT_FALSE(RegionBox(region).has_value());
  region.polygon = {{22, 98}, {22, 101}, {24, 101}, {24, 99}, {26, 99}, {26, 98}};  // L
  EXPECT_FALSE(RegionBox(region).has_value());
  region.polygon = {{24, 98}, {22, 100}, {24, 102}, {26, 100}};  // diamond
  EXPECT_FALSE(RegionBox(region).has_value());
  region.polygon = {};
  EXPECT_FALSE(RegionBox(region).has_value());
}

// Each answer was seen with csep.load_gridded_forecast of pyCSEP 0.7.0 and get_rates for events in
// the middle of cells and beside them.
TEST(PyCsepPlacesEventsTest, IsTrueOnALattice) {
  std::vector<CsepCell> cells;
  for (int row = 0; row < 40; ++row) {
    for (int column = 0; column < 30; ++column) {
      cells.push_back({Box("c", 22 + .1 * row, 22 + .1 * (row + 1), 98 + .1 * column, 98 + .1 * (column + 1)), {}});
    }
  }
  EXPECT_TRUE(PyCsepPlacesEvents(cells, CsepOptions()));
  cells.erase(cells.begin() + 7, cells.end() - 3);  // with gaps, too
  EXPECT_TRUE(PyCsepPlacesEvents(cells, CsepOptions()));
}

TEST(PyCsepPlacesEventsTest, IsFalseWhereEventsWouldBeMisplaced) {
  const CsepCell a = {Box("a", 22, 24, 98, 100), {}}, b = {Box("b", 24, 26, 98, 100), {}};
  const std::vector<CsepCell> square = {a, b, {Box("c", 22, 24, 100, 102), {}}};
  EXPECT_TRUE(PyCsepPlacesEvents(square, CsepOptions()));
  EXPECT_FALSE(PyCsepPlacesEvents({}, CsepOptions()));
  // The areas of the AETA network: an event at 24 N 103 E, in the second, gets the rates of the
  // third.
  EXPECT_FALSE(PyCsepPlacesEvents(
      {{Box("a", 22, 26, 98, 101), {}}, {Box("b", 22, 26, 101, 104), {}}, {Box("c", 22, 26, 104, 107), {}}},
      CsepOptions()));
  EXPECT_FALSE(PyCsepPlacesEvents({a, b, {Box("c", 22, 23, 100, 101), {}}}, CsepOptions()));      // smaller
  EXPECT_FALSE(PyCsepPlacesEvents({a, b, {Box("c", 22, 24, 100.5, 102.5), {}}}, CsepOptions()));  // off the lattice
  EXPECT_FALSE(PyCsepPlacesEvents({a, {Box("c", 25, 27, 100, 102), {}}}, CsepOptions()));
  EXPECT_FALSE(PyCsepPlacesEvents({a, b}, CsepOptions()));  // an event at 150 E is in the only column
  EXPECT_FALSE(PyCsepPlacesEvents({a}, CsepOptions()));
  CsepOptions uneven;
  uneven.classes.edges = {3.5, 3.6, 4.5, 5.5};  // M 3.7 gets the rate of [4.5, 5.5)
  EXPECT_FALSE(PyCsepPlacesEvents(square, uneven));
}

}  // namespace
}  // namespace tremorcast
