#pragma once

// The neural networks that the paper compares its own with (METHOD.md section 4). Internal to
// model/; throws c10::Error.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "model/checkpoint/network_config.h"
#include "model/modules/torch_modules.h"

namespace tremorcast {

// What stands on the pooled maps in stage 2.
enum class HeadKind : int8_t {
  kClassifier,    // the paper's
  kFlatten,       // all channels and steps -> 64 -> 32 -> classes
  kConvolutions,  // three Conv k3 (-> 64, ReLU), mean over time, 64 -> 64 -> 32 -> classes
};
std::string HeadKindName(HeadKind kind);  // "DenseNet classifier" | "Flatten" | "CNN"
std::shared_ptr<HeadModule> MakeHead(HeadKind kind, const NetworkConfig& config);

// The plain CNN of table IV: 3 x (Conv k5, ReLU, MaxPool 2) per station window, the mean over
// stations, dropout and one linear layer on all channels and steps. A pool that would leave less
// than one step is skipped.
class PlainCnnImpl : public torch::nn::Module {
 public:
  explicit PlainCnnImpl(const NetworkConfig& config);
  // Station windows [n, channels, slots] -> maps [n, 64, steps].
  torch::Tensor Maps(const torch::Tensor& x);
  // Maps of samples -> logits.
  torch::Tensor Classify(const torch::Tensor& maps);

 private:
  torch::nn::Conv1d conv1_, conv2_, conv3_;
  torch::nn::Linear linear_;
  double dropout_;
};
TORCH_MODULE(PlainCnn);

int64_t TrainableParameters(const torch::nn::Module& module);

}  // namespace tremorcast
