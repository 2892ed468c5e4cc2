#include "core/verification/binary_outcome.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

constexpr double kGrid = 1e12;

double Rounded(double p) { return std::round(p * kGrid) / kGrid; }

}  // namespace

absl::StatusOr<std::vector<BinaryOutcome>> ExceedanceOutcomes(absl::Span<const ScoredWeek> rows, int k,
                                                              ClassProbabilities ScoredWeek::*which) {
  if (k < 1 || k >= kClasses) {
    return absl::InvalidArgumentError(absl::StrCat("exceedance: class ", k, " is not in [1, ", kClasses - 1, "]"));
  }
  std::vector<BinaryOutcome> outcomes;
  outcomes.reserve(rows.size());
  for (const ScoredWeek& row : rows) {
    if (row.observed_class < 0 || row.observed_class >= kClasses) {
      return absl::InvalidArgumentError(absl::StrCat("exceedance: observed class ", row.observed_class));
    }
    const double p = Rounded(ExceedanceProbabilities(row.*which)[static_cast<size_t>(k - 1)]);
    if (!(p >= 0 && p <= 1)) return absl::InvalidArgumentError(absl::StrCat("exceedance: probability ", p));
    outcomes.push_back({p, row.observed_class >= k});
  }
  return outcomes;
}

absl::Status ValidateOutcomes(absl::string_view what, absl::Span<const BinaryOutcome> outcomes) {
  if (outcomes.empty()) return absl::InvalidArgumentError(absl::StrCat(what, ": no outcomes"));
  for (const BinaryOutcome& outcome : outcomes) {
    if (!(outcome.probability >= 0 && outcome.probability <= 1)) {
      return absl::InvalidArgumentError(absl::StrCat(what, ": probability ", outcome.probability, " is not in [0, 1]"));
    }
    if (!(outcome.measure > 0) || std::isinf(outcome.measure)) {
      return absl::InvalidArgumentError(absl::StrCat(what, ": measure ", outcome.measure, " is not positive"));
    }
  }
  return absl::OkStatus();
}

std::vector<OutcomeGroup> GroupByProbability(absl::Span<const BinaryOutcome> outcomes) {
  std::vector<BinaryOutcome> sorted(outcomes.begin(), outcomes.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const BinaryOutcome& a, const BinaryOutcome& b) { return a.probability > b.probability; });
  std::vector<OutcomeGroup> groups;
  for (const BinaryOutcome& outcome : sorted) {
    if (groups.empty() || groups.back().probability != outcome.probability) {
      groups.push_back({outcome.probability, 0, 0, 0});
    }
    ++groups.back().count;
    groups.back().events += outcome.event ? 1 : 0;
    groups.back().measure += outcome.measure;
  }
  return groups;
}

}  // namespace tremorcast
