#pragma once

// What core/forecast/calibration.h does, for neural networks with several heads. Pure; thread safe.

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/forecast/calibration.h"
#include "core/verification/event_calibration.h"
#include "model/calibration/row_set.h"
#include "model/checkpoint/checkpoint.h"

namespace tremorcast {

// One neural network's logits for several rows (region-weeks, or station-weeks in station mode).
using Logits = std::vector<std::vector<double>>;  // [row][class]

// T and b of one head. `min_events`: fewer rows of class >= 1 keep b = 0. fit_event_bias false: T
// alone.
absl::StatusOr<CalibrationFit> FitHead(const Logits& logits, absl::Span<const int> labels,
                                       const std::vector<double>& prior, int min_events, bool fit_event_bias);

// softmax(z / T + ln prior + b [k >= 1]); an empty prior leaves prior and b out: the balanced
// answer.
std::vector<double> HeadProbabilities(absl::Span<const double> logits, double temperature,
                                      const std::vector<double>& prior, double event_bias);

// T and b of several heads on the same rows. A sample counts once towards core's least number of
// events for b, however many rows it has.
struct HeadFits {
  std::vector<double> temperatures;
  std::vector<double> event_biases;
  std::vector<EventCalibration> event_calibrations = {};  // by head, or none
};
// What a stored calibration says of each head.
HeadFits FitsOf(const CheckpointCalibration& calibration);
absl::StatusOr<HeadFits> FitHeads(absl::Span<const Logits> heads, const RowSet& rows, const std::vector<double>& prior,
                                  bool fit_event_bias);

// [sample][head][class]: calibrated, mean over the sample's rows, P(class >= 1) then mapped where
// `fits` says how. An empty prior leaves that map out too.
std::vector<std::vector<std::vector<double>>> HeadAnswers(absl::Span<const Logits> heads, const RowSet& rows,
                                                          const HeadFits& fits, const std::vector<double>& prior);
// -ln of the label's probability, mean over samples, of the mean over heads.
double MeanLogScore(const std::vector<std::vector<std::vector<double>>>& answers, absl::Span<const int> labels);

// The pool weight of calibrated answers and why it is what it is. `min_events`: fewer samples of
// class >= 1 in either slice give 0.
struct PoolChoice {
  double weight = 0;
  std::string reason;
};
struct PoolRow {
  int64_t issue = 0;
  double model = 0;        // probability of what was observed
  double climatology = 0;  // the same, of what stands below: the region's climatology, or the catalogue rung
};
absl::StatusOr<PoolChoice> ChoosePoolWeight(absl::Span<const PoolRow> rows, int early_stop_events,
                                            int calibration_events, int min_events);

// `p` for the core's forecasts, which always have kClasses classes: those beyond `p` get 0; more
// must not come.
ClassProbabilities ToClassProbabilities(absl::Span<const double> p);

// Mean of equally long rows.
std::vector<double> MeanOf(absl::Span<const std::vector<double>> rows);

// w p + (1 - w) c, floored at kProbabilityFloor, sum 1: PoolWithClimatology for any number of
// classes.
std::vector<double> Pool(const std::vector<double>& p, const std::vector<double>& climatology, double weight);

}  // namespace tremorcast
