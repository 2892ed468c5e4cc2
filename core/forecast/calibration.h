#pragma once

// From network scores to probabilities (METHOD.md section 3). A network trained on balanced classes
// answers for a uniform prior; temperature acts before the prior, because the other order flattens
// the prior too. Everything here is fitted on the calibration slice, never on test. The service
// forecasts kClasses classes; scores of a published set have as many as the set. Pure; thread safe.

#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/catalogue/climatology.h"
#include "core/catalogue/labels.h"

namespace tremorcast {

using ClassScores = std::vector<double>;  // logits by class, any constant added

inline constexpr double kMinTemperature = 0.3;
inline constexpr double kMaxTemperature = 150;

struct Calibration {
  double temperature = 1;
  double event_bias = 0;  // b: added to every class but 0
  friend bool operator==(const Calibration&, const Calibration&) = default;
};

// q = softmax(z / T + ln pi + b [k >= 1]); pi = frequencies the sampler balanced away, all positive
// and as many as scores.
std::vector<double> Calibrate(absl::Span<const double> scores, absl::Span<const double> prior,
                              const Calibration& calibration);

struct CalibrationSample {
  absl::Time week;
  ClassScores scores;
  int observed_class = 0;
};

struct CalibrationOptions {
  bool fit_event_bias = true;
  int min_events = 30;     // below, b = 0
  double bias_ridge = 10;  // adds bias_ridge / 2 * b^2 to the summed negative log likelihood
};

struct CalibrationFit {
  Calibration calibration;
  double negative_log_likelihood = 0;  // mean, nats, without the penalty
};

// The minimum over T in [0.3, 150] and b; the problem is convex in (1/T, b), so it is the only one.
// InvalidArgument: no samples, a class out of range, a prior entry <= 0, a score that is not finite,
// or another number of scores than the prior has classes.
absl::StatusOr<CalibrationFit> FitCalibration(absl::Span<const CalibrationSample> samples,
                                              absl::Span<const double> prior, const CalibrationOptions& options);

// One region-week for the pool p = w p_model + (1 - w) c.
struct PoolSample {
  absl::Time week;
  ClassProbabilities model = {};
  ClassProbabilities climatology = {};
  int observed_class = 0;
};

struct PoolFit {
  double weight = 0;          // 0 = no demonstrated skill
  double best_weight = 0;     // before the one-standard-error rule
  double gain = 0;            // mean weekly gain over w = 0 at best_weight, summed over regions, nats
  double standard_error = 0;  // of that mean, over weeks
};

// w in [0, 1] with the largest log score, and 0 unless its gain exceeds one standard error over
// weeks: without that rule 18 to 47 % of networks that know nothing got w > 0.1. Fewer than two
// weeks: 0. InvalidArgument: no samples.
absl::StatusOr<PoolFit> FitPoolWeight(absl::Span<const PoolSample> samples);

// 0, 0.1, ..., 2: what tau-normalisation may choose from.
std::vector<double> TauGrid();
// Grid value with the smallest loss (NaN never); of equal ones the smallest tau. InvalidArgument:
// sizes differ or no finite loss.
absl::StatusOr<double> SelectTau(absl::Span<const double> grid, absl::Span<const double> losses);
// ||w_i||^tau: what a row of the last layer is divided by. A zero row keeps 1.
double TauDivisor(absl::Span<const double> row, double tau);

}  // namespace tremorcast
