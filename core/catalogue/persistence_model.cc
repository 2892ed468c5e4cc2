#include "core/catalogue/persistence_model.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/catalogue/climatology.h"

namespace tremorcast {
namespace {

int TargetAt(const WeeklyClasses& history, size_t region, int64_t week) {
  return static_cast<int>(history.Targets(region)[static_cast<size_t>(week)]);
}

int ClassAt(const WeeklyClasses& history, size_t region, int64_t week) {
  return static_cast<int>(history.classes[region][static_cast<size_t>(week)]);
}

using Transitions = std::array<ClassCounts, kClasses>;  // [last week][this week]

// (n_k + 20 prior_k) / (n + 20): the smoothing of climatology with any prior.
ClassProbabilities Smoothed(const ClassCounts& counts, const ClassProbabilities& prior) {
  return RegionClimatology(counts, prior);
}

ClassProbabilities Bent(const ClassProbabilities& climatology, const ClassProbabilities& after,
                        const ClassProbabilities& base) {
  ClassProbabilities bent;
  double sum = 0;
  for (int k = 0; k < kClasses; ++k) sum += bent[k] = climatology[k] * after[k] / base[k];
  for (double& p : bent) p /= sum;
  return bent;
}

}  // namespace

absl::StatusOr<PersistenceModel> PersistenceModel::Fit(const WeeklyClasses& history, absl::Time fit_until) {
  if (history.regions.empty()) return absl::InvalidArgumentError("persistence: no regions");
  const int weeks = static_cast<int>(std::clamp<int64_t>(history.IndexOf(fit_until), 0, history.weeks));
  if (weeks < 2) {
    return absl::FailedPreconditionError(absl::StrCat("persistence: ", weeks, " weeks are too few to learn from"));
  }
  const size_t regions = history.regions.size();
  std::vector<ClassCounts> counts(regions, ClassCounts{});
  std::vector<Transitions> pairs(regions, Transitions{});
  ClassCounts network = {};
  Transitions network_pairs = {};
  for (size_t r = 0; r < regions; ++r) {
    for (int t = 0; t < weeks; ++t) {
      const int k = TargetAt(history, r, t);
      ++counts[r][k];
      ++network[k];
      if (t == 0) continue;
      const int j = ClassAt(history, r, t - 1);
      ++pairs[r][j][k];
      ++network_pairs[j][k];
    }
  }
  const ClassProbabilities base = JeffreysSmoothed(network);
  std::vector<RegionTable> tables(regions);
  for (size_t r = 0; r < regions; ++r) {
    tables[r].climatology = FloorAndNormalise(RegionClimatology(counts[r], base));
    for (int j = 0; j < kClasses; ++j) {
      const ClassProbabilities prior = Bent(tables[r].climatology, Smoothed(network_pairs[j], base), base);
      tables[r].after[j] = FloorAndNormalise(Smoothed(pairs[r][j], prior));
    }
  }
  return PersistenceModel(history.regions, std::move(tables));
}

absl::StatusOr<ClassProbabilities> PersistenceModel::Predict(const WeeklyClasses& history, const RegionId& region,
                                                             absl::Time week) const {
  const auto fitted = std::find(regions_.begin(), regions_.end(), region);
  if (fitted == regions_.end()) {
    return absl::NotFoundError(absl::StrCat("persistence: region ", region.value(), " was not in the fit"));
  }
  const auto known = std::find(history.regions.begin(), history.regions.end(), region);
  const int64_t index = history.IndexOf(week);
  if (known == history.regions.end() || index < 0 || index > history.weeks) {
    return absl::InvalidArgumentError(
        absl::StrCat("persistence: no history of region ", region.value(), " before week ", FormatNetworkTime(week)));
  }
  const RegionTable& table = tables_[static_cast<size_t>(fitted - regions_.begin())];
  if (index == 0) return table.climatology;
  const int last = ClassAt(history, static_cast<size_t>(known - history.regions.begin()), index - 1);
  return table.after[static_cast<size_t>(last)];
}

}  // namespace tremorcast
