#include "core/skill/track_record.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include "core/verification/scores.h"

namespace tremorcast {
namespace {

constexpr size_t kLastShown = 10;

std::string Needed(const TrackRecord& record) {
  return absl::StrFormat("%.3g to 1 %s%s", std::exp(record.log_evidence_needed()),
                         "against climatology, the catalogue-only model and the input-free twin",
                         record.looked_at > 1 ? absl::StrCat(" with ", record.looked_at, " regions looked at") : "");
}

std::string Sentence(const TrackRecord& record) {
  if (record.weeks_scored == 0 || !record.over_climatology.has_value()) return "no verified weeks yet";
  std::string sentence;
  if (const std::string better = WorseThan(record); !better.empty()) {
    sentence = absl::StrCat("no demonstrated skill: the issued forecasts were worse than ", better);
  } else if (Demonstrates(record)) {
    sentence = absl::StrCat(
        "the issued forecasts were better than climatology, the catalogue-only model and the input-free twin, which "
        "supports the word precursor (each is refuted at ",
        Needed(record), " or more)");
  } else {
    sentence = absl::StrCat("no demonstrated skill in issued forecasts: ", absl::StrJoin(Lacking(record), ", "), "; ",
                            Needed(record), " is needed");
  }
  return absl::StrCat(sentence, "; ", Describe(record));
}

}  // namespace

int RegionsLookedAt(absl::Span<const Region> regions, const RegionId& region) {
  const auto own = std::find_if(regions.begin(), regions.end(), [&](const Region& r) { return r.id == region; });
  if (own == regions.end()) return std::max(1, static_cast<int>(regions.size()));
  return static_cast<int>(
      std::count_if(regions.begin(), regions.end(), [&](const Region& r) { return r.simulated == own->simulated; }));
}

TrackRecord BuildTrackRecord(const RegionId& region, std::vector<Verification> verifications,
                             absl::Span<const ShadowForecast> shadows, int regions_looked_at) {
  TrackRecord record;
  record.region = region;
  record.looked_at = std::max(1, regions_looked_at);
  verifications.erase(std::remove_if(verifications.begin(), verifications.end(),
                                     [&](const Verification& v) { return v.region != region; }),
                      verifications.end());
  std::stable_sort(verifications.begin(), verifications.end(),
                   [](const Verification& a, const Verification& b) { return a.valid_from > b.valid_from; });
  std::map<std::pair<std::string, ModelVersion>, const ShadowForecast*> answers;
  for (const ShadowForecast& shadow : shadows) {
    if (shadow.region == region) answers[{shadow.forecast_id, shadow.model_version}] = &shadow;
  }
  GainSeries over_climatology, over_catalogue, over_twin;
  for (const Verification& v : verifications) {
    const bool event = v.observed_class >= 1;
    if (event) ++record.event_weeks;
    over_climatology.push_back({v.valid_from, v.information_gain, event});
    const auto compare = [&](const ModelVersion& reference, GainSeries& gains) {
      const auto at = answers.find({v.forecast_id, reference});
      if (at == answers.end()) return;
      gains.push_back(
          {v.valid_from, InformationGain(v.probabilities, at->second->probabilities, v.observed_class), event});
    };
    compare(ModelVersion(kCatalogueReference), over_catalogue);
    if (!v.model_version.empty()) compare(TwinOf(v.model_version), over_twin);
  }
  record.weeks_scored = static_cast<int>(verifications.size());
  record.over_climatology = RecordGain(over_climatology);
  record.over_catalogue = RecordGain(over_catalogue);
  record.over_twin = RecordGain(over_twin);
  if (record.over_climatology.has_value()) record.log_evidence = record.over_climatology->log_evidence;
  record.sentence = Sentence(record);
  if (verifications.size() > kLastShown) verifications.resize(kLastShown);
  record.last = std::move(verifications);
  return record;
}

}  // namespace tremorcast
