#include "core/significance/long_run_variance.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/distribution/student_t.h"

namespace tremorcast {
namespace {

constexpr double kPi = 3.14159265358979323846;

int Degrees(double n) { return std::max(1, static_cast<int>(0.4 * std::cbrt(n * n))); }

double MeanOf(absl::Span<const double> series) {
  return std::accumulate(series.begin(), series.end(), 0.0) / static_cast<double>(series.size());
}

}  // namespace

absl::StatusOr<LongRunVariance> EstimateLongRunVariance(absl::Span<const double> series) {
  if (series.size() < 2) {
    return absl::InvalidArgumentError(absl::StrCat("long-run variance: ", series.size(), " values"));
  }
  if (!std::all_of(series.begin(), series.end(), [](double x) { return std::isfinite(x); })) {
    return absl::InvalidArgumentError("long-run variance: a value is not finite");
  }
  const double n = static_cast<double>(series.size());
  LongRunVariance result;
  result.degrees = Degrees(n);
  // The cosines sum to 0, so the mean drops out; it is taken off for the rounding.
  const double mean = MeanOf(series);
  for (int j = 1; j <= result.degrees; ++j) {
    double projection = 0;
    for (size_t t = 0; t < series.size(); ++t) {
      projection += (series[t] - mean) * std::cos(kPi * j * (static_cast<double>(t) + 0.5) / n);
    }
    result.variance += 2 * projection * projection / (n * result.degrees);
  }
  return result;
}

absl::StatusOr<DependentMean> MeanOfDependent(absl::Span<const double> series, double level) {
  if (!(level > 0 && level < 1)) return absl::InvalidArgumentError("mean of a series: the level must be in (0, 1)");
  ASSIGN_OR_RETURN(const LongRunVariance spread, EstimateLongRunVariance(series));
  DependentMean result;
  result.mean = MeanOf(series);
  result.degrees = spread.degrees;
  const double half_width =
      StudentCentralQuantile(level, spread.degrees) * std::sqrt(spread.variance / static_cast<double>(series.size()));
  result.low = result.mean - half_width;
  result.high = result.mean + half_width;
  return result;
}

}  // namespace tremorcast
