#include "core/significance/diebold_mariano.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/significance/student_t.h"
#include "core/verification/weekly_series.h"

namespace tremorcast {

absl::StatusOr<DieboldMarianoTest> DieboldMariano(absl::Span<const double> differences, int lags) {
  const int weeks = static_cast<int>(differences.size());
  if (weeks < 2 || lags < 0 || lags >= weeks - 1) {
    return absl::InvalidArgumentError(absl::StrCat("Diebold-Mariano: ", weeks, " weeks, ", lags, " lags"));
  }
  if (!std::all_of(differences.begin(), differences.end(), [](double d) { return std::isfinite(d); })) {
    return absl::InvalidArgumentError("Diebold-Mariano: a difference is not finite");
  }
  const double n = weeks;
  const std::vector<double> gamma = Autocovariances(differences, lags);
  double variance = gamma[0];
  for (int k = 1; k <= lags; ++k) variance += 2 * (1 - k / (lags + 1.0)) * gamma[static_cast<size_t>(k)];
  DieboldMarianoTest test;
  test.weeks = weeks;
  test.mean = std::accumulate(differences.begin(), differences.end(), 0.0) / n;
  if (!(variance > 1e-20 * test.mean * test.mean) || !(variance > 0)) {
    return absl::FailedPreconditionError("Diebold-Mariano: the differences do not vary");
  }
  // Small-sample factor for one step ahead: (n + 1 - 2 + 0) / n.
  test.statistic = test.mean / std::sqrt(variance / n) * std::sqrt((n - 1) / n);
  test.two_sided_p = StudentTwoSided(test.statistic, n - 1);
  test.upper_p = StudentUpperTail(test.statistic, n - 1);
  return test;
}

}  // namespace tremorcast
