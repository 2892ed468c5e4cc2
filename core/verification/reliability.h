#pragma once

// Reliability of P(M >= edge) without chosen bins: the CORP diagram and the decomposition of the
// Brier score that goes with it. Pure; thread safe.
//
// Source: Dimitriadis, Gneiting and Jordan (2021), Stable reliability diagrams for probabilistic
// classifiers, PNAS 118.

#include <cstdint>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/verification/binary_outcome.h"

namespace tremorcast {

// One flat piece of the curve, ready to be drawn from (forecast_low, observed_frequency) to
// (forecast_high, observed_frequency).
struct ReliabilityPiece {
  double forecast_low = 0;
  double forecast_high = 0;
  double mean_forecast = 0;
  double observed_frequency = 0;  // recalibrated probability, by PAV
  int64_t count = 0;
  int64_t events = 0;
};

// brier = miscalibration - discrimination + uncertainty; all in squared probability, [0, 1], none
// negative.
struct Reliability {
  std::vector<ReliabilityPiece> pieces;  // by forecast, ascending
  double brier = 0;
  double miscalibration = 0;  // MCB: what perfect recalibration would save; lower is better
  double discrimination = 0;  // DSC: what the recalibrated forecast saves over the base rate; higher is better
  double uncertainty = 0;     // UNC: Brier score of the base rate; the same for every forecast of these weeks
  int64_t count = 0;
  int64_t events = 0;
};

// InvalidArgument: see ValidateOutcomes. Weeks all with or all without an event are allowed: then
// UNC = DSC = 0.
absl::StatusOr<Reliability> MeasureReliability(absl::Span<const BinaryOutcome> outcomes);

}  // namespace tremorcast
