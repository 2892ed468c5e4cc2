#include "core/verification/scored_week_check.h"

#include <cmath>
#include <cstddef>

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include "core/base/status_macros.h"
#include "core/catalogue/labels.h"

namespace tremorcast {
namespace {

constexpr double kSumTolerance = 1e-6;

absl::Status Validate(size_t row, absl::string_view what, const ClassProbabilities& p, int observed_class) {
  double sum = 0;
  for (const double v : p) {
    if (!(v >= 0 && v <= 1)) return absl::InvalidArgumentError(absl::StrCat("row ", row, ": ", what, " has a ", v));
    sum += v;
  }
  if (std::abs(sum - 1) > kSumTolerance) {
    return absl::InvalidArgumentError(absl::StrCat("row ", row, ": ", what, " sums to ", sum));
  }
  if (p[observed_class] == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("row ", row, ": ", what, " gave class ", observed_class, ", which came, probability 0"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateScoredWeeks(absl::Span<const ScoredWeek> rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const int y = rows[i].observed_class;
    if (y < 0 || y >= kClasses) return absl::InvalidArgumentError(absl::StrCat("row ", i, ": class ", y));
    RETURN_IF_ERROR(Validate(i, "forecast", rows[i].forecast, y));
    RETURN_IF_ERROR(Validate(i, "reference", rows[i].reference, y));
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
