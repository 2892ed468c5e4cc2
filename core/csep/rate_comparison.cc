#include "core/csep/rate_comparison.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/distribution/student_t.h"

namespace tremorcast {
namespace {

bool Positive(double x) { return x > 0 && std::isfinite(x); }

absl::StatusOr<std::vector<double>> LogRatios(const RatePair& pair) {
  if (pair.rates_a.empty() || pair.rates_a.size() != pair.rates_b.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("rate comparison: ", pair.rates_a.size(), " and ", pair.rates_b.size(), " rates"));
  }
  if (!Positive(pair.total_a) || !Positive(pair.total_b) ||
      !std::all_of(pair.rates_a.begin(), pair.rates_a.end(), Positive) ||
      !std::all_of(pair.rates_b.begin(), pair.rates_b.end(), Positive)) {
    return absl::InvalidArgumentError("rate comparison: rates and totals must be positive and finite");
  }
  std::vector<double> ratios(pair.rates_a.size());
  for (size_t i = 0; i < ratios.size(); ++i) ratios[i] = std::log(pair.rates_a[i]) - std::log(pair.rates_b[i]);
  return ratios;
}

struct RankSums {
  double positive = 0;
  double negative = 0;
  double tie_term = 0;  // sum over ties of t^3 - t
};

// Mid-ranks of |d|, summed by the sign of d.
RankSums SumRanks(std::vector<double> d) {
  std::sort(d.begin(), d.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  RankSums sums;
  for (size_t i = 0; i < d.size();) {
    size_t end = i;
    while (end < d.size() && std::abs(d[end]) == std::abs(d[i])) ++end;
    const double rank = static_cast<double>(i + end + 1) / 2;
    const double ties = static_cast<double>(end - i);
    sums.tie_term += ties * (ties * ties - 1);
    for (; i < end; ++i) (d[i] > 0 ? sums.positive : sums.negative) += rank;
  }
  return sums;
}

}  // namespace

absl::StatusOr<PairedTTest> CompareRatesByT(const RatePair& pair, double level, int events) {
  ASSIGN_OR_RETURN(const std::vector<double> ratios, LogRatios(pair));
  if (events == 0) events = static_cast<int>(ratios.size());
  if (events < 2 || !(level > 0 && level < 1)) {
    return absl::InvalidArgumentError(absl::StrCat("T-test: ", events, " events at level ", level));
  }
  const double n = events;
  double sum = 0;
  double squares = 0;
  for (const double ratio : ratios) {
    sum += ratio;
    squares += ratio * ratio;
  }
  const double variance = squares / (n - 1) - sum * sum / (n * n - n);
  if (!(variance > 1e-15 * squares)) {
    return absl::FailedPreconditionError("T-test: the two forecasts differ by the same factor everywhere");
  }
  PairedTTest test;
  test.degrees_of_freedom = events - 1;
  test.information_gain = (sum - (pair.total_a - pair.total_b)) / n;
  const double error = std::sqrt(variance / n);
  test.t_statistic = test.information_gain / error;
  test.t_critical = StudentCentralQuantile(level, n - 1);
  test.low = test.information_gain - test.t_critical * error;
  test.high = test.information_gain + test.t_critical * error;
  return test;
}

absl::StatusOr<SignedRankTest> SignedRank(absl::Span<const double> values, double median) {
  std::vector<double> d;
  for (const double value : values) {
    if (!std::isfinite(value)) return absl::InvalidArgumentError("W-test: a value is not finite");
    if (value - median != 0) d.push_back(value - median);
  }
  if (d.empty() || !std::isfinite(median)) {
    return absl::InvalidArgumentError("W-test: no value differs from the median, or the median is not finite");
  }
  const double n = static_cast<double>(d.size());
  const RankSums sums = SumRanks(d);
  const double deviation = std::sqrt((n * (n + 1) * (2 * n + 1) - sums.tie_term / 2) / 24);
  SignedRankTest test;
  test.differences = static_cast<int>(d.size());
  test.z = (std::min(sums.positive, sums.negative) - n * (n + 1) / 4) / deviation;
  test.two_sided_p = std::erfc(std::abs(test.z) / std::sqrt(2.0));  // of a standard normal
  return test;
}

absl::StatusOr<SignedRankTest> CompareRatesByW(const RatePair& pair) {
  ASSIGN_OR_RETURN(const std::vector<double> ratios, LogRatios(pair));
  return SignedRank(ratios, (pair.total_a - pair.total_b) / static_cast<double>(ratios.size()));
}

}  // namespace tremorcast
