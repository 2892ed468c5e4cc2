#include "trainer/ladder/catalogue_plan.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <nlohmann/json.hpp>

#include "core/base/digest.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kYearWeeks = 52;

std::string Day(absl::Time t) { return FormatNetworkTime(t).substr(0, 10); }
Json Number(double value) { return absl::StrFormat("%.17g", value); }

std::string HashOf(const std::vector<Region>& regions, absl::Span<const SeismicEvent> events, const Interval& period) {
  Sha256Stream stream;
  const auto place = [&](const GeoPoint& p) {
    stream.UpdateField(absl::StrFormat("%.17g %.17g", p.latitude_deg, p.longitude_deg));
  };
  stream.UpdateField("tremorcast-catalogue-data-1");
  stream.UpdateField(absl::StrCat(FormatUtc(period.begin), " ", FormatUtc(period.end)));
  for (const Region& region : regions) {
    stream.UpdateField(absl::StrCat("region ", region.id.value()));
    for (const GeoPoint& point : region.polygon) place(point);
  }
  for (const SeismicEvent& event : events) {
    stream.UpdateField(absl::StrFormat("event %d %.17g", absl::ToUnixMicros(event.origin_time), event.magnitude));
    place(event.epicenter);
  }
  return HexOf(stream.Finish());
}

// Every option that decides the result.
Json ConfigurationJson(const CatalogueConfig& config) {
  const EtasFitOptions& fit = config.rung.fit;
  Json start;
  for (int i = 0; i < kEtasParameters; ++i) {
    const auto at = static_cast<size_t>(i);
    start[std::string(EtasParameterName(static_cast<EtasParameter>(i)))] = {
        {"start", Number(fit.start.value[at])}, {"fixed", static_cast<bool>(fit.fixed[at])}};
  }
  return {{"magnitude_edges", config.rung.classes.edges},
          {"bin", config.rung.bin},
          {"auxiliary_days", absl::ToDoubleHours(config.rung.auxiliary) / 24},
          {"fit",
           {{"parameters", std::move(start)},
            {"background", fit.background == EtasBackgroundKind::kUniform ? "uniform" : "kernels"},
            {"kernels", {{"neighbours", fit.kernels.neighbours}, {"least_sigma_km", fit.kernels.least_sigma_km}}},
            {"reach", fit.reach == EtasReach::kRegion ? "region" : "whole plane"},
            {"rupture_lengths", fit.rupture_lengths},
            {"location_km", fit.location_km},
            {"least_targets", fit.least_targets},
            {"most_rounds", fit.most_rounds},
            {"most_backgrounds", fit.most_backgrounds}}},
          {"settling_s", absl::ToInt64Seconds(config.data.settling)},
          {"catalogue_precedence", config.data.precedence},
          {"catalogues", config.catalogues},
          {"seed", config.seed},
          {"bootstrap",
           {{"replicates", config.bootstrap.replicates},
            {"level", config.bootstrap.level},
            {"seed", config.bootstrap.seed},
            {"block_weeks", config.bootstrap.block_weeks.value_or(0)}}},
          {"gate",
           {{"min_test_weeks", config.gate.min_test_weeks},
            {"min_event_region_weeks", config.gate.min_event_region_weeks}}}};
}

// The first issue of the test and how many fits, or why there is no test.
void PlanTest(const CatalogueConfig& config, CataloguePlan& plan) {
  LadderTrialOptions& trial = plan.trial;
  const int64_t learning = config.rung.auxiliary / kWeekLength + 2 * kYearWeeks;  // to the first test
  const int64_t weeks = plan.period.length() / kWeekLength;
  if (config.test_period.has_value()) {
    trial.test_begin = config.test_period->begin;
    trial.period.end = std::min(trial.period.end, config.test_period->end);
    trial.origins = config.origins;
  } else {
    trial.origins =
        static_cast<int>(std::clamp<int64_t>((weeks - learning) / kYearWeeks, 1, std::max(1, config.origins)));
    trial.test_begin = plan.period.end - trial.origins * kYearWeeks * kWeekLength;
  }
  const int64_t tests = (trial.period.end - trial.test_begin) / kWeekLength;
  const absl::Time earliest = plan.period.begin + learning * kWeekLength;
  if (trial.test_begin < earliest || tests < trial.origins) {
    plan.refusal = absl::StrFormat(
        "the catalogue is too short to judge a model by: complete and settled from %s to %s, %d weeks, where the "
        "first test can begin on %s at the earliest (a year of sources, one to fit to, one for the pool) and a year "
        "of tests follows it",
        Day(plan.period.begin), Day(plan.period.end), weeks, Day(earliest));
    return;
  }
  plan.summary = absl::StrFormat("sources from %s, tests %s to %s (%d issues, %d fits), then fitted up to %s",
                                 Day(plan.period.begin), Day(trial.test_begin), Day(trial.period.end), tests,
                                 trial.origins, Day(plan.period.end));
}

}  // namespace

absl::Status CatalogueConfig::Validate() const {
  if (origins < 1) return absl::InvalidArgumentError("at least one origin is needed");
  if (catalogues < 1 || catalogues > 1'000'000) {
    return absl::InvalidArgumentError("between 1 and 1,000,000 catalogues make a forecast");
  }
  if (data.settling < absl::ZeroDuration()) return absl::InvalidArgumentError("the settling time is negative");
  return gate.Validate();
}

absl::StatusOr<CataloguePlan> PlanCatalogueRun(const CatalogueConfig& config, NetworkCatalogue data,
                                               const std::string& git_revision) {
  CataloguePlan plan;
  plan.simulated = data.simulated;
  plan.period = data.period;
  plan.events = std::move(data.events);
  std::erase_if(plan.events, [&](const SeismicEvent& event) { return !plan.period.Contains(event.origin_time); });
  std::erase_if(data.regions, [](const Region& region) { return region.whole_network; });
  if (data.regions.empty()) {
    return absl::FailedPreconditionError("there is no region but that of the whole network; import areas first");
  }
  LadderTrialOptions& trial = plan.trial;
  trial.regions = std::move(data.regions);
  trial.rung = config.rung;
  trial.period = plan.period;
  trial.catalogues = config.catalogues;
  trial.seed = config.seed;
  trial.bootstrap = config.bootstrap;
  trial.gate = config.gate;
  PlanTest(config, plan);
  plan.data_hash = HashOf(trial.regions, plan.events, plan.period);

  const Json json = {{"plan", "tremorcast-catalogue-plan-1"},
                     {"git_revision", git_revision},
                     {"data_hash", plan.data_hash},
                     {"simulated", plan.simulated},
                     {"from", FormatUtc(plan.period.begin)},
                     {"to", FormatUtc(plan.period.end)},
                     {"refusal", plan.refusal},
                     {"test_begin", FormatUtc(trial.test_begin)},
                     {"test_end", FormatUtc(trial.period.end)},
                     {"origins", trial.origins},
                     {"calibration_weeks", trial.calibration / kWeekLength},
                     {"configuration", ConfigurationJson(config)}};
  plan.json = json.dump();
  plan.hash = Sha256Hex(plan.json);
  return plan;
}

}  // namespace tremorcast
