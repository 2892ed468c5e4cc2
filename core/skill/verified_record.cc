#include "core/skill/verified_record.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <absl/status/statusor.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/catalogue/climatology.h"
#include "core/significance/long_run_variance.h"
#include "core/verification/weekly_series.h"

namespace tremorcast {
namespace {

constexpr char kClimatologyName[] = "climatology";
constexpr char kCatalogueName[] = "the catalogue-only model";
constexpr char kTwinName[] = "the input-free twin";
constexpr char kBelowName[] = "the catalogue rung";

struct Reference {
  const char* name;
  const std::optional<RecordedGain>* gain;
};
std::vector<Reference> References(const VerifiedRecord& record) {
  std::vector<Reference> references = {{kClimatologyName, &record.over_climatology}};
  if (record.catalogue_asked) references.push_back({kCatalogueName, &record.over_catalogue});
  references.push_back({kTwinName, &record.over_twin});
  if (record.over_below.has_value()) references.push_back({kBelowName, &record.over_below});
  return references;
}

// exp would overflow no double here, but nobody reads twelve digits.
std::string Odds(double log_evidence) {
  return absl::StrFormat("%.3g to 1", std::exp(std::clamp(log_evidence, -300.0, 300.0)));
}

bool SpeaksAgainst(const RecordedGain& gain) {
  // What is issued without a model is the reference itself, up to the rounding of its pool.
  return gain.high.value_or(0) < -kLeastGain || gain.log_against >= std::log(kEvidenceThreshold) ||
         (gain.weeks >= kWeeksForMean && gain.mean < -kLeastGain);
}

int EventWeeks(const GainSeries& gains) {
  std::set<absl::Time> weeks;
  for (const VerifiedGain& gain : gains) {
    if (gain.event) weeks.insert(gain.week);
  }
  return static_cast<int>(weeks.size());
}

}  // namespace

std::optional<RecordedGain> RecordGain(const GainSeries& gains) {
  if (gains.empty()) return std::nullopt;
  const GainEvidence evidence = Weigh(gains);
  RecordedGain recorded;
  recorded.mean = evidence.mean;
  recorded.weeks = evidence.weeks;
  recorded.log_evidence = evidence.log_evidence;
  recorded.log_against = evidence.log_against;
  if (evidence.weeks < kWeeksForInterval || EventWeeks(gains) < kEventWeeksForInterval) return recorded;
  std::vector<absl::Time> weeks;
  std::vector<double> values;
  for (const VerifiedGain& gain : gains) {
    weeks.push_back(gain.week);
    values.push_back(gain.gain);
  }
  const absl::StatusOr<std::vector<double>> weekly = WeeklyMeans(weeks, values);
  if (!weekly.ok()) return recorded;
  if (const absl::StatusOr<DependentMean> mean = MeanOfDependent(*weekly); mean.ok()) {
    // Around the mean that is shown, which counts region-weeks and not weeks.
    recorded.low = recorded.mean + (mean->low - mean->mean);
    recorded.high = recorded.mean + (mean->high - mean->mean);
    recorded.interval_degrees = mean->degrees;
  }
  return recorded;
}

std::string Describe(const RecordedGain& gain) {
  std::string text = absl::StrFormat("%+.3f", gain.mean);
  if (gain.low.has_value()) absl::StrAppendFormat(&text, " [%.3f, %.3f]", *gain.low, *gain.high);
  return text;
}

double VerifiedRecord::log_evidence_needed() const { return std::log(kEvidenceThreshold * std::max(looked_at, 1)); }

bool Demonstrates(const VerifiedRecord& record) { return record.enough && Lacking(record).empty(); }

std::vector<std::string> Lacking(const VerifiedRecord& record) {
  std::vector<std::string> lacking;
  for (const auto& [name, gain] : References(record)) {
    if (!gain->has_value()) {
      lacking.push_back(absl::StrCat(name, " has not answered beside them"));
    } else if ((*gain)->log_evidence < record.log_evidence_needed()) {
      lacking.push_back(absl::StrCat("evidence against ", name, " ", Odds((*gain)->log_evidence)));
    }
  }
  return lacking;
}

std::string WorseThan(const VerifiedRecord& record) {
  for (const auto& [name, gain] : References(record)) {
    if (gain->has_value() && SpeaksAgainst(**gain)) return name;
  }
  return "";
}

std::string Describe(const VerifiedRecord& record) {
  std::string text =
      absl::StrCat(record.weeks_scored, record.weeks_scored == 1 ? " verified week, " : " verified weeks, ",
                   record.event_weeks, " with an event");
  bool interval = true;
  for (const auto& [name, gain] : References(record)) {
    if (!gain->has_value()) continue;
    const bool first = gain == &record.over_climatology;
    absl::StrAppend(&text, first ? ", gain over " : ", over ", name, " ", Describe(**gain),
                    first ? " nats per region-week" : "");
    if ((*gain)->weeks != record.weeks_scored) absl::StrAppend(&text, " in ", (*gain)->weeks, " weeks");
    interval = interval && (*gain)->low.has_value();
  }
  if (!interval) {
    absl::StrAppend(&text, " (an interval needs ", kWeeksForInterval, " weeks, ", kEventWeeksForInterval,
                    " of them with an event)");
  }
  return text;
}

VerifiedRecord RecordOfModel(const ModelVersion& model, Rung rung, absl::Span<const Region> regions,
                             absl::Span<const ShadowForecast> shadows, absl::Span<const VerifiedAnswer> answers,
                             const SkillPolicy& policy) {
  VerifiedRecord record;
  std::vector<SkillScope> scopes = SkillScopes(regions, {});
  if (scopes.empty()) return record;
  scopes.front().rung = rung;
  std::set<ModelVersion> models;
  for (const ShadowForecast& shadow : shadows) {
    // References and twins answer beside models; nobody looks whether they have shown skill.
    if (!absl::StartsWith(shadow.model_version.value(), "_")) models.insert(shadow.model_version);
  }
  record.looked_at = std::max(1, static_cast<int>(models.size()));
  const GainsOverReferences gains = GainsOverAll(scopes.front(), model, absl::InfinitePast(), answers);
  const GainEvidence evidence = Weigh(gains.climatology);
  record.weeks_scored = evidence.weeks;
  record.event_weeks = EventWeeks(gains.climatology);
  record.enough = evidence.weeks >= policy.min_weeks && evidence.event_region_weeks >= policy.min_event_region_weeks;
  record.over_climatology = RecordGain(gains.climatology);
  record.catalogue_asked = gains.catalogue.has_value();
  if (gains.catalogue.has_value()) record.over_catalogue = RecordGain(*gains.catalogue);
  record.over_twin = RecordGain(gains.twin);
  if (gains.below.has_value()) record.over_below = RecordGain(*gains.below);
  return record;
}

}  // namespace tremorcast
