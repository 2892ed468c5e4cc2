#pragma once

// From logits on the calibration slice to T, b and w: the one path that every answer of a training
// or a study takes (METHOD.md section 3). Pure; thread safe.

#include <map>
#include <vector>

#include <absl/status/status.h>
#include <absl/types/span.h>

#include "model/calibration/head_calibration.h"
#include "model/calibration/row_set.h"
#include "model/checkpoint/checkpoint.h"
#include "model/training/training.h"

namespace tremorcast {

std::vector<int> LabelsOf(const SampleSet& set, absl::Span<const int> samples);
// Samples of class >= 1.
int EventsAmong(const SampleSet& set, absl::Span<const int> samples);
// What a sample's answer is pooled with: the sample's own, else the region's climatology, else the
// class frequencies.
const std::vector<double>& BelowOf(const Sample& sample, const std::map<RegionId, std::vector<double>>& climatology,
                                   const std::vector<double>& class_frequencies);

// The slice that T and b are fitted on: calibration, or early stop where there is none.
absl::Span<const int> CalibrationSlice(const TrainingData& data);

// [sample][head][class], as HeadAnswers gives them.
using AnswersByHead = std::vector<std::vector<std::vector<double>>>;

// Isotonic calibration of P(class >= 1) by head, from the calibration slice's `answers`. Used with
// at least kMinIsotonicPositives event samples, and only if on issues held out (kIsotonicFolds
// blocks in time) it betters the log score: with few steps it can be worse than T and b, which have
// two numbers to fit. Fills event_calibrations and event_reason; where used, `answers` become those
// of the maps that were fitted without the sample's own block, so that the pool weight that is
// chosen next is not flattered.
inline constexpr int kIsotonicFolds = 5;
absl::Status CalibrateEvents(const SampleSet& set, absl::Span<const int> samples, AnswersByHead& answers,
                             CheckpointCalibration& calibration);

// Fills temperatures, event_biases, event_calibrations, the input-free twin, pool_weight and the
// reasons from `heads`, the logits on CalibrationSlice(data); calibration.prior must be there. b,
// the event calibration and the twin need a calibration slice, and w is 0 without one.
absl::Status CalibrateOnSlice(const TrainingData& data, const std::vector<double>& class_frequencies,
                              int min_event_samples, absl::Span<const Logits> heads, const RowSet& rows,
                              bool fit_event_bias, CheckpointCalibration& calibration);

}  // namespace tremorcast
