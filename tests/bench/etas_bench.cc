// How fast the catalogue model fits and simulates: the published example (left out where it is
// absent), a simulated catalogue of some thousand events, and weeks drawn after it. One thread.

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/etas/etas_fit.h"
#include "core/etas/etas_outlook.h"
#include "core/etas/etas_rate_map.h"
#include "core/etas/etas_score.h"
#include "tests/bench/bench_support.h"
#include "tests/unit/core/etas/etas_example.h"
#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
namespace {

using bench::Get;
using bench::Require;

EtasFit FitTimes(const std::string& what, const EtasEvents& events, const EtasRegion& region, const MagnitudeLaw& law,
                 const Interval& targets, const EtasFitOptions& options, int64_t runs) {
  std::vector<double> seconds, processor;
  EtasFit fit;
  for (int64_t run = 0; run < runs; ++run) {
    const bench::Stopwatch watch;
    const std::clock_t begin = std::clock();
    fit = Get(FitEtas(events, region, law, targets, options));
    seconds.push_back(watch.Seconds());
    processor.push_back(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    Require(fit.accepted(), fit.refusal);
  }
  std::printf("%s: %d targets, %d sources, %lld pairs, %d passes\n", what.c_str(), fit.targets, fit.sources,
              static_cast<long long>(fit.pairs), fit.rounds);
  bench::Report("  fit", seconds, "%.2f", "s");
  bench::Report("  fit, seconds of the processor", processor, "%.2f", "s");
  return fit;
}

// The map of an issue an hour after an M 6.5, with a kernel for each event of the background.
void MapTimes(const EtasModel& model, EtasEvents events, int64_t catalogues, int64_t runs) {
  const double begin = events.events.back().day + 1;
  const GeoPoint place = model.background.kernels.front().centre;
  events.events.push_back({begin - 1. / 24, 6.5, place, ToUnitVector(place), true});
  const EtasSimulator simulator = Get(EtasSimulator::Create(model, events, begin, 7, 1));
  MagnitudeClasses classes;
  classes.edges = {4, 4.5, 5, 5.5};
  std::vector<double> seconds, processor;
  EtasRateMap map;
  for (int64_t run = 0; run < runs; ++run) {
    const bench::Stopwatch watch;
    const std::clock_t started = std::clock();
    map = Get(DrawRateMap(simulator, classes, {1, 7}, catalogues));
    seconds.push_back(watch.Seconds());
    processor.push_back(static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC);
  }
  std::printf("map of %d cells of %g degrees, %zu kernels, %lld catalogues of %.1f events of M %.1f or more\n",
              map.grid.cells(), map.grid.step_deg, model.background.kernels.size(), static_cast<long long>(catalogues),
              std::accumulate(map.rates[1].begin(), map.rates[1].end(), 0.0), classes.edges[0]);
  bench::Report("  map", seconds, "%.2f", "s");
  bench::Report("  map, seconds of the processor", processor, "%.2f", "s");
}

void Example(int64_t weeks, int64_t runs) {
  const std::optional<EtasExample> example = ReadEtasExample();
  if (!example.has_value()) {
    std::printf("the published example is not at hand\n");
    return;
  }
  const EtasEvents events =
      SelectEtasEvents(example->catalogue, example->region, example->law, {NewYear(1971), NewYear(2021)});
  const Interval targets{NewYear(1981), NewYear(2007)};
  EtasFitOptions options;
  options.background = EtasBackgroundKind::kUniform;
  options.reach = EtasReach::kWholePlane;
  options.rupture_lengths = 100;
  FitTimes("example as the peer fits it", events, example->region, example->law, targets, options, runs);
  options = {};
  const EtasFit fit = FitTimes("example, kernels, children in the region, 300 rupture lengths", events, example->region,
                               example->law, targets, options, runs);
  MapTimes(fit.model, events, weeks, runs);
}

void Simulated(int64_t per_year, int64_t years, int64_t weeks, int64_t runs) {
  const EtasModel world = WorldModel(static_cast<double>(per_year));
  const EtasEvents events = WorldEvents(world, static_cast<double>(years), 1);
  EtasFitOptions options;
  options.background = EtasBackgroundKind::kUniform;
  FitTimes(std::to_string(events.size()) + " simulated events", events, world.region, world.magnitudes,
           Days(0.2 * static_cast<double>(years) * kDaysPerYear, static_cast<double>(years) * kDaysPerYear), options,
           runs);
  std::vector<double> seconds, processor;
  double expected = 0;
  for (int64_t run = 0; run < runs; ++run) {
    const bench::Stopwatch watch;
    const std::clock_t begin = std::clock();
    const EtasSimulator simulator =
        Get(EtasSimulator::Create(world, events, static_cast<double>(years) * kDaysPerYear, 7, 1));
    EtasTally tally = Get(EtasTally::Create({{world.region.shape}, {1, 7}, {}, std::nullopt}, simulator));
    for (int64_t week = 0; week < weeks; ++week) tally.Add(simulator.Simulate(week));
    expected = tally.Outlook(0, 1).expected;
    seconds.push_back(watch.Seconds());
    processor.push_back(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  std::printf("%lld weeks after %zu events, %.2f events each\n", static_cast<long long>(weeks), events.size(),
              expected);
  bench::Report("  simulation", seconds, "%.3f", "s");
  bench::Report("  simulation, seconds of the processor", processor, "%.3f", "s");
}

}  // namespace
}  // namespace tremorcast

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  auto arguments =
      tremorcast::bench::ParseArguments(argc, argv, {{"runs", 3}, {"per-year", 90}, {"years", 50}, {"weeks", 10000}});
  tremorcast::Example(arguments["weeks"], arguments["runs"]);
  tremorcast::Simulated(arguments["per-year"], arguments["years"], arguments["weeks"], arguments["runs"]);
  return 0;
}
