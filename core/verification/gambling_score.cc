#include "core/verification/gambling_score.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {

absl::StatusOr<double> GamblingReturn(const ClassProbabilities& p, const ClassProbabilities& reference,
                                      int observed_class) {
  if (observed_class < 0 || observed_class >= kClasses) {
    return absl::InvalidArgumentError(absl::StrCat("gambling score: class ", observed_class));
  }
  const double bet = p[observed_class];
  const double fair = reference[observed_class];
  if (!(bet >= 0 && bet <= 1) || !(fair > 0 && fair <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat("gambling score: probability ", bet, ", reference ", fair));
  }
  return bet / fair - 1;
}

absl::StatusOr<double> AlarmGamblingReturn(bool alarm, bool event, double reference_probability) {
  const double c = reference_probability;
  if (!(c > 0 && c < 1)) return absl::InvalidArgumentError(absl::StrCat("gambling score: reference ", c));
  if (alarm != event) return -1.0;
  return event ? (1 - c) / c : c / (1 - c);
}

absl::StatusOr<GamblingScore> ScoreByGambling(absl::Span<const ScoredWeek> rows) {
  if (rows.empty()) return absl::InvalidArgumentError("gambling score: no rows");
  GamblingScore score;
  for (const ScoredWeek& row : rows) {
    ASSIGN_OR_RETURN(const double won, GamblingReturn(row.forecast, row.reference, row.observed_class));
    score.total += won;
  }
  score.mean = score.total / static_cast<double>(rows.size());
  return score;
}

}  // namespace tremorcast
