#pragma once

// The TrainedModel that Train returns. Internal to model/.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "model/checkpoint/normalisation.h"
#include "model/modules/window_bank.h"
#include "model/training/trained_networks.h"
#include "model/training/training.h"

namespace tremorcast {

struct TrainedParts {
  explicit TrainedParts(const NetworkConfig& network, torch::Device device) : networks(network, device) {}

  TrainOptions options;
  Normalisation normalisation;
  TrainedNetworks networks;
  CheckpointCalibration calibration;
  CheckpointCalibration stage1_calibration;
  std::vector<double> class_frequencies;
  std::map<RegionId, std::vector<double>> climatology;
  std::vector<TrainingProgress> history;
};

// Computes on `parts.networks` with maps of its own.
class TorchTrainedModel : public TrainedModel {
 public:
  explicit TorchTrainedModel(std::unique_ptr<TrainedParts> parts) : parts_(std::move(parts)) {}

  const NetworkConfig& network() const override { return parts_->networks.config; }
  const CheckpointCalibration& calibration() const override { return parts_->calibration; }
  const CheckpointCalibration& stage1_calibration() const override { return parts_->stage1_calibration; }
  const std::vector<TrainingProgress>& history() const override { return parts_->history; }
  absl::StatusOr<SampleOutputs> Predict(const SampleSet& set, absl::Span<const int> samples) const override;
  absl::StatusOr<std::string> Serialize(const CheckpointFacts& facts) const override;

 private:
  // What Predict and Serialize run inside TorchStatus.
  absl::StatusOr<SampleOutputs> Compute(const SampleSet& set, absl::Span<const int> samples) const;
  absl::StatusOr<std::string> Write(const CheckpointFacts& facts) const;

  const std::unique_ptr<TrainedParts> parts_;
};

}  // namespace tremorcast
