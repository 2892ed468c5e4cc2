#include "core/verification/reliability.h"

#include <algorithm>
#include <cstddef>

#include "core/base/status_macros.h"
#include "core/verification/isotonic.h"
#include "core/verification/scores.h"

namespace tremorcast {

absl::StatusOr<Reliability> MeasureReliability(absl::Span<const BinaryOutcome> outcomes) {
  RETURN_IF_ERROR(ValidateOutcomes("reliability", outcomes));
  std::vector<OutcomeGroup> groups = GroupByProbability(outcomes);
  std::reverse(groups.begin(), groups.end());
  std::vector<IsotonicPoint> points;
  points.reserve(groups.size());
  for (const OutcomeGroup& group : groups) {
    const double n = static_cast<double>(group.count);
    points.push_back({group.probability, static_cast<double>(group.events) / n, n});
  }
  ASSIGN_OR_RETURN(const IsotonicFit fit, IsotonicFit::Fit(points));

  Reliability result;
  const double total = static_cast<double>(outcomes.size());
  for (const BinaryOutcome& outcome : outcomes) {
    result.brier += BinaryBrierScore(outcome.probability, outcome.event) / total;
  }
  double recalibrated = 0;
  size_t next = 0;
  for (const IsotonicBlock& block : fit.blocks()) {
    ReliabilityPiece piece = {block.x_low, block.x_high};
    double forecasts = 0;
    for (; next < groups.size() && groups[next].probability <= block.x_high; ++next) {
      piece.count += groups[next].count;
      piece.events += groups[next].events;
      forecasts += groups[next].probability * static_cast<double>(groups[next].count);
    }
    const double n = static_cast<double>(piece.count);
    piece.mean_forecast = forecasts / n;
    piece.observed_frequency = static_cast<double>(piece.events) / n;
    // n v (1 - v): the Brier sum of a frequency over its own weeks.
    recalibrated += n * piece.observed_frequency * (1 - piece.observed_frequency) / total;
    result.count += piece.count;
    result.events += piece.events;
    result.pieces.push_back(piece);
  }
  const double base_rate = static_cast<double>(result.events) / total;
  result.uncertainty = base_rate * (1 - base_rate);
  // Neither can be negative; rounding may leave -1e-17.
  result.miscalibration = std::max(0.0, result.brier - recalibrated);
  result.discrimination = std::max(0.0, result.uncertainty - recalibrated);
  return result;
}

}  // namespace tremorcast
