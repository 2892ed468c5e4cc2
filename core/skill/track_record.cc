#include "core/skill/track_record.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/verification/scores.h"

namespace tremorcast {
namespace {

constexpr int kWeeksForInterval = 8;
constexpr size_t kLastShown = 10;

struct Gains {
  std::vector<absl::Time> weeks;
  std::vector<double> values;

  void Add(absl::Time week, double gain) {
    weeks.push_back(week);
    values.push_back(gain);
  }
  std::optional<RecordedGain> Mean() const {
    const absl::StatusOr<MeanInterval> interval = BootstrapMean(weeks, values, BootstrapOptions());
    if (!interval.ok()) return std::nullopt;
    RecordedGain gain;
    gain.mean = interval->mean;
    gain.weeks = interval->weeks;
    if (interval->weeks >= kWeeksForInterval) {
      gain.low = interval->low;
      gain.high = interval->high;
    }
    return gain;
  }
};

std::string Describe(const RecordedGain& gain) {
  std::string text = absl::StrFormat("%+.3f", gain.mean);
  if (gain.low.has_value()) absl::StrAppendFormat(&text, " [%.3f, %.3f]", *gain.low, *gain.high);
  return text;
}

std::string Sentence(const TrackRecord& record) {
  if (record.weeks_scored == 0 || !record.over_climatology.has_value()) return "no verified weeks yet";
  std::string sentence;
  // exp would overflow no double here, but nobody reads twelve digits.
  const std::string odds =
      absl::StrFormat("evidence against climatology %.3g to 1", std::exp(std::min(record.log_evidence, 300.0)));
  if (record.log_evidence >= std::log(kEvidenceThreshold)) {
    sentence = absl::StrCat("the issued forecasts were better than climatology (", odds, ", ", kEvidenceThreshold,
                            " to 1 counts as demonstrated)");
  } else if (record.over_climatology->high.value_or(0) < 0) {
    sentence = "no demonstrated skill: the issued forecasts were worse than climatology";
  } else {
    sentence =
        absl::StrCat("no demonstrated skill in issued forecasts: ", odds, ", ", kEvidenceThreshold, " to 1 is needed");
  }
  absl::StrAppend(&sentence, "; ", record.weeks_scored, " verified weeks, ", record.event_weeks,
                  " with an event, gain over climatology ", Describe(*record.over_climatology), " nats per week");
  if (record.over_catalogue.has_value()) {
    absl::StrAppend(&sentence, ", over the catalogue-only model ", Describe(*record.over_catalogue), " in ",
                    record.over_catalogue->weeks, " weeks");
  }
  return sentence;
}

}  // namespace

TrackRecord BuildTrackRecord(const RegionId& region, std::vector<Verification> verifications,
                             absl::Span<const ShadowForecast> shadows) {
  TrackRecord record;
  record.region = region;
  verifications.erase(std::remove_if(verifications.begin(), verifications.end(),
                                     [&](const Verification& v) { return v.region != region; }),
                      verifications.end());
  std::stable_sort(verifications.begin(), verifications.end(),
                   [](const Verification& a, const Verification& b) { return a.valid_from > b.valid_from; });
  std::map<std::string, const ShadowForecast*> catalogue;
  for (const ShadowForecast& shadow : shadows) {
    if (shadow.region == region && shadow.model_version.value() == kCatalogueReference) {
      catalogue[shadow.forecast_id] = &shadow;
    }
  }
  Gains over_climatology, over_catalogue;
  EProcess evidence;
  for (const Verification& v : verifications) {
    over_climatology.Add(v.valid_from, v.information_gain);
    evidence.Add(v.information_gain);
    if (v.observed_class >= 1) ++record.event_weeks;
    const auto reference = catalogue.find(v.forecast_id);
    if (reference == catalogue.end()) continue;
    over_catalogue.Add(v.valid_from,
                       InformationGain(v.probabilities, reference->second->probabilities, v.observed_class));
  }
  record.weeks_scored = static_cast<int>(verifications.size());
  record.log_evidence = evidence.log_evidence();
  record.over_climatology = over_climatology.Mean();
  record.over_catalogue = over_catalogue.Mean();
  record.sentence = Sentence(record);
  if (verifications.size() > kLastShown) verifications.resize(kLastShown);
  record.last = std::move(verifications);
  return record;
}

}  // namespace tremorcast
