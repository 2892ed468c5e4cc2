#include "server/pipeline/drawn_issues.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/ladder/catalogue_rung.h"
#include "server/pipeline/catalogue_outlooks.h"

namespace tremorcast {
namespace {

// This week's issue, the one before, and those after earthquakes; a map is at most 2 MB.
constexpr size_t kIssuesKept = 4;

}  // namespace

absl::StatusOr<DrawnIssues::Kept*> DrawnIssues::Find(const Forecast& archived) {
  const RungAnswer* rung = FindRung(archived, Rung::kCatalogue);
  const std::string key = rung == nullptr
                              ? ""
                              : absl::StrCat(rung->model.version.value(), " ", absl::ToUnixMicros(archived.valid_from),
                                             " ", archived.catalogue_snapshot);
  const auto known = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& one) { return one.key == key; });
  if (known != kept_.end()) {
    std::rotate(known, known + 1, kept_.end());
    return &kept_.back();
  }
  ASSIGN_OR_RETURN(const RecordedIssue recorded, forecaster_.IssueOf(archived));
  const EtasArtifact& etas = *recorded.model->etas;
  const EtasEvents past = SelectEtasEvents(recorded.catalogue, etas.model.region, etas.model.magnitudes,
                                           {etas.sources_from, archived.valid_from});
  IssueQuestion question;
  question.begin = archived.valid_from;
  question.horizon_days.assign(std::begin(kShortHorizons), std::end(kShortHorizons));
  question.seed = etas.seed;
  ASSIGN_OR_RETURN(EtasSimulator simulator, IssueSimulator(etas.model, past, question));
  auto issue = std::make_shared<const DrawnIssue>(
      DrawnIssue{recorded.model->info.model, etas.seed, std::max<int64_t>(1, etas.catalogues), etas.classes,
                 std::move(simulator), LatticeOver(etas.model.region.shape, etas.classes)});
  if (kept_.size() >= kIssuesKept) kept_.erase(kept_.begin());
  kept_.push_back({key, std::move(issue), nullptr});
  return &kept_.back();
}

absl::StatusOr<std::shared_ptr<const DrawnIssue>> DrawnIssues::Issue(const Forecast& archived) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const Kept* kept, Find(archived));
  return kept->issue;
}

absl::StatusOr<std::shared_ptr<const EtasRateMap>> DrawnIssues::Rates(const Forecast& archived) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(Kept * kept, Find(archived));
  if (kept->rates == nullptr) {
    const DrawnIssue& issue = *kept->issue;
    ASSIGN_OR_RETURN(EtasRateMap drawn,
                     DrawRateMap(issue.simulator, issue.classes, {std::begin(kShortHorizons), std::end(kShortHorizons)},
                                 issue.catalogues));
    kept->rates = std::make_shared<const EtasRateMap>(std::move(drawn));
  }
  return kept->rates;
}

}  // namespace tremorcast
