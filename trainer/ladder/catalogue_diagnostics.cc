#include "trainer/ladder/catalogue_diagnostics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/base/random.h"
#include "core/base/status_macros.h"
#include "core/csep/catalogue_forecast.h"
#include "core/csep/catalogue_tests.h"
#include "core/etas/etas_outlook.h"
#include "core/etas/etas_score.h"
#include "core/etas/etas_simulator.h"

namespace tremorcast {
namespace {

constexpr double kCellDegrees = 0.5;
constexpr double kLevel = 0.05;

// N, S, M and PL of one issue.
using IssueTests = std::array<CatalogueTest, 4>;

// None around regions on both sides of the date line: polygons have longitudes beyond it, and events
// have not.
std::optional<SpaceMagnitudeGrid> GridOf(const EtasModel& model) {
  const auto& ring = model.region.shape.polygon;
  const auto [south, north] = std::minmax_element(
      ring.begin(), ring.end(), [](const auto& a, const auto& b) { return a.latitude_deg < b.latitude_deg; });
  const auto [west, east] = std::minmax_element(
      ring.begin(), ring.end(), [](const auto& a, const auto& b) { return a.longitude_deg < b.longitude_deg; });
  if (east->longitude_deg > 180) return std::nullopt;
  SpaceMagnitudeGrid grid;
  grid.west_deg = west->longitude_deg;
  grid.south_deg = south->latitude_deg;
  grid.step_deg = kCellDegrees;
  const auto cells = [](double degrees) { return std::max(1, static_cast<int>(std::ceil(degrees / kCellDegrees))); };
  grid.columns = cells(east->longitude_deg - west->longitude_deg);
  grid.rows = cells(north->latitude_deg - south->latitude_deg);
  for (double edge = model.magnitudes.lower(); edge < model.magnitudes.largest; edge += 0.1) {
    grid.magnitude_edges.push_back(edge);
  }
  return grid;
}

GriddedCatalogue Observed(const EtasEvents& events, const SpaceMagnitudeGrid& grid, double begin, double end) {
  GriddedCatalogue observed;
  for (size_t i = events.Before(begin); i < events.Before(end); ++i) {
    const EtasEvents::Event& event = events.events[i];
    if (const auto bin = BinEvent(grid, event.place, event.magnitude); bin.has_value()) observed.push_back(*bin);
  }
  return observed;
}

absl::StatusOr<IssueTests> TestIssue(const EtasModel& model, const SpaceMagnitudeGrid& grid, const EtasEvents& events,
                                     absl::Time issue, const LadderTrialOptions& options, int catalogues) {
  const double days = absl::ToDoubleHours(options.step) / 24, begin = events.DayOf(issue);
  const uint64_t seed = StreamKey({options.seed, static_cast<uint64_t>(absl::ToUnixSeconds(issue))});
  ASSIGN_OR_RETURN(const EtasSimulator simulator, EtasSimulator::Create(model, events, begin, days, seed));
  CatalogueForecast forecast;
  forecast.cells = grid.cells();
  forecast.magnitude_bins = grid.magnitude_bins();
  for (int64_t i = 0; i < catalogues; ++i) {
    forecast.catalogues.push_back(GridSimulated(grid, simulator.Simulate(i), days));
  }
  const GriddedCatalogue observed = Observed(events, grid, begin, begin + days);
  IssueTests tests;
  ASSIGN_OR_RETURN(tests[0], CatalogueNumberTest(forecast, observed));
  ASSIGN_OR_RETURN(tests[1], CatalogueSpatialTest(forecast, observed));
  ASSIGN_OR_RETURN(tests[2], ResampledMagnitudeTest(forecast, observed, static_cast<uint32_t>(seed)));
  ASSIGN_OR_RETURN(tests[3], CataloguePseudoLikelihoodTest(forecast, observed));
  for (CatalogueTest& test : tests) test.simulated = {};  // the quantiles are what is kept
  return tests;
}

absl::Status AddScore(const LadderOrigin& origin, const EtasEvents& events, const Interval& learned, double& gain,
                      CatalogueDiagnostics& found) {
  const Interval tested = {origin.begin, origin.end};
  const absl::StatusOr<EtasScore> score = ScoreEtas(origin.rung.fit.model, events, tested);
  if (absl::IsFailedPrecondition(score.status())) return absl::OkStatus();  // no event
  RETURN_IF_ERROR(score.status());
  found.events += score->events;
  found.expected += score->expected;
  found.waits.insert(found.waits.end(), score->waits.begin(), score->waits.end());
  ASSIGN_OR_RETURN(const EtasScore poisson, ScorePoisson(origin.rung.fit.model.region, events, learned, tested));
  gain += (score->total - poisson.total) * score->events;
  return absl::OkStatus();
}

void Summarise(const std::vector<IssueTests>& issues, CatalogueDiagnostics& found) {
  const char* const names[][2] = {{"N", "how many"}, {"S", "where"}, {"M", "how large"}, {"PL", "how many and where"}};
  for (size_t t = 0; t < std::size(names); ++t) {
    DiagnosticTest test;
    test.name = names[t][0];
    test.asks = names[t][1];
    for (const IssueTests& issue : issues) {
      const CatalogueTest& one = issue[t];
      if (one.validity == TestValidity::kNotValid) continue;
      ++test.issues;
      const bool rejected = t == 0   ? std::min(one.at_least, one.at_most) < kLevel / 2
                            : t == 2 ? one.at_least < kLevel
                                     : one.at_most < kLevel;
      test.rejected += rejected ? 1 : 0;
    }
    found.tests.push_back(std::move(test));
  }
}

}  // namespace

absl::StatusOr<CatalogueDiagnostics> DiagnoseTrial(absl::Span<const SeismicEvent> known, const LadderTrial& trial,
                                                   const LadderTrialOptions& options, int catalogues) {
  CatalogueDiagnostics found;
  std::vector<IssueTests> issues;
  double gain = 0;
  for (size_t o = 1; o < trial.origins.size(); ++o) {  // the first one's are the calibration period
    const LadderOrigin& origin = trial.origins[o];
    if (!origin.rung.accepted()) continue;
    const EtasModel& model = origin.rung.fit.model;
    const EtasEvents events =
        SelectEtasEvents(known, model.region, model.magnitudes, {options.period.begin, origin.end});
    RETURN_IF_ERROR(AddScore(origin, events, {origin.rung.targets.begin, origin.begin}, gain, found));
    const std::optional<SpaceMagnitudeGrid> grid = GridOf(model);
    if (!grid.has_value()) continue;
    const auto count = static_cast<int>((origin.end - origin.begin) / options.step);
    std::vector<absl::StatusOr<IssueTests>> tested(static_cast<size_t>(count), absl::CancelledError("stopped"));
    const auto one = [&](int i) {
      if (options.stop && options.stop()) return;
      tested[static_cast<size_t>(i)] =
          TestIssue(model, *grid, events, origin.begin + i * options.step, options, catalogues);
    };
    if (options.for_each) {
      options.for_each(count, one);
    } else {
      for (int i = 0; i < count; ++i) one(i);
    }
    for (absl::StatusOr<IssueTests>& issue : tested) {
      RETURN_IF_ERROR(issue.status());
      issues.push_back(*std::move(issue));
    }
  }
  found.issues = static_cast<int>(issues.size());
  if (!issues.empty()) Summarise(issues, found);
  if (found.events > 0) {
    found.gain_per_event = gain / found.events;
    std::vector<double> quantiles;
    for (const double wait : found.waits) quantiles.push_back(-std::expm1(-wait));
    if (auto even = TestUniformity(quantiles); even.ok()) found.waits_test = *even;
  }
  return found;
}

}  // namespace tremorcast
