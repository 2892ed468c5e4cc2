#include "core/ladder/catalogue_rung.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_format.h>

#include "core/base/random.h"
#include "core/base/status_macros.h"
#include "core/network/rings.h"

namespace tremorcast {
EtasFitOptions CatalogueRungOptions::ServingFitOptions() {
  EtasFitOptions options;
  options.fixed[kLog10Tau] = true;
  options.location_km = 1;
  return options;
}

absl::StatusOr<CatalogueRung> FitCatalogueRung(absl::Span<const SeismicEvent> catalogue,
                                               absl::Span<const Region> regions, const Interval& period,
                                               const CatalogueRungOptions& options) {
  std::vector<Region> areas(regions.begin(), regions.end());
  std::erase_if(areas, [](const Region& region) { return region.whole_network; });
  Region box;
  box.id = RegionId("catalogue");
  box.polygon = BoxAround(areas);
  if (box.polygon.empty()) return absl::InvalidArgumentError("no region for the catalogue model");
  CatalogueRung rung;
  rung.targets = {period.begin + options.auxiliary, period.end};
  if (rung.targets.empty()) return absl::InvalidArgumentError("the catalogue is shorter than its auxiliary period");
  ASSIGN_OR_RETURN(EtasRegion region, MakeEtasRegion(box));

  std::vector<double> magnitudes;
  for (const SeismicEvent& event : catalogue) {
    if (event.deleted || !period.Contains(event.origin_time) || !region.Contains(event.epicenter)) continue;
    magnitudes.push_back(event.magnitude);
  }
  auto completeness = EstimateCompleteness(magnitudes, options.bin);
  if (!completeness.ok()) {
    rung.refusal = std::string(completeness.status().message());
    return rung;
  }
  rung.completeness = *completeness;
  MagnitudeLaw law;
  law.completeness = completeness->magnitude;
  law.bin = options.bin;
  law.beta = completeness->beta.value;
  if (law.lower() > options.classes.edges.front()) {
    rung.refusal = absl::StrFormat("the catalogue is complete from M %.1f on, and the first class begins at %.1f",
                                   law.completeness, options.classes.edges.front());
    return rung;
  }
  const EtasEvents events = SelectEtasEvents(catalogue, region, law, period);
  ASSIGN_OR_RETURN(rung.fit, FitEtas(events, region, law, rung.targets, options.fit));
  rung.refusal = rung.fit.refusal;
  return rung;
}

absl::StatusOr<EtasSimulator> IssueSimulator(const EtasModel& model, const EtasEvents& past,
                                             const IssueQuestion& question) {
  if (question.horizon_days.empty()) return absl::InvalidArgumentError("no horizon is asked for");
  const double longest = *std::max_element(question.horizon_days.begin(), question.horizon_days.end());
  const uint64_t seed = StreamKey({question.seed, static_cast<uint64_t>(absl::ToUnixSeconds(question.begin))});
  return EtasSimulator::Create(model, past, past.DayOf(question.begin), longest, seed);
}

absl::StatusOr<std::vector<std::vector<EtasOutlook>>> AnswerIssue(const EtasModel& model, const EtasEvents& past,
                                                                  const IssueQuestion& question,
                                                                  const MagnitudeClasses& classes) {
  ASSIGN_OR_RETURN(const EtasSimulator simulator, IssueSimulator(model, past, question));
  ASSIGN_OR_RETURN(EtasTally tally,
                   EtasTally::Create({question.regions, question.horizon_days, classes, {}}, simulator));
  for (int64_t i = 0; i < question.catalogues; ++i) tally.Add(simulator.Simulate(i));
  std::vector<std::vector<EtasOutlook>> outlooks(question.regions.size());
  for (size_t r = 0; r < outlooks.size(); ++r) {
    for (size_t h = 0; h < question.horizon_days.size(); ++h) outlooks[r].push_back(tally.Outlook(r, h));
  }
  return outlooks;
}

}  // namespace tremorcast
