#pragma once

// The neural networks of a training, and their logits on sets of rows. Internal to model/; not
// thread safe; throws c10::Error.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/types/span.h>
#include <torch/torch.h>

#include "model/calibration/head_calibration.h"
#include "model/calibration/last_layer.h"
#include "model/calibration/row_set.h"
#include "model/modules/map_store.h"
#include "model/modules/torch_modules.h"

namespace tremorcast {

// Backbone with stage 1's linear layer.
class StageOneImpl : public torch::nn::Module {
 public:
  explicit StageOneImpl(const NetworkConfig& config)
      : backbone(register_module("backbone", Backbone(config))),
        linear(register_module("linear", torch::nn::Linear(config.implicit_channels(), config.classes))) {}

  Backbone backbone;
  torch::nn::Linear linear;
};
TORCH_MODULE(StageOne);

struct TrainedNetworks {
  TrainedNetworks(const NetworkConfig& shape, torch::Device where) : config(shape), device(where), stage1(shape) {
    stage1->to(device);
  }

  // In eval mode without gradients; rows are computed a few at a time.
  absl::StatusOr<Logits> StageOneLogits(MapStore& maps, const RowSet& rows);
  // Makes tau part of the heads: rows divided by ||row||^tau, bias dropped.
  void ApplyTau(double tau);

  NetworkConfig config;
  torch::Device device;
  StageOne stage1;
  std::vector<Classifier> heads;
};

// Applies `rows_to_tensor` to the groups a few at a time, without gradients, and stacks what comes
// back.
absl::StatusOr<torch::Tensor> RowsInParts(
    const RowSet& rows,
    const std::function<absl::StatusOr<torch::Tensor>(const std::vector<std::vector<int>>&)>& rows_to_tensor);

// As StageOneLogits, for one head on one kind of input.
absl::StatusOr<Logits> HeadLogits(HeadModule& head, ClassifierInput input, MapStore& maps, const RowSet& rows);
// What the head's last layer is given, [rows, 32].
absl::StatusOr<torch::Tensor> HeadFeatures(HeadModule& head, ClassifierInput input, MapStore& maps, const RowSet& rows);

// LWS as part of a head: each class's row and bias times its scale.
void ScaleLastLayer(HeadModule& head, absl::Span<const double> scales);
// NCM as part of a head, whose last layer then has its inputs at length 1.
void ReplaceLastLayer(HeadModule& head, const NearestClassMean& means);

// Logits of a tau-normalised last layer on its inputs.
Logits TauLogits(const torch::Tensor& features, const torch::Tensor& weight, double tau);

}  // namespace tremorcast
