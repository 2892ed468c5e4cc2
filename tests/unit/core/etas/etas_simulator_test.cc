#include "core/etas/etas_simulator.h"

#include <cmath>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

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
  double background = 0, direct = 0, all = 0, squares = 0;
  for (int i = 0; i < kCatalogues; ++i) {
    const Catalogue catalogue = simulator.Simulate(i);
    for (const SimulatedEarthquake& event : catalogue) background += event.generation == 0 ? 1 : 0;
    for (const SimulatedEarthquake& event : catalogue) direct += event.generation == 1 ? 1 : 0;
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
  model.background.kernels = {{{29, 101}, 20, 300, 1}, {{32.5, 105.9}, 50, 100, 0.5}};
  const absl::StatusOr<EtasSimulator> simulator = EtasSimulator::Create(model, NoEvents(), 0, kDaysPerYear, 3);
  int first = 0, all = 0;
  for (int i = 0; i < 20; ++i) {
    for (const SimulatedEarthquake& event : simulator->Simulate(i)) {
      EXPECT_TRUE(model.region.Contains(event.place));
      EXPECT_GE(event.magnitude, 3.5);
      ++all;
      first += SquaredDistanceKm2(ToUnitVector(event.place), ToUnitVector({29, 101})) < 100 * 100 ? 1 : 0;
    }
  }
  ASSERT_GT(all, 7000);
  EXPECT_NEAR(first / static_cast<double>(all), 300.0 / 351, 0.02);
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

}  // namespace
}  // namespace tremorcast
