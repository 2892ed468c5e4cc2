#include "core/verification/block_length.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/verification/weekly_series.h"

namespace tremorcast {
namespace {

constexpr int kMinSeries = 12;

// First of `run` lags in a row with an insignificant autocorrelation; else the last significant
// lag. gamma[0..]; >= 1.
int LastLagWithMemory(const std::vector<double>& gamma, int run, double threshold) {
  const int max_lag = static_cast<int>(gamma.size()) - 1;
  int last_significant = 0;
  for (int lag = 1; lag <= max_lag; ++lag) {
    if (std::abs(gamma[static_cast<size_t>(lag)] / gamma[0]) >= threshold) last_significant = lag;
    if (lag - last_significant == run) return last_significant + 1;
  }
  return std::max(1, last_significant);
}

// Flat-top: 1 up to a half, then falling to 0 at 1.
double Trapezoid(double t) { return std::clamp(2 * (1 - t), 0.0, 1.0); }

}  // namespace

absl::StatusOr<double> PolitisWhiteBlockLength(absl::Span<const double> series) {
  const int size = static_cast<int>(series.size());
  if (size < kMinSeries) {
    return absl::InvalidArgumentError(absl::StrCat("block length: ", size, " weeks, at least ", kMinSeries, " needed"));
  }
  if (!std::all_of(series.begin(), series.end(), [](double x) { return std::isfinite(x); })) {
    return absl::InvalidArgumentError("block length: a value is not finite");
  }
  const double n = size;
  const int run = std::max(5, static_cast<int>(std::ceil(std::sqrt(std::log10(n)))));
  const int max_lag = static_cast<int>(std::ceil(std::sqrt(n))) + run;
  const double longest = std::ceil(std::min(3 * std::sqrt(n), n / 3));
  const std::vector<double> gamma = Autocovariances(series, std::min(max_lag, size - 1));
  if (!(gamma[0] > 0)) return 1.0;

  constexpr double kNormal95 = 1.959963984540054;
  const int lag = LastLagWithMemory(gamma, run, kNormal95 * std::sqrt(std::log10(n) / n));
  const int bandwidth = std::min(2 * lag, max_lag);
  double spectrum = gamma[0];  // at frequency 0
  double slope = 0;            // sum |k| gamma_k
  for (int k = 1; k <= std::min(bandwidth, static_cast<int>(gamma.size()) - 1); ++k) {
    const double term = 2 * Trapezoid(k / static_cast<double>(bandwidth)) * gamma[static_cast<size_t>(k)];
    spectrum += term;
    slope += k * term;
  }
  const double d = 4.0 / 3 * spectrum * spectrum;
  if (!(d > 0)) return longest;
  return std::clamp(std::cbrt(2 * slope * slope / d * n), 1.0, longest);
}

absl::StatusOr<int> AutomaticBlockWeeks(absl::Span<const double> series) {
  ASSIGN_OR_RETURN(const double length, PolitisWhiteBlockLength(series));
  return std::max(kMinBlockWeeks, static_cast<int>(std::ceil(length)));
}

}  // namespace tremorcast
