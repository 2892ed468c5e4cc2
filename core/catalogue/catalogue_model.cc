#include "core/catalogue/catalogue_model.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/catalogue/climatology.h"

namespace tremorcast {
namespace {

struct Lags {
  int from, to;  // weeks back, both included
};
constexpr std::array<Lags, 3> kOwnLags = {{{1, 1}, {2, 4}, {5, 13}}};
constexpr std::array<Lags, 2> kOtherLags = {{{1, 1}, {2, 4}}};

// Share of event weeks among region r's weeks [week - lags.to, week - lags.from]; 0 where there is
// no history.
double EventShare(const WeeklyClasses& history, size_t r, int week, Lags lags) {
  int events = 0;
  int seen = 0;
  for (int t = std::max(0, week - lags.to); t <= week - lags.from; ++t) {
    ++seen;
    events += history.classes[r][t] >= 1 ? 1 : 0;
  }
  return seen == 0 ? 0 : static_cast<double>(events) / seen;
}

int Columns(size_t regions) { return static_cast<int>(regions + kOwnLags.size() + kOtherLags.size()); }

// Region indicators by the order of the fit, then lagged shares. `regions[i]` is the index in
// `history` of the fit's region i.
void AppendRow(const WeeklyClasses& history, const std::vector<size_t>& regions, size_t region, int week,
               std::vector<double>& rows) {
  for (size_t i = 0; i < regions.size(); ++i) rows.push_back(i == region ? 1 : 0);
  for (const Lags lags : kOwnLags) rows.push_back(EventShare(history, regions[region], week, lags));
  for (const Lags lags : kOtherLags) {
    double sum = 0;
    for (size_t i = 0; i < regions.size(); ++i) {
      if (i != region) sum += EventShare(history, regions[i], week, lags);
    }
    rows.push_back(regions.size() > 1 ? sum / static_cast<double>(regions.size() - 1) : 0);
  }
}

// How the classes 1..4 share an event: Jeffreys over all regions, then 20 weeks of that in each
// region, as climatology does.
std::vector<ClassProbabilities> EventShares(const WeeklyClasses& history, int weeks) {
  std::vector<ClassCounts> counts(history.regions.size(), ClassCounts{});
  ClassProbabilities network = {0, 0.5, 0.5, 0.5, 0.5};
  double total = 2;
  for (size_t r = 0; r < counts.size(); ++r) {
    for (int t = 0; t < weeks; ++t) ++counts[r][history.Targets(r)[t]];
    for (int k = 1; k < kClasses; ++k) {
      network[k] += static_cast<double>(counts[r][k]);
      total += static_cast<double>(counts[r][k]);
    }
  }
  std::vector<ClassProbabilities> shares;
  for (const ClassCounts& n : counts) {
    ClassProbabilities share = {};
    const double events = static_cast<double>(n[1] + n[2] + n[3] + n[4]);
    for (int k = 1; k < kClasses; ++k) {
      share[k] =
          (static_cast<double>(n[k]) + kClimatologyPriorWeeks * network[k] / total) / (events + kClimatologyPriorWeeks);
    }
    shares.push_back(share);
  }
  return shares;
}

}  // namespace

absl::StatusOr<CatalogueModel> CatalogueModel::Fit(const WeeklyClasses& history, absl::Time fit_until,
                                                   const CatalogueModelOptions& options) {
  const int weeks = static_cast<int>(std::clamp<int64_t>(history.IndexOf(fit_until), 0, history.weeks));
  if (weeks < 2 || history.regions.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("catalogue model: ", weeks, " weeks of ", history.regions.size(),
                                                      " regions are too few to learn from"));
  }
  std::vector<size_t> regions(history.regions.size());
  for (size_t r = 0; r < regions.size(); ++r) regions[r] = r;
  std::vector<double> rows;
  std::vector<bool> events;
  for (size_t r = 0; r < regions.size(); ++r) {
    for (int t = 0; t < weeks; ++t) {
      AppendRow(history, regions, r, t, rows);
      events.push_back(history.Targets(r)[t] >= 1);
    }
  }
  LogisticOptions logistic;
  logistic.ridge = options.ridge;
  ASSIGN_OR_RETURN(LogisticRegression event, LogisticRegression::Fit(rows, Columns(regions.size()), events, logistic));
  return CatalogueModel(history.regions, std::move(event), EventShares(history, weeks));
}

absl::StatusOr<ClassProbabilities> CatalogueModel::Predict(const WeeklyClasses& history, const RegionId& region,
                                                           absl::Time week) const {
  const int64_t index = history.IndexOf(week);
  if (index < 0 || index > history.weeks) {
    return absl::InvalidArgumentError(absl::StrCat("catalogue model: no history right before ", FormatUtc(week)));
  }
  std::vector<size_t> regions;
  for (const RegionId& id : regions_) {
    const auto it = std::find(history.regions.begin(), history.regions.end(), id);
    if (it == history.regions.end()) {
      return absl::InvalidArgumentError(absl::StrCat("catalogue model: no history of region ", id.value()));
    }
    regions.push_back(static_cast<size_t>(it - history.regions.begin()));
  }
  const auto it = std::find(regions_.begin(), regions_.end(), region);
  if (it == regions_.end())
    return absl::NotFoundError(absl::StrCat("catalogue model: unknown region ", region.value()));
  const size_t r = static_cast<size_t>(it - regions_.begin());
  std::vector<double> row;
  AppendRow(history, regions, r, static_cast<int>(index), row);
  const double event = event_.Probability(row);
  ClassProbabilities p;
  for (int k = 0; k < kClasses; ++k) p[k] = k == 0 ? 1 - event : event * event_shares_[r][k];
  return FloorAndNormalise(p);
}

}  // namespace tremorcast
