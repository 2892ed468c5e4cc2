#include "core/observation/drift.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>

#include <absl/status/status.h>

namespace tremorcast {
namespace {

constexpr double kEmptyBinShare = 1e-4;

// Sum of the entries, or -1 when one of them cannot be a count.
double TotalOf(absl::Span<const double> counts) {
  double total = 0;
  for (const double n : counts) {
    if (!std::isfinite(n) || n < 0) return -1;
    total += n;
  }
  return total;
}

}  // namespace

DriftLevel DriftLevelOf(double psi) {
  if (psi >= kMajorDrift) return DriftLevel::kMajor;
  return psi >= kModerateDrift ? DriftLevel::kModerate : DriftLevel::kStable;
}

absl::StatusOr<double> PopulationStabilityIndex(absl::Span<const double> expected, absl::Span<const double> actual) {
  if (expected.size() != actual.size()) return absl::InvalidArgumentError("PSI: numbers of bins differ");
  const double expected_total = TotalOf(expected);
  const double actual_total = TotalOf(actual);
  if (!(expected_total > 0) || !(actual_total > 0)) {
    return absl::InvalidArgumentError("PSI: both sides need finite, non-negative counts and at least one value");
  }
  double psi = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double e = std::max(expected[i] / expected_total, kEmptyBinShare);
    const double a = std::max(actual[i] / actual_total, kEmptyBinShare);
    psi += (a - e) * std::log(a / e);
  }
  return psi;
}

absl::StatusOr<QuantileBins> QuantileBins::Fit(std::vector<float> values, int bins) {
  if (bins < 2) return absl::InvalidArgumentError("PSI: at least two bins are needed");
  values.erase(std::remove_if(values.begin(), values.end(), [](float v) { return std::isnan(v); }), values.end());
  if (values.empty()) return absl::InvalidArgumentError("PSI: no training value");
  std::sort(values.begin(), values.end());
  std::vector<float> edges;
  for (int i = 1; i < bins; ++i) {
    const float edge = values[(values.size() - 1) * static_cast<size_t>(i) / static_cast<size_t>(bins)];
    // An edge at the largest value would leave the last bin empty for ever.
    if (edge < values.back() && (edges.empty() || edge > edges.back())) edges.push_back(edge);
  }
  QuantileBins result(std::move(edges), {});
  result.expected_ = result.Count(values);
  return result;
}

absl::StatusOr<QuantileBins> QuantileBins::Create(std::vector<float> edges, std::vector<double> expected) {
  if (expected.size() != edges.size() + 1) return absl::InvalidArgumentError("PSI: n edges make n + 1 bins");
  if (!std::is_sorted(edges.begin(), edges.end(), std::less_equal<float>())) {
    return absl::InvalidArgumentError("PSI: edges must increase");
  }
  return QuantileBins(std::move(edges), std::move(expected));
}

std::vector<double> QuantileBins::Count(absl::Span<const float> values) const {
  std::vector<double> counts(edges_.size() + 1, 0);
  for (const float value : values) {
    if (std::isnan(value)) continue;
    ++counts[static_cast<size_t>(std::lower_bound(edges_.begin(), edges_.end(), value) - edges_.begin())];
  }
  return counts;
}

absl::StatusOr<double> QuantileBins::Psi(absl::Span<const float> values) const {
  return PopulationStabilityIndex(expected_, Count(values));
}

}  // namespace tremorcast
