#pragma once

// From logits on the calibration slice to T, b and w: the one path that every answer of a training or a study takes
// (METHOD.md section 3). Pure; thread safe.

#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

#include "model/checkpoint.h"
#include "model/head_calibration.h"
#include "model/row_set.h"
#include "model/training.h"

namespace tremorcast {

std::vector<int> LabelsOf(const SampleSet& set, absl::Span<const int> samples);
// Samples of class >= 1.
int EventsAmong(const SampleSet& set, absl::Span<const int> samples);
// The region's climatology, or the class frequencies where it has none.
const std::vector<double>& ClimatologyOf(const TrainingData& data, const std::vector<double>& class_frequencies,
                                         const RegionId& region);

// The slice that T and b are fitted on: calibration, or early stop where there is none.
absl::Span<const int> CalibrationSlice(const TrainingData& data);

// Fills temperatures, event_biases, pool_weight and pool_reason from `heads`, the logits on CalibrationSlice(data);
// calibration.prior must be there. b is fitted only on a calibration slice, and w is 0 without one.
absl::Status CalibrateOnSlice(const TrainingData& data, const std::vector<double>& class_frequencies,
                              int min_event_samples, absl::Span<const Logits> heads, const RowSet& rows,
                              bool fit_event_bias, CheckpointCalibration& calibration);

}  // namespace tremorcast
