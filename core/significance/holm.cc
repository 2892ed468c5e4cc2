#include "core/significance/holm.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

namespace tremorcast {

absl::StatusOr<std::vector<double>> HolmAdjusted(absl::Span<const double> p_values) {
  for (const double p : p_values) {
    if (!(p >= 0 && p <= 1)) return absl::InvalidArgumentError(absl::StrCat("Holm: p-value ", p));
  }
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, static_cast<double>(order.size() - rank) * p_values[order[rank]]);
    adjusted[order[rank]] = std::min(largest, 1.0);
  }
  return adjusted;
}

}  // namespace tremorcast
