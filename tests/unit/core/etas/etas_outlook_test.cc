#include "core/etas/etas_outlook.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
namespace {

class EtasOutlookTest : public testing::Test {
 protected:
  EtasOutlookTest() {
    past_.events.push_back({40, 6.5, {30.05, 103.05}, ToUnitVector({30.05, 103.05}), true});
    Region near, far;
    near.id = RegionId("near");
    near.polygon = BoxPolygon(29, 31, 102, 104);
    far.id = RegionId("far");
    far.polygon = BoxPolygon(31, 33, 100, 101);
    question_.regions = {near, far};
    question_.horizon_days = {1, 7, 30};
    question_.grid = SpaceMagnitudeGrid{100, 28, 0.1, 60, 50, {3.5, 4.5}};
  }
  EtasSimulator Simulator() const { return *EtasSimulator::Create(WorldModel(), past_, 41, 30, 1); }
  EtasTally Drawn(const EtasSimulator& simulator, int from, int to, int step = 1) const {
    EtasTally tally = *EtasTally::Create(question_, simulator);
    for (int i = from; i < to; i += step) tally.Add(simulator.Simulate(i));
    return tally;
  }

  EtasEvents past_ = NoEvents();
  EtasQuestion question_;
};

TEST_F(EtasOutlookTest, SaysClassesAndNumbers) {
  const EtasSimulator simulator = Simulator();
  const EtasTally tally = Drawn(simulator, 0, 2000);
  for (size_t region = 0; region < 2; ++region) {
    for (size_t horizon = 0; horizon < 3; ++horizon) {
      const EtasOutlook outlook = tally.Outlook(region, horizon);
      EXPECT_EQ(outlook.catalogues, 2000);
      EXPECT_EQ(std::accumulate(outlook.classes.begin(), outlook.classes.end(), int64_t{0}), 2000);
      EXPECT_NEAR(std::accumulate(outlook.probabilities.begin(), outlook.probabilities.end(), 0.0), 1, 1e-12);
      for (const double p : outlook.probabilities) EXPECT_GT(p, 0);
      EXPECT_LE(outlook.low, outlook.high);
      if (horizon > 0) {
        EXPECT_GT(outlook.expected, tally.Outlook(region, horizon - 1).expected);
      }
    }
  }
  // A day after an M6.5 the region around it is another one.
  const EtasOutlook near = tally.Outlook(0, 1);
  EXPECT_LT(near.low, near.expected);
  EXPECT_GT(near.high, near.expected);
  EXPECT_GT(near.exceedance[0], 0.6);
  EXPECT_LT(tally.Outlook(1, 1).exceedance[0], 0.1);
}

// Against counting by hand.
TEST_F(EtasOutlookTest, CountsTheLargestEventOfEachHorizon) {
  const EtasSimulator simulator = Simulator();
  EtasTally tally = *EtasTally::Create(question_, simulator);
  tally.Add({{0.5, {30, 103}, 3.6, 1}, {3, {30, 103}, 4.6, 1}, {6, {30.5, 103}, 4.1, 0}, {8, {32, 100.5}, 5.2, 0}});
  tally.Add({});
  const EtasOutlook day = tally.Outlook(0, 0), week = tally.Outlook(0, 1), far = tally.Outlook(1, 2);
  EXPECT_EQ(day.classes, (ClassCounts{1, 1, 0, 0, 0}));
  EXPECT_EQ(week.classes, (ClassCounts{1, 0, 0, 1, 0}));
  EXPECT_EQ(far.classes, (ClassCounts{1, 0, 0, 0, 1}));
  EXPECT_EQ(week.expected, 1.5);
  EXPECT_EQ(week.low, 0);
  EXPECT_EQ(week.high, 3);
  EXPECT_NEAR(week.probabilities[3], 1.5 / 4.5, 1e-12);
}

TEST_F(EtasOutlookTest, SlicesMergeIntoTheWhole) {
  const EtasSimulator simulator = Simulator();
  const EtasTally whole = Drawn(simulator, 0, 300);
  EtasTally merged = Drawn(simulator, 2, 300, 3);
  merged.Merge(Drawn(simulator, 0, 300, 3));
  merged.Merge(Drawn(simulator, 1, 300, 3));
  EXPECT_EQ(merged.catalogues(), whole.catalogues());
  for (size_t region = 0; region < 2; ++region) {
    for (size_t horizon = 0; horizon < 3; ++horizon) {
      const EtasOutlook a = whole.Outlook(region, horizon), b = merged.Outlook(region, horizon);
      EXPECT_EQ(a.classes, b.classes);
      EXPECT_EQ(a.expected, b.expected);
      EXPECT_EQ(a.low, b.low);
      EXPECT_EQ(a.high, b.high);
      EXPECT_EQ(whole.CellRates(horizon), merged.CellRates(horizon));
    }
  }
}

TEST_F(EtasOutlookTest, CellsAddUpToTheExpectedNumber) {
  const EtasSimulator simulator = Simulator();
  const EtasTally tally = Drawn(simulator, 0, 2000);
  const std::vector<double> rates = tally.CellRates(1);
  ASSERT_EQ(rates.size(), 3000U);
  double in_box = 0, all = 0;
  size_t most = 0;
  for (size_t cell = 0; cell < rates.size(); ++cell) {
    EXPECT_GT(rates[cell], 0);
    all += rates[cell];
    const size_t row = cell / 60, column = cell % 60;
    if (row >= 10 && row < 30 && column >= 20 && column < 40) in_box += rates[cell];
    if (rates[cell] > rates[most]) most = cell;
  }
  const double expected = tally.Outlook(0, 1).expected;
  EXPECT_NEAR(in_box, expected, 0.02 * expected);
  EXPECT_GT(all, in_box);
  EXPECT_EQ(most, 20U * 60 + 30);  // where the M6.5 was
}

// Expected events of a background alone, over 30 days.
std::vector<double> BackgroundCells(const EtasModel& model, const SpaceMagnitudeGrid& grid) {
  const absl::StatusOr<EtasSimulator> simulator = EtasSimulator::Create(model, NoEvents(), 0, 30, 1);
  EtasQuestion question;
  question.regions = {model.region.shape};
  question.horizon_days = {30};
  question.grid = grid;
  EtasTally tally = *EtasTally::Create(question, *simulator);
  tally.Add({});
  return tally.CellRates(0);
}

// The narrowest kernel that a fit makes is narrower than a cell.
TEST_F(EtasOutlookTest, CellsHoldTheirPartOfANarrowKernel) {
  EtasModel model = WorldModel(200);
  const SpaceMagnitudeGrid& grid = *question_.grid;
  for (const GeoPoint& centre : {GeoPoint{30.05, 103.05}, {30.0, 103.0}, {30.03, 103.08}}) {
    model.background.kernels = {{centre, 3, 1e6, 1}};
    const std::vector<double> rates = BackgroundCells(model, grid);
    EXPECT_NEAR(std::accumulate(rates.begin(), rates.end(), 0.0), model.BackgroundPerDay() * 30,
                1e-3 * model.BackgroundPerDay() * 30);
    for (const size_t cell : {20U * 60 + 30, 19U * 60 + 30, 20U * 60 + 29, 19U * 60 + 29}) {
      // By the error function along each axis.
      const size_t row = cell / 60, column = cell % 60;
      const auto part = [](double low, double km_per_degree) {
        const auto below = [&](double degrees) { return std::erf(degrees * km_per_degree / 3 / std::sqrt(2.0)) / 2; };
        return below(low + 0.1) - below(low);
      };
      const double km = kEtasEarthRadiusKm * kRadiansPerDegree;
      const double expected = part(28 + 0.1 * static_cast<double>(row) - centre.latitude_deg, km) *
                              part(100 + 0.1 * static_cast<double>(column) - centre.longitude_deg,
                                   km * std::cos(30.05 * kRadiansPerDegree)) *
                              model.BackgroundPerDay() * 30;
      EXPECT_NEAR(rates[cell], expected, 0.01 * expected + 0.004 * model.BackgroundPerDay() * 30)
          << centre.latitude_deg << " " << cell;
    }
  }
}

TEST_F(EtasOutlookTest, CellsOnTheBorderCountWithTheirPartOfTheRegion) {
  EtasModel model = WorldModel(200);
  Region shape;
  shape.id = RegionId("halves");
  shape.polygon = BoxPolygon(28.05, 33, 100, 105.95);
  model.region = *MakeEtasRegion(shape);
  const std::vector<double> rates = BackgroundCells(model, *question_.grid);
  const double total = model.BackgroundPerDay() * 30;
  EXPECT_NEAR(std::accumulate(rates.begin(), rates.end(), 0.0), total, 0.02 * total);
  EXPECT_NEAR(rates[30] / rates[60 + 30], 0.5, 0.11);               // in the south
  EXPECT_NEAR(rates[5 * 60 + 59] / rates[5 * 60 + 58], 0.5, 0.11);  // and in the east
}

// Of a law in tenths an edge between two of them is reached from the upper one on, and no event is
// larger than the largest.
TEST_F(EtasOutlookTest, CellsCountTheMagnitudesThatAreDrawn) {
  EtasModel model = WorldModel(200);
  model.magnitudes = {3.0, 0.1, 1.5, 5.0};
  SpaceMagnitudeGrid grid = *question_.grid;
  for (const double edge : {2.0, 3.0, 3.95, 4.0, 4.7, 5.0, 5.5}) {
    grid.magnitude_edges = {edge};
    constexpr int kNumbers = 100000;
    int from = 0;
    for (int i = 0; i < kNumbers; ++i) {
      from += BinEvent(grid, {30, 103}, model.magnitudes.Draw((i + 0.5) / kNumbers)).has_value() ? 1 : 0;
    }
    const std::vector<double> rates = BackgroundCells(model, grid);
    EXPECT_NEAR(std::accumulate(rates.begin(), rates.end(), 0.0) / (model.BackgroundPerDay() * 30),
                from / static_cast<double>(kNumbers), 1e-3)
        << edge;
  }
}

TEST_F(EtasOutlookTest, CellsMayLieAcrossTheDateLine) {
  const EtasModel model = DateLineModel();
  const SpaceMagnitudeGrid grid{177, -20, 0.5, 12, 10, {3.5}};
  const std::vector<SimulatedEarthquake> catalogue = {{1, {-17, 178}, 4, 1}, {2, {-17, -178}, 4, 1}};
  EXPECT_EQ(GridSimulated(grid, catalogue, 7).size(), 2U);
  const absl::StatusOr<EtasSimulator> simulator = EtasSimulator::Create(model, NoEvents(), 0, 30, 1);
  EtasTally tally = *EtasTally::Create({{model.region.shape}, {30}, {}, grid}, *simulator);
  tally.Add(catalogue);
  const std::vector<double> rates = tally.CellRates(0);
  const double background = model.BackgroundPerDay() * 30;
  EXPECT_NEAR(std::accumulate(rates.begin(), rates.end(), 0.0), background + 2, 1e-9 * background);
}

TEST_F(EtasOutlookTest, GridsForTheTestsOfCsep) {
  const EtasSimulator simulator = Simulator();
  CatalogueForecast forecast{question_.grid->cells(), 2, {}};
  for (int i = 0; i < 20; ++i) forecast.catalogues.push_back(GridSimulated(*question_.grid, simulator.Simulate(i), 7));
  EXPECT_TRUE(ValidateCatalogueForecast(forecast).ok());
  size_t in_a_day = 0, in_a_week = 0;
  for (int i = 0; i < 20; ++i) in_a_day += GridSimulated(*question_.grid, simulator.Simulate(i), 1).size();
  for (const GriddedCatalogue& catalogue : forecast.catalogues) in_a_week += catalogue.size();
  EXPECT_GT(in_a_day, 0U);
  EXPECT_GT(in_a_week, in_a_day);
}

TEST_F(EtasOutlookTest, RefusesWhatWasNotSimulated) {
  const EtasSimulator simulator = Simulator();
  EtasQuestion longer = question_;
  longer.horizon_days.push_back(31);
  EXPECT_EQ(EtasTally::Create(longer, simulator).status().code(), absl::StatusCode::kInvalidArgument);
  EtasQuestion smaller = question_;
  smaller.classes.edges = {3.0, 4.0, 4.5, 5.0};
  EXPECT_EQ(EtasTally::Create(smaller, simulator).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tremorcast
