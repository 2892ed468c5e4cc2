#pragma once

// Isotonic calibration of P(M >= 3.5) on the calibration slice (METHOD.md section 6). A monotone
// map with as many free steps as the data allow: use it only with many positives, else temperature
// and offset (core/forecast/calibration.h) are safer. Immutable; thread safe.
//
// Source: Zadrozny and Elkan (2002), Transforming classifier scores into accurate multiclass
// probability estimates.

#include <cstdint>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/catalogue/labels.h"
#include "core/verification/binary_outcome.h"
#include "core/verification/isotonic.h"

namespace tremorcast {

// Event weeks in the calibration slice below which this calibration should not be used. The caller
// decides.
inline constexpr int64_t kMinIsotonicPositives = 100;

class EventCalibration {
 public:
  // InvalidArgument: see ValidateOutcomes.
  static absl::StatusOr<EventCalibration> Fit(absl::Span<const BinaryOutcome> outcomes);
  // Restores stored blocks. InvalidArgument: see IsotonicFit::Create, or an x or value outside [0,
  // 1].
  static absl::StatusOr<EventCalibration> Create(std::vector<IsotonicBlock> blocks, int64_t positives);

  int64_t positives() const { return positives_; }
  const std::vector<IsotonicBlock>& blocks() const { return fit_.blocks(); }

  // The calibrated probability of an event.
  double Probability(double event_probability) const { return fit_.At(event_probability); }
  // P(class >= 1) calibrated, classes 1..4 scaled by one factor, class 0 the rest; then floored at
  // kProbabilityFloor, so that a step at 0 or 1 never becomes certainty. A forecast without any
  // event probability has nothing to scale and is only floored. Sums to 1.
  ClassProbabilities Apply(const ClassProbabilities& p) const;
  // The same in place, for any number of classes from two.
  void Apply(absl::Span<double> p) const;

 private:
  EventCalibration(IsotonicFit fit, int64_t positives) : fit_(std::move(fit)), positives_(positives) {}
  IsotonicFit fit_;
  int64_t positives_;
};

}  // namespace tremorcast
