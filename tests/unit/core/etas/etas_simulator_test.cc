#include "core/etas/etas_simulator.h"

#include <cmath>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/etas/etas_outlook.h"
#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
namespace {

using Catalogue = std::vector<SimulatedEarthquake>;

// Two months after an M6.5 and an M7 outside the region.
EtasEvents AfterLargeEvents() {
  EtasEvents past = NoEvents();
  past.events.push_back({10, 7, {33.6, 103}, ToUnitVector({33.6, 103}), false});
  past.events.push_back({40, 6.5, {30, 103}, ToUnitVector({30, 103}), true});
  past.events.push_back({70, 4.5, {30, 103}, ToUnitVector({30, 103}), true});  // after the begin: not known
  return past;
}

EtasSimulator After(const EtasModel& model, double days, uint64_t seed = 1) {
  const absl::StatusOr<EtasSimulator> simulator = EtasSimulator::Create(model, AfterLargeEvents(), 60, days, seed);
  EXPECT_TRUE(simulator.ok()) << simulator.status();
  return *simulator;
}

bool Same(const Catalogue& a, const Catalogue& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].day != b[i].day || !(a[i].place == b[i].place) || a[i].magnitude != b[i].magnitude) return false;
  }
  return true;
}

// Whatever the order, and whatever the threads.
TEST(EtasSimulator, CatalogueIsAFunctionOfSeedAndIndex) {
  const EtasSimulator simulator = After(WorldModel(), 30);
  constexpr int kCatalogues = 64;
  std::vector<Catalogue> forwards(kCatalogues), in_threads(kCatalogues);
  for (int i = 0; i < kCatalogues; ++i) forwards[static_cast<size_t>(i)] = simulator.Simulate(i);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = kCatalogues - 1 - t; i >= 0; i -= 3) in_threads[static_cast<size_t>(i)] = simulator.Simulate(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < kCatalogues; ++i) EXPECT_TRUE(Same(forwards[i], in_threads[i])) << i;
  EXPECT_FALSE(Same(forwards[0], forwards[1]));
  EXPECT_FALSE(Same(forwards[0], After(WorldModel(), 30, 2).Simulate(0)));
  EXPECT_TRUE(Same(forwards[7], After(WorldModel(), 30).Simulate(7)));
}

// Background and children of what was before have the means of their integrals; with all generations
// the mean solves the renewal equation N(t) = direct(t) + ratio * integral of N(t - s) w(s) / total.
TEST(EtasSimulator, MeanNumberIsTheIntegral) {
  const EtasModel model = WorldModel();
  constexpr double kDays = 30;
  constexpr int kCatalogues = 20000;
  const EtasSimulator simulator = After(model, kDays);
  double background = 0, all = 0, squares = 0;
  for (int i = 0; i < kCatalogues; ++i) {
    const Catalogue catalogue = simulator.Simulate(i);
    for (const SimulatedEarthquake& event : catalogue) background += event.generation == 0 ? 1 : 0;
    const auto n = static_cast<double>(catalogue.size());
    all += n;
    squares += n * n;
  }
  const double mean = all / kCatalogues;
  const double error = std::sqrt((squares / kCatalogues - mean * mean) / kCatalogues);
  EXPECT_NEAR(background / kCatalogues, simulator.expected_background(),
              4 * std::sqrt(simulator.expected_background() / kCatalogues));

  // By steps of a day's fraction: everything of one step begets in the later ones.
  const double ratio = BranchingRatio(model.parameters, model.magnitudes);
  const TaperedOmori decay(model.parameters.c(), model.parameters.omega(), model.parameters.tau());
  constexpr int kSteps = 1500;
  constexpr double kStep = kDays / kSteps;
  const double seventh = ExpectedChildren(model.parameters, model.magnitudes, 7) / decay.total();
  const double other = ExpectedChildren(model.parameters, model.magnitudes, 6.5) / decay.total();
  const auto from_before = [&](double day) {
    return seventh * (decay.Integral(50 + day) - decay.Integral(50)) +
           other * (decay.Integral(20 + day) - decay.Integral(20));
  };
  EXPECT_NEAR(from_before(kDays), simulator.expected_children(), 1e-9 * simulator.expected_children());
  std::vector<double> begotten(kSteps);  // events of each step
  double expected = 0;
  for (int i = 0; i < kSteps; ++i) {
    double events = simulator.expected_background() / kSteps + from_before((i + 1) * kStep) - from_before(i * kStep);
    for (int j = 0; j < i; ++j) {
      const double age = (i - j) * kStep;  // middle to middle
      events += begotten[static_cast<size_t>(j)] * ratio *
                (decay.Integral(age + kStep / 2) - decay.Integral(age - kStep / 2)) / decay.total();
    }
    // Within its own step: half of it is left on average.
    events /= 1 - ratio * decay.Integral(kStep / 2) / decay.total();
    begotten[static_cast<size_t>(i)] = events;
    expected += events;
  }
  EXPECT_NEAR(mean, expected, 4 * error + 0.005 * expected);
  EXPECT_GT(mean, 1.5 * (simulator.expected_background() + simulator.expected_children()));
}

// Over a time that is long beside tau, an event of the background has 1 / (1 - ratio) events in its
// cascade, and generation k has ratio^k.
TEST(EtasSimulator, CascadesAreAsLargeAsTheBranchingRatioSays) {
  EtasModel model = WorldModel(0.05);
  model.parameters.value[kLog10Tau] = 2;
  model.parameters.value[kLog10K0] = -2.5;
  model.magnitudes.largest = 6;
  const double ratio = BranchingRatio(model.parameters, model.magnitudes);
  ASSERT_GT(ratio, 0.3);
  ASSERT_LT(ratio, 0.95);
  const absl::StatusOr<EtasSimulator> simulator = EtasSimulator::Create(model, NoEvents(), 0, 1e6, 5);
  std::vector<double> generations(200, 0);
  double cascades = 0, events = 0;
  for (int i = 0; i < 100; ++i) {
    for (const SimulatedEarthquake& event : simulator->Simulate(i)) {
      ++generations[static_cast<size_t>(event.generation)];
      ++events;
    }
  }
  cascades = generations[0];
  ASSERT_GT(cascades, 5000);
  for (int k = 1; k < 4; ++k) {
    EXPECT_NEAR(generations[static_cast<size_t>(k)] / cascades, std::pow(ratio, k), 0.06) << k;
  }
  EXPECT_NEAR(events / cascades * (1 - ratio), 1, 0.1);
}

TEST(EtasSimulator, ChildrenLieAroundTheirParents) {
  const EtasSimulator simulator = After(WorldModel(1e-3), 0.5);
  // Half of the children of the M6.5 lie within sqrt(D (2^(1/rho) - 1)).
  const EtasParameters& p = simulator.model().parameters;
  const double zone = p.d() * std::exp(p.gamma() * (6.5 - simulator.model().magnitudes.lower()));
  const double half = zone * (std::pow(2, 1 / p.rho()) - 1);
  int near = 0, of_inner = 0;
  const UnitVector inner = ToUnitVector({30, 103}), outer = ToUnitVector({33.6, 103});
  for (int i = 0; i < 40000; ++i) {
    for (const SimulatedEarthquake& event : simulator.Simulate(i)) {
      if (event.generation != 1) continue;
      const UnitVector at = ToUnitVector(event.place);
      if (SquaredChord(at, inner) > SquaredChord(at, outer)) continue;
      ++of_inner;
      near += SquaredDistanceKm2(at, inner) < half ? 1 : 0;
    }
  }
  ASSERT_GT(of_inner, 500);
  // A few of the larger event's far children are counted as the other's.
  EXPECT_NEAR(near / static_cast<double>(of_inner), 0.5, 0.06);
}

TEST(EtasSimulator, BackgroundLiesWhereItsKernelsAre) {
  EtasModel model = WorldModel(400);
  model.parameters.value[kLog10K0] = -8;
  // As a fit makes them: one of some 55 km well inside, and one that the border halves.
  const std::vector<GeoPoint> places = {{29, 101.5}, {29.5, 101.5}, {32.9, 104}, {32.95, 104.3}};
  model.background = KernelBackground(places, model.region, {1, 20}).WithWeights(std::vector<double>{100, 100, 50, 50});
  const absl::StatusOr<EtasSimulator> simulator = EtasSimulator::Create(model, NoEvents(), 0, kDaysPerYear, 3);
  // Cells of half a degree, each against the events of the background that fall into it.
  EtasQuestion question;
  question.regions = {model.region.shape};
  question.horizon_days = {kDaysPerYear};
  question.grid = SpaceMagnitudeGrid{100, 28, 0.5, 12, 10, {3.5}};
  EtasTally tally = *EtasTally::Create(question, *simulator);
  std::vector<int> counted(static_cast<size_t>(question.grid->cells()), 0);
  constexpr int kCatalogues = 50;
  int all = 0;
  for (int i = 0; i < kCatalogues; ++i) {
    std::vector<SimulatedEarthquake> background;
    for (const SimulatedEarthquake& event : simulator->Simulate(i)) {
      EXPECT_GE(event.magnitude, 3.5);
      if (event.generation > 0) continue;
      EXPECT_TRUE(model.region.Contains(event.place));
      background.push_back(event);
      ++counted[static_cast<size_t>(BinEvent(*question.grid, event.place, event.magnitude)->cell)];
      ++all;
    }
    tally.Add(background);
  }
  ASSERT_GT(all, 19000);
  // Chi-squared over the cells that expect enough; beyond 4.5 of its deviations by chance once in
  // 100,000.
  const std::vector<double> rates = tally.CellRates(0);
  double chi_squared = 0;
  int cells = 0;
  for (size_t cell = 0; cell < rates.size(); ++cell) {
    const double expected = kCatalogues * rates[cell];
    if (expected < 10) continue;
    chi_squared += (counted[cell] - expected) * (counted[cell] - expected) / expected;
    ++cells;
  }
  ASSERT_GT(cells, 30);
  EXPECT_LT(chi_squared, cells + 4.5 * std::sqrt(2 * cells));
}

TEST(EtasSimulator, RefusesCascadesWithoutEnd) {
  EtasModel model = WorldModel();
  model.parameters.value[kLog10K0] += 0.2;
  ASSERT_GT(BranchingRatio(model.parameters, model.magnitudes), 1);
  const absl::Status status = EtasSimulator::Create(model, NoEvents(), 0, 7, 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("branching ratio"), std::string::npos);
  EXPECT_EQ(EtasSimulator::Create(WorldModel(), NoEvents(), 0, 0, 1).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// They are drawn one by one and held in memory.
TEST(EtasSimulator, RefusesMoreEventsThanItCanDraw) {
  const absl::Status background = EtasSimulator::Create(WorldModel(3e5), NoEvents(), 0, 20000, 1).status();
  EXPECT_EQ(background.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(background.message().find("expected"), std::string::npos) << background;
  EtasEvents huge = NoEvents();
  huge.events.push_back({10, 22, {30, 103}, ToUnitVector({30, 103}), true});
  EXPECT_EQ(EtasSimulator::Create(WorldModel(), huge, 11, 30, 1).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(EtasSimulator, PlacesAreOnTheGlobeAcrossTheDateLine) {
  const EtasModel model = DateLineModel();
  const absl::StatusOr<EtasSimulator> simulator = EtasSimulator::Create(model, NoEvents(), 0, 365, 1);
  ASSERT_TRUE(simulator.ok()) << simulator.status();
  int east = 0, west = 0;
  for (const SimulatedEarthquake& event : simulator->Simulate(0)) {
    ASSERT_LE(std::abs(event.place.longitude_deg), 180);
    if (event.generation == 0) ++(event.place.longitude_deg > 0 ? east : west);
  }
  EXPECT_GT(east, 500);
  EXPECT_GT(west, 500);
}

}  // namespace
}  // namespace tremorcast
