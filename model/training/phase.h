#pragma once

// One part of training: a module, its batches, its validation, until the validation loss stops
// falling. Stage 1 is one phase, each head of stage 2 another. Internal to model/; throws
// c10::Error.

#include <functional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <torch/torch.h>

#include "model/training/batch_sampler.h"
#include "model/training/training_state.h"

namespace tremorcast {

struct Phase {
  int stage = 1;
  int head = 0;
  torch::nn::Module* module = nullptr;  // is trained, and ends with its best weights in eval mode
  const BatchSampler* sampler = nullptr;
  // Mean loss of one batch of drawn items; `epoch` counts from 0.
  std::function<absl::StatusOr<torch::Tensor>(const std::vector<int>& items, int epoch, Random& random)> loss;
  // Epochs at the beginning whose weights are not kept, and whose validation counts neither as best
  // nor as one without improvement.
  int plain_epochs = 0;
  // Validation loss, with the module in eval mode and no gradients.
  std::function<absl::StatusOr<double>()> validate;
};

class PhaseRunner {
 public:
  // All must outlive the runner; `options` are resolved (ResolveOptions). `state` is what was loaded
  // or a fresh one.
  PhaseRunner(const TrainOptions& options, const TrainingStateFile& file, TrainingState& state)
      : options_(options), file_(file), state_(state) {}

  // Trains the phase, or resumes it from the state. A phase that the state holds as finished only
  // gets its weights.
  absl::Status Run(const Phase& phase);

 private:
  std::string DoneName(const Phase& phase) const;
  absl::StatusOr<double> TrainEpoch(const Phase& phase, int epoch, class Adam& adam) const;
  absl::Status RunEpochs(const Phase& phase);
  absl::Status Finish(const Phase& phase);
  bool StopAsked() const { return options_.stop != nullptr && options_.stop->load(); }

  const TrainOptions& options_;
  const TrainingStateFile& file_;
  TrainingState& state_;
};

}  // namespace tremorcast
