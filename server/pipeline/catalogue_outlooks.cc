#include "server/pipeline/catalogue_outlooks.h"

#include <algorithm>
#include <optional>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/ladder/catalogue_rung.h"

namespace tremorcast {
namespace {

// A champion and its challengers, this week's issue and the last event's.
constexpr size_t kIssuesKept = 6;

}  // namespace

absl::StatusOr<CatalogueOutlook> CatalogueOutlooks::Of(const ServedModel& model, const Region& region,
                                                       absl::Span<const Region> beside, absl::Time begin,
                                                       absl::Span<const SeismicEvent> events,
                                                       const std::string& snapshot) {
  if (model.etas == nullptr) return absl::FailedPreconditionError("not a model of the catalogue rung");
  const EtasArtifact& etas = *model.etas;
  const std::string key =
      absl::StrCat(model.record.model.version.value(), " ", absl::ToUnixMicros(begin), " ", snapshot);
  absl::MutexLock lock(&mutex_);
  auto issue = std::find_if(issues_.begin(), issues_.end(), [&](const Issue& known) { return known.key == key; });
  if (issue == issues_.end()) {
    if (issues_.size() >= kIssuesKept) issues_.erase(issues_.begin());
    issue = issues_.insert(issues_.end(), Issue{key, {}, {}});
  }
  const auto answer = [&]() -> std::optional<CatalogueOutlook> {
    const auto at = issue->regions.find(region.id);
    if (at == issue->regions.end() || at->second.first != region.polygon) return std::nullopt;
    CatalogueOutlook outlook = issue->shared;
    outlook.horizons = at->second.second;
    return outlook;
  };
  if (std::optional<CatalogueOutlook> known = answer(); known.has_value()) return *std::move(known);

  const EtasEvents past =
      SelectEtasEvents(events, etas.model.region, etas.model.magnitudes, {etas.sources_from, begin});
  IssueQuestion question;
  question.regions = {region};
  for (const Region& other : beside) {
    if (other.id != region.id) question.regions.push_back(other);
  }
  question.begin = begin;
  question.seed = etas.seed;
  issue->shared.completeness = etas.model.magnitudes.completeness;
  issue->shared.sources = static_cast<int64_t>(past.size());
  issue->shared.last_event =
      past.events.empty()
          ? etas.sources_from
          : absl::FromUnixMicros(absl::ToUnixMicros(past.day_zero + absl::Hours(24) * past.events.back().day));
  std::vector<std::vector<HorizonOutlook>> horizons(question.regions.size());
  const auto draw = [&](absl::Span<const double> days, int64_t catalogues) -> absl::Status {
    question.horizon_days.assign(days.begin(), days.end());
    question.catalogues = std::max<int64_t>(1, catalogues);
    ASSIGN_OR_RETURN(const auto outlooks, AnswerIssue(etas.model, past, question, etas.classes));
    for (size_t r = 0; r < outlooks.size(); ++r) {
      for (size_t h = 0; h < days.size(); ++h) {
        const EtasOutlook& one = outlooks[r][h];
        horizons[r].push_back({days[h], one.probabilities, one.expected, one.low, one.high, one.catalogues});
      }
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(draw(kShortHorizons, etas.catalogues));
  RETURN_IF_ERROR(draw(kLongHorizons, etas.catalogues / 10));
  for (size_t r = 0; r < horizons.size(); ++r) {
    issue->regions[question.regions[r].id] = {question.regions[r].polygon, std::move(horizons[r])};
  }
  return *answer();
}

}  // namespace tremorcast
