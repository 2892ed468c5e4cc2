#pragma once

// A checkpoint turned into running neural networks: from station windows to calibrated answers,
// always in the same shapes (see torch_predictor.h). Internal to model/; not thread safe; throws
// c10::Error.

#include <memory>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/types/span.h>
#include <torch/torch.h>

#include "core/observation/window.h"
#include "model/checkpoint/checkpoint.h"
#include "model/modules/torch_modules.h"

namespace tremorcast {

class InferenceEngine {
 public:
  static absl::StatusOr<std::unique_ptr<InferenceEngine>> Create(Checkpoint checkpoint, torch::Device device);

  const Manifest& manifest() const { return checkpoint_.manifest; }

  // [head][class], calibrated, before the pool. InvalidArgument: no windows, or windows of another
  // shape.
  absl::StatusOr<std::vector<std::vector<double>>> HeadAnswersFor(absl::Span<const StationWindow* const> windows);

  // Reproduces the golden output within its tolerance: FailedPrecondition otherwise, with the
  // largest difference.
  absl::Status CheckGolden();
  // What the golden windows give here; for the writer of a checkpoint.
  absl::StatusOr<std::vector<std::vector<double>>> GoldenAnswer();

 private:
  InferenceEngine(Checkpoint checkpoint, torch::Device device);
  absl::StatusOr<torch::Tensor> Normalised(absl::Span<const StationWindow* const> windows) const;

  Checkpoint checkpoint_;
  torch::Device device_;
  Backbone backbone_;
  std::vector<Classifier> heads_;
};

// Logits as numbers, [row][class].
std::vector<std::vector<double>> LogitRows(const torch::Tensor& logits);

}  // namespace tremorcast
