#include "core/significance/diebold_mariano.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/distribution/student_t.h"
#include "core/significance/long_run_variance.h"
#include "core/verification/weekly_series.h"

namespace tremorcast {

absl::StatusOr<DieboldMarianoTest> DieboldMariano(absl::Span<const double> differences, std::optional<int> lags) {
  const int weeks = static_cast<int>(differences.size());
  if (weeks < 2 || (lags.has_value() && (*lags < 0 || *lags >= weeks - 1))) {
    return absl::InvalidArgumentError(absl::StrCat("Diebold-Mariano: ", weeks, " weeks, ", lags.value_or(0), " lags"));
  }
  if (!std::all_of(differences.begin(), differences.end(), [](double d) { return std::isfinite(d); })) {
    return absl::InvalidArgumentError("Diebold-Mariano: a difference is not finite");
  }
  const double n = weeks;
  DieboldMarianoTest test;
  test.weeks = weeks;
  test.mean = std::accumulate(differences.begin(), differences.end(), 0.0) / n;
  double variance = 0;  // n times that of the mean
  if (lags.has_value()) {
    const std::vector<double> gamma = Autocovariances(differences, *lags);
    variance = gamma[0];
    for (int k = 1; k <= *lags; ++k) variance += 2 * (1 - k / (*lags + 1.0)) * gamma[static_cast<size_t>(k)];
    // Small-sample factor for one step ahead: n / (n + 1 - 2 + 0).
    variance *= n / (n - 1);
    test.degrees = n - 1;
  } else {
    ASSIGN_OR_RETURN(const LongRunVariance estimated, EstimateLongRunVariance(differences));
    variance = estimated.variance;
    test.degrees = estimated.degrees;
  }
  if (!(variance > 1e-20 * test.mean * test.mean) || !(variance > 0)) {
    return absl::FailedPreconditionError("Diebold-Mariano: the differences do not vary");
  }
  test.statistic = test.mean / std::sqrt(variance / n);
  test.two_sided_p = StudentTwoSided(test.statistic, test.degrees);
  test.upper_p = StudentUpperTail(test.statistic, test.degrees);
  return test;
}

}  // namespace tremorcast
