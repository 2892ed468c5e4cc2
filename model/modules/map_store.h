#pragma once

// What the frozen backbone makes of each station window: implicit features Z and explicit features
// E, kept as half floats and pooled per draw, so that station dropout still works (METHOD.md
// section 2). Not thread safe. Internal to model/; throws c10::Error.

#include <unordered_map>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>
#include <torch/torch.h>

#include "model/modules/torch_modules.h"
#include "model/modules/window_bank.h"

namespace tremorcast {

// Windows in a block: every block that the backbone computes has this many, padded with zeros,
// because the last bits of LibTorch's results depend on the batch size.
inline constexpr int kPredictorBlock = 16;

class MapStore {
 public:
  // Both must outlive the store; the backbone must be in eval mode and not change while the store
  // lives.
  MapStore(WindowBank& bank, Backbone backbone, const NetworkConfig& network, torch::Device device);

  // Computes and keeps what is not there yet, in blocks of kPredictorBlock windows.
  absl::Status Prepare(absl::Span<const int> windows);
  // The classifier's input, one row per group of windows: [groups, classifier_channels, steps].
  // What is missing is prepared first.
  absl::StatusOr<torch::Tensor> Inputs(const std::vector<std::vector<int>>& groups, ClassifierInput input);

 private:
  struct Maps {
    torch::Tensor z, e;
  };
  // Station maps of the groups, one after the other, as float on the device.
  absl::StatusOr<torch::Tensor> Gather(const std::vector<std::vector<int>>& groups, bool explicit_features);

  WindowBank& bank_;
  Backbone backbone_;
  NetworkConfig network_;
  torch::Device device_;
  std::unordered_map<int, Maps> maps_;
};

// Z and E of the windows, computed kPredictorBlock at a time. The last block is padded with zeros,
// so that every block has the same shape. Training and the predictor both go through here.
struct BlockMaps {
  torch::Tensor z;  // [n, 2 growth, steps]
  torch::Tensor e;  // [n, channels, steps]
};
BlockMaps RunBackboneInBlocks(Backbone& backbone, const torch::Tensor& windows);

// Pools station maps into classifier inputs: the one place where training and serving agree on what
// X is.
torch::Tensor ClassifierInputs(Backbone& backbone, const NetworkConfig& network, const StationGroups& groups,
                               const torch::Tensor& z, const torch::Tensor& e);

}  // namespace tremorcast
