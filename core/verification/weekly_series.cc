#include "core/verification/weekly_series.h"

#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

namespace tremorcast {

absl::StatusOr<std::vector<double>> WeeklyMeans(absl::Span<const absl::Time> weeks, absl::Span<const double> values) {
  if (values.empty() || weeks.size() != values.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("weekly series: ", weeks.size(), " weeks, ", values.size(), " values"));
  }
  std::map<absl::Time, std::pair<double, int>> by_week;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) return absl::InvalidArgumentError("weekly series: a value is not finite");
    auto& [sum, count] = by_week[weeks[i]];
    sum += values[i];
    ++count;
  }
  std::vector<double> means;
  means.reserve(by_week.size());
  for (const auto& [week, sums] : by_week) means.push_back(sums.first / sums.second);
  return means;
}

std::vector<double> Autocovariances(absl::Span<const double> series, int max_lag) {
  const size_t n = series.size();
  const double mean = std::accumulate(series.begin(), series.end(), 0.0) / static_cast<double>(n);
  std::vector<double> gamma(static_cast<size_t>(max_lag) + 1, 0);
  for (size_t k = 0; k < gamma.size(); ++k) {
    for (size_t t = 0; t + k < n; ++t) gamma[k] += (series[t] - mean) * (series[t + k] - mean);
    gamma[k] /= static_cast<double>(n);
  }
  return gamma;
}

}  // namespace tremorcast
