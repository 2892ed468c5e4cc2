// What docs/METHOD.md, section 7, and decision 0032 say of a real catalogue, of the published example
// (both skipped where they are absent) and of simulated ones.
// tests/run --label soak --filter etas_figures

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "core/catalogue/magnitude_of_completeness.h"
#include "core/etas/etas_fit.h"
#include "core/etas/etas_score.h"
#include "tests/unit/core/etas/etas_example.h"
#include "tests/unit/core/etas/etas_worlds.h"
#include "tests/unit/core/shared_data.h"

namespace tremorcast {
namespace {

void Print(const std::string& what, const EtasFit& fit) {
  std::printf("%s: %d targets, %lld pairs, %d passes, ln L %.2f, background %.1f, branching ratio %.3f%s%s\n",
              what.c_str(), fit.targets, static_cast<long long>(fit.pairs), fit.rounds, fit.log_likelihood,
              fit.background_events, fit.branching_ratio, fit.accepted() ? "" : ", refused: ", fit.refusal.c_str());
  for (size_t i = 0; i < kEtasParameters; ++i) {
    std::printf("  %s %.3f +- %.3f", std::string(EtasParameterName(static_cast<EtasParameter>(i))).c_str(),
                fit.model.parameters.value[i], fit.standard_errors[i]);
  }
  std::printf("\n");
  std::fflush(stdout);
}

TEST(EtasFigures, OfARealCatalogue) {
  TREMORCAST_SHARED_OR_SKIP(path, "catalog/cenc_2012_2022.csv");
  const std::vector<SeismicEvent> catalogue = ReadEvents(path);
  Region box;
  box.id = RegionId("box");
  box.polygon = BoxPolygon(22, 34, 98, 107);
  const EtasRegion region = *MakeEtasRegion(box);
  const Interval learned{NewYear(2013), NewYear(2019)}, later{NewYear(2019), NewYear(2022)};

  std::vector<double> magnitudes;
  for (const SeismicEvent& event : catalogue) {
    if (learned.Contains(event.origin_time) && region.Contains(event.epicenter)) magnitudes.push_back(event.magnitude);
  }
  const MagnitudeOfCompleteness complete = *EstimateCompleteness(magnitudes, 0.1);
  std::printf("complete from M %.1f on, goodness of fit %.1f %%, b %.3f +- %.3f of %d events\n", complete.magnitude,
              complete.goodness_of_fit, complete.beta.value / std::log(10), complete.beta.standard_error / std::log(10),
              complete.beta.magnitudes);
  EXPECT_TRUE(complete.fits);
  MagnitudeLaw law;
  law.completeness = complete.magnitude;
  law.beta = complete.beta.value;
  const EtasEvents events = SelectEtasEvents(catalogue, region, law, {NewYear(2012), NewYear(2022)});

  EtasFitOptions options;
  options.location_km = 1;
  options.fixed[kLog10Tau] = true;
  const EtasFit fit = *FitEtas(events, region, law, learned, options);
  Print("tau held", fit);
  ASSERT_TRUE(fit.accepted()) << fit.refusal;
  const EtasScore score = *ScoreEtas(fit.model, events, later), poisson = *ScorePoisson(region, events, learned, later);
  std::printf("  on %d later events %.3f nats per event (%.3f of times, %.3f of places), %.1f expected; Poisson %.3f\n",
              score.events, score.total, score.temporal, score.spatial, score.expected, poisson.total);
  EXPECT_GT(score.total, poisson.total + 3);
  EtasModel as_listed = fit.model;
  as_listed.location_km = 0;
  std::printf("  with distances as listed %.3f\n", ScoreEtas(as_listed, events, later)->total);

  options.fixed[kLog10Tau] = false;
  const EtasFit free = *FitEtas(events, region, law, learned, options);
  Print("tau free", free);
  std::printf("  on the later events %.3f\n", ScoreEtas(free.model, events, later)->total);
  options.fixed[kLog10Tau] = true;
  options.location_km = 0;
  const EtasFit rounded = *FitEtas(events, region, law, learned, options);
  Print("without location_km", rounded);
  EXPECT_FALSE(rounded.accepted());
}

// The background of the example is even, so whatever kernels take for it beyond that is triggered.
TEST(EtasFigures, OfThePublishedExample) {
  const std::optional<EtasExample> example = ReadEtasExample();
  if (!example.has_value()) GTEST_SKIP() << "no shared/data/etas";
  const EtasEvents events =
      SelectEtasEvents(example->catalogue, example->region, example->law, {NewYear(1971), NewYear(2021)});
  const auto fitted = [&](const std::string& what, const EtasFitOptions& options) {
    EtasFit fit = *FitEtas(events, example->region, example->law, {NewYear(1981), NewYear(2007)}, options);
    Print(what, fit);
    return fit;
  };
  EtasFitOptions options;
  options.background = EtasBackgroundKind::kUniform;
  for (const double lengths : {100, 300}) {
    options.rupture_lengths = lengths;
    options.reach = EtasReach::kWholePlane;
    const EtasFit plane = fitted("all children counted, " + absl::StrCat(lengths) + " rupture lengths", options);
    options.reach = EtasReach::kRegion;
    const EtasFit even = fitted("those in the region, " + absl::StrCat(lengths) + " rupture lengths", options);
    EXPECT_GT(even.log_likelihood, plane.log_likelihood + 5);
  }
  const double even = fitted("even background", options).background_events;
  options.background = EtasBackgroundKind::kKernels;
  for (const double neighbours : {1, 2, 5, 10}) {
    options.kernels.neighbours = neighbours;
    const EtasFit kernels = fitted("kernels, weight of " + absl::StrCat(neighbours), options);
    std::printf("  %+.1f events more in the background than of an even one\n", kernels.background_events - even);
  }
}

// Pairs that are left out bias: the mean miss of four catalogues, in standard errors.
TEST(EtasFigures, OfReach) {
  constexpr uint64_t kCatalogues = 4;
  const EtasModel world = WorldModel(60);
  EtasFitOptions options;
  options.background = EtasBackgroundKind::kUniform;
  for (const double lengths : {100, 300}) {
    options.rupture_lengths = lengths;
    EtasVector mean = {};
    for (uint64_t seed = 1; seed <= kCatalogues; ++seed) {
      const EtasEvents events = WorldEvents(world, 50, seed);
      const EtasFit fit =
          *FitEtas(events, world.region, world.magnitudes, Days(10 * kDaysPerYear, 50 * kDaysPerYear), options);
      Print(absl::StrCat(events.size()) + " simulated events, " + absl::StrCat(lengths) + " rupture lengths", fit);
      ASSERT_TRUE(fit.accepted()) << fit.refusal;
      std::printf("  misses by");
      for (size_t i = 0; i < kEtasParameters; ++i) {
        const double miss = (fit.model.parameters.value[i] - world.parameters.value[i]) / fit.standard_errors[i];
        std::printf(" %+.1f", miss);
        mean[i] += miss / kCatalogues;
      }
      std::printf("\n");
    }
    std::printf("mean miss:");
    for (const double miss : mean) std::printf(" %+.2f", miss);
    std::printf("\n");
    // Four standard errors of the mean of four.
    if (lengths >= 300) {
      for (const double miss : mean) EXPECT_LT(std::abs(miss), 2);
    }
  }
}

}  // namespace
}  // namespace tremorcast
