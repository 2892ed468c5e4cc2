#pragma once

// The neural networks as Torch modules (METHOD.md section 2). Internal to model/. Everything here
// throws c10::Error, so that callers go through TorchStatus (torch_status.h).

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/network_config.h"

namespace tremorcast {

// A convolution that keeps the number of steps.
torch::nn::Conv1d SameConv(int64_t in, int64_t out, int64_t kernel);

// Two layers (BN, ReLU, Conv k3), dropout, concatenation with the block's input: in -> in + growth
// channels. What the second layer sees, and whether both outputs are kept, is
// config.connectivity.
class DenseBlockImpl : public torch::nn::Module {
 public:
  DenseBlockImpl(int64_t in, const NetworkConfig& config);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  bool dense_;
  torch::nn::BatchNorm1d norm1_, norm2_;
  torch::nn::Conv1d conv1_, conv2_;
  double dropout_;
};
TORCH_MODULE(DenseBlock);

// BN, ReLU, Conv k1, average pool 2 (skipped where it would leave less than one step).
class TransitionImpl : public torch::nn::Module {
 public:
  TransitionImpl(int64_t in, int64_t out);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::nn::BatchNorm1d norm_;
  torch::nn::Conv1d conv_;
};
TORCH_MODULE(Transition);

// Station windows [n, channels, slots] -> implicit features Z [n, 2 growth, steps].
class BackboneImpl : public torch::nn::Module {
 public:
  explicit BackboneImpl(const NetworkConfig& config);
  torch::Tensor forward(const torch::Tensor& x);
  // One number per station, computed from Z. Only a backbone with the attention pool has it.
  torch::Tensor AttentionScores(const torch::Tensor& z);

 private:
  torch::nn::Conv1d conv_;
  torch::nn::BatchNorm1d norm_;
  std::vector<DenseBlock> blocks_;
  std::vector<Transition> transitions_;
  torch::nn::BatchNorm1d implicit_;
  torch::nn::Linear attention_{nullptr};
};
TORCH_MODULE(Backbone);

// Rows brought to length 1; a row of zeros stays one.
torch::Tensor UnitRows(const torch::Tensor& rows);

// X [n, channels, steps] -> logits [n, classes], ending in one linear layer: what stage 2 trains.
class HeadModule : public torch::nn::Module {
 public:
  // The numbers in front of the last layer, [n, 32].
  virtual torch::Tensor Features(const torch::Tensor& x) = 0;
  virtual torch::nn::Linear& last() = 0;
  // From here on the last layer is given its inputs less `centre`, [32], at length 1
  // (LastInputs::kUnitLength). The centre is a buffer of the module, and so part of a checkpoint.
  void UseUnitLength(const torch::Tensor& centre);
  // What the last layer is given, [n, 32].
  torch::Tensor LastLayerInputs(const torch::Tensor& x);
  torch::Tensor forward(const torch::Tensor& x) { return last()->forward(LastLayerInputs(x)); }

 private:
  torch::Tensor centre_;  // undefined: inputs as they are
};

// The paper's classifier (its Fig. 3).
class ClassifierImpl : public HeadModule {
 public:
  explicit ClassifierImpl(const NetworkConfig& config);
  torch::Tensor Features(const torch::Tensor& x) override;
  torch::nn::Linear& last() override { return linear3_; }

 private:
  DenseBlock block_;
  Transition transition_;
  torch::nn::Conv1d conv1_, conv2_, conv3_;
  torch::nn::Linear linear1_, linear2_, linear3_;
};
TORCH_MODULE(Classifier);

// Xavier uniform weights and zero biases for convolutions and linears, from Torch's default
// generator.
void InitialiseWeights(torch::nn::Module& module);

// The explicit features E: the normalised input through the same pools as Z.
torch::Tensor ExplicitFeatures(const torch::Tensor& x);

// Rows of `weight` divided by ||row||^tau.
torch::Tensor TauNormalised(const torch::Tensor& weight, double tau);

// How station maps become sample maps: rows [begin[i], begin[i + 1]) of the station tensors belong
// to sample i.
struct StationGroups {
  std::vector<int64_t> begin = {0};
  StationGroups() = default;
  // As many stations in each sample as it has windows.
  explicit StationGroups(const std::vector<std::vector<int>>& windows);
  void Add(int64_t stations) { begin.push_back(begin.back() + stations); }
  int64_t groups() const { return static_cast<int64_t>(begin.size()) - 1; }
};
// The weight of each station within its group, [stations]: the softmax of its scores, or 1 / n
// without scores.
torch::Tensor StationWeights(const StationGroups& groups, const torch::Tensor& scores, const torch::Device& device);
// Pools maps [stations, c, t] to [groups, c, t]. The max pool ignores `weights`.
torch::Tensor PoolStations(const torch::Tensor& maps, const StationGroups& groups, StationPool pool,
                           const torch::Tensor& weights);

// Both copy. FromFloatTensor answers InvalidArgument unless `in[name]` exists with the tensor's
// shape.
FloatTensor ToFloatTensor(const torch::Tensor& tensor);
absl::Status FromFloatTensor(const std::map<std::string, FloatTensor>& in, const std::string& name,
                             torch::Tensor tensor);

// Adds the parameters and batch-norm statistics to `out`: the prefix, then their name in the
// checkpoint ("conv.weight").
void ExportTensors(const torch::nn::Module& module, const std::string& prefix, std::map<std::string, FloatTensor>& out);
// InvalidArgument unless every tensor of the module is there with its shape.
absl::Status ImportTensors(torch::nn::Module& module, const std::string& prefix,
                           const std::map<std::string, FloatTensor>& in);

}  // namespace tremorcast
