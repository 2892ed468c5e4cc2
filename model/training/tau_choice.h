#pragma once

// Which tau the last layers get (METHOD.md section 3). Internal to model/; throws c10::Error.

#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>
#include <torch/torch.h>

#include "model/calibration/row_set.h"

namespace tremorcast {

// The last layer of one head and what it sees of the early-stop rows.
struct LastLayer {
  torch::Tensor features;  // [rows, inputs]
  torch::Tensor weight;    // [classes, inputs]
};

struct TauChoice {
  double tau = 0;
  double log_score = 0;  // mean -ln p_y of the calibrated answer, mean over heads
};
// Chooses by log score on these rows, after temperature, prior and bias have been fitted for each
// candidate; of equal candidates it takes the smallest. `labels` belong to the samples of `rows`.
absl::StatusOr<TauChoice> ChooseTau(absl::Span<const double> grid, const std::vector<LastLayer>& heads,
                                    const RowSet& rows, const std::vector<double>& prior, absl::Span<const int> labels);

}  // namespace tremorcast
