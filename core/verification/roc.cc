#include "core/verification/roc.h"

#include <cstdint>
#include <limits>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {

absl::StatusOr<RocCurve> BuildRocCurve(absl::Span<const BinaryOutcome> outcomes) {
  RETURN_IF_ERROR(ValidateOutcomes("ROC", outcomes));
  const std::vector<OutcomeGroup> groups = GroupByProbability(outcomes);
  int64_t events = 0;
  for (const OutcomeGroup& group : groups) events += group.events;
  const int64_t quiet = static_cast<int64_t>(outcomes.size()) - events;
  if (events == 0 || quiet == 0) {
    return absl::FailedPreconditionError(absl::StrCat("ROC: ", events, " event weeks and ", quiet, " quiet ones"));
  }
  RocCurve curve;
  curve.points.push_back({std::numeric_limits<double>::infinity(), 0, 0});
  int64_t hits = 0;
  int64_t false_alarms = 0;
  double twice_pairs = 0;  // twice the pairs in the right order; whole numbers, so exact
  for (const OutcomeGroup& group : groups) {
    const int64_t more_false = group.count - group.events;
    twice_pairs += static_cast<double>(more_false) * static_cast<double>(2 * hits + group.events);
    hits += group.events;
    false_alarms += more_false;
    curve.points.push_back({group.probability, static_cast<double>(false_alarms) / static_cast<double>(quiet),
                            static_cast<double>(hits) / static_cast<double>(events)});
  }
  curve.area = twice_pairs / (2 * static_cast<double>(events) * static_cast<double>(quiet));
  return curve;
}

}  // namespace tremorcast
