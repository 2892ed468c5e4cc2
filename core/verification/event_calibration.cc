#include "core/verification/event_calibration.h"

#include <algorithm>
#include <numeric>

#include <absl/status/status.h>

#include "core/base/status_macros.h"
#include "core/catalogue/climatology.h"

namespace tremorcast {

absl::StatusOr<EventCalibration> EventCalibration::Fit(absl::Span<const BinaryOutcome> outcomes) {
  RETURN_IF_ERROR(ValidateOutcomes("isotonic calibration", outcomes));
  std::vector<IsotonicPoint> points;
  points.reserve(outcomes.size());
  int64_t positives = 0;
  for (const BinaryOutcome& outcome : outcomes) {
    points.push_back({outcome.probability, outcome.event ? 1.0 : 0.0});
    positives += outcome.event ? 1 : 0;
  }
  ASSIGN_OR_RETURN(IsotonicFit fit, IsotonicFit::Fit(points));
  return EventCalibration(std::move(fit), positives);
}

absl::StatusOr<EventCalibration> EventCalibration::Create(std::vector<IsotonicBlock> blocks, int64_t positives) {
  ASSIGN_OR_RETURN(IsotonicFit fit, IsotonicFit::Create(std::move(blocks)));
  const IsotonicBlock& first = fit.blocks().front();
  const IsotonicBlock& last = fit.blocks().back();
  if (first.x_low < 0 || last.x_high > 1 || first.value < 0 || last.value > 1 || positives < 0) {
    return absl::InvalidArgumentError("isotonic calibration: probabilities must be in [0, 1], positives not negative");
  }
  return EventCalibration(std::move(fit), positives);
}

void EventCalibration::Apply(absl::Span<double> p) const {
  const double event = std::accumulate(p.begin() + 1, p.end(), 0.0);
  if (event > 0) {
    const double calibrated = Probability(std::min(event, 1.0));
    for (double& x : p) x *= calibrated / event;
    p[0] = 1 - calibrated;
  }
  double sum = 0;
  for (double& x : p) sum += x = std::max(x, kProbabilityFloor);
  for (double& x : p) x /= sum;
}

ClassProbabilities EventCalibration::Apply(const ClassProbabilities& p) const {
  ClassProbabilities calibrated = p;
  Apply(absl::MakeSpan(calibrated));
  return calibrated;
}

}  // namespace tremorcast
