#pragma once

// Has a feature moved away from its training period? Population stability index, PSI = sum (a - e)
// ln(a / e) over bins holding shares e in training and a now (METHOD.md section 6). Pure.

#include <cstdint>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

inline constexpr double kModerateDrift = 0.1;
inline constexpr double kMajorDrift = 0.25;
enum class DriftLevel : int8_t { kStable = 0, kModerate = 1, kMajor = 2 };
DriftLevel DriftLevelOf(double psi);

// From bin counts or shares (any positive scale). An empty bin counts as a share of 1e-4, so that
// one bin cannot make it infinite. InvalidArgument: different lengths, a negative or non-finite
// entry, or nothing at all on one side.
absl::StatusOr<double> PopulationStabilityIndex(absl::Span<const double> expected, absl::Span<const double> actual);

// Bins of about equal weight in the training values of one feature. Bin i holds (edges[i-1],
// edges[i]].
class QuantileBins {
 public:
  // NaN is left out; equal quantiles are merged, so a feature of few values gets fewer bins.
  // InvalidArgument: bins < 2 or no value.
  static absl::StatusOr<QuantileBins> Fit(std::vector<float> values, int bins);
  // Restores stored bins. InvalidArgument: expected.size() != edges.size() + 1 or edges not
  // increasing.
  static absl::StatusOr<QuantileBins> Create(std::vector<float> edges, std::vector<double> expected);

  const std::vector<float>& edges() const { return edges_; }
  const std::vector<double>& expected() const { return expected_; }  // training counts per bin
  std::vector<double> Count(absl::Span<const float> values) const;   // NaN is left out
  // PSI of `values`. InvalidArgument when all are missing.
  absl::StatusOr<double> Psi(absl::Span<const float> values) const;

 private:
  QuantileBins(std::vector<float> edges, std::vector<double> expected)
      : edges_(std::move(edges)), expected_(std::move(expected)) {}
  std::vector<float> edges_;
  std::vector<double> expected_;
};

}  // namespace tremorcast
