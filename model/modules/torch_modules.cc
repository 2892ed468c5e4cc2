#include "model/modules/torch_modules.h"

#include <cstring>

#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

torch::Tensor HalveSteps(const torch::Tensor& x) { return x.size(2) < 2 ? x : torch::avg_pool1d(x, 2); }

// Parameters and statistics without the counters of batch norm, which our fixed momentum does not
// use.
template <typename Visit>
void ForEachTensor(const torch::nn::Module& module, const Visit& visit) {
  for (const auto& item : module.named_parameters()) visit(item.key(), item.value());
  for (const auto& item : module.named_buffers()) {
    if (item.value().is_floating_point()) visit(item.key(), item.value());
  }
}

// Channels that the second layer of a dense block sees.
int64_t SecondLayerInputs(int64_t in, const NetworkConfig& config) {
  return config.connectivity == Connectivity::kDense ? in + config.layer_channels() : config.layer_channels();
}

}  // namespace

torch::nn::Conv1d SameConv(int64_t in, int64_t out, int64_t kernel) {
  return torch::nn::Conv1d(torch::nn::Conv1dOptions(in, out, kernel).padding(kernel / 2));
}

DenseBlockImpl::DenseBlockImpl(int64_t in, const NetworkConfig& config)
    : dense_(config.connectivity == Connectivity::kDense),
      norm1_(register_module("norm1", torch::nn::BatchNorm1d(in))),
      norm2_(register_module("norm2", torch::nn::BatchNorm1d(SecondLayerInputs(in, config)))),
      conv1_(register_module("conv1", SameConv(in, config.layer_channels(), 3))),
      conv2_(register_module("conv2", SameConv(SecondLayerInputs(in, config), config.layer_channels(), 3))),
      dropout_(config.dropout) {}

torch::Tensor DenseBlockImpl::forward(const torch::Tensor& x) {
  const torch::Tensor first = conv1_->forward(torch::relu(norm1_->forward(x)));
  const torch::Tensor seen = dense_ ? torch::cat({x, first}, 1) : first;
  torch::Tensor h = conv2_->forward(torch::relu(norm2_->forward(seen)));
  if (dense_) h = torch::cat({first, h}, 1);
  h = torch::dropout(h, dropout_, is_training());
  return torch::cat({x, h}, 1);
}

TransitionImpl::TransitionImpl(int64_t in, int64_t out)
    : norm_(register_module("norm", torch::nn::BatchNorm1d(in))),
      conv_(register_module("conv", SameConv(in, out, 1))) {}

torch::Tensor TransitionImpl::forward(const torch::Tensor& x) {
  return HalveSteps(conv_->forward(torch::relu(norm_->forward(x))));
}

BackboneImpl::BackboneImpl(const NetworkConfig& config)
    : conv_(register_module("conv", SameConv(config.channels, config.growth, 7))),
      norm_(register_module("norm", torch::nn::BatchNorm1d(config.growth))),
      implicit_(register_module("implicit", torch::nn::BatchNorm1d(config.implicit_channels()))) {
  for (int i = 1; i <= 4; ++i) {
    blocks_.push_back(register_module(absl::StrCat("block", i), DenseBlock(config.growth, config)));
    if (i == 4) break;
    transitions_.push_back(
        register_module(absl::StrCat("transition", i), Transition(2 * config.growth, config.growth)));
  }
  if (config.pool == StationPool::kAttention) {
    attention_ = register_module("attention", torch::nn::Linear(config.implicit_channels(), 1));
  }
}

torch::Tensor BackboneImpl::forward(const torch::Tensor& x) {
  torch::Tensor h = torch::relu(norm_->forward(conv_->forward(x)));
  for (size_t i = 0; i < blocks_.size(); ++i) {
    h = blocks_[i]->forward(h);
    if (i < transitions_.size()) h = transitions_[i]->forward(h);
  }
  return implicit_->forward(h);
}

torch::Tensor BackboneImpl::AttentionScores(const torch::Tensor& z) {
  return attention_->forward(z.mean(2)).squeeze(1);
}

torch::Tensor UnitRows(const torch::Tensor& rows) { return rows / rows.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12); }

void HeadModule::UseUnitLength(const torch::Tensor& centre) {
  const torch::NoGradGuard no_grad;
  if (!centre_.defined()) {
    centre_ = register_buffer("centre", centre.detach().clone());
  } else {
    centre_.copy_(centre);
  }
}

torch::Tensor HeadModule::LastLayerInputs(const torch::Tensor& x) {
  const torch::Tensor features = Features(x);
  return centre_.defined() ? UnitRows(features - centre_) : features;
}

ClassifierImpl::ClassifierImpl(const NetworkConfig& config)
    : block_(register_module("block", DenseBlock(config.classifier_channels(), config))),
      transition_(register_module("transition", Transition(config.classifier_channels() + config.growth,
                                                           (config.classifier_channels() + config.growth) / 2))),
      conv1_(register_module("conv1", SameConv((config.classifier_channels() + config.growth) / 2, 64, 3))),
      conv2_(register_module("conv2", SameConv(64, 64, 3))),
      conv3_(register_module("conv3", SameConv(64, 64, 3))),
      linear1_(register_module("linear1", torch::nn::Linear(64, 64))),
      linear2_(register_module("linear2", torch::nn::Linear(64, 32))),
      linear3_(register_module("linear3", torch::nn::Linear(32, config.classes))) {
  if (config.last_inputs == LastInputs::kUnitLength) UseUnitLength(torch::zeros({32}));
}

torch::Tensor ClassifierImpl::Features(const torch::Tensor& x) {
  torch::Tensor h = transition_->forward(block_->forward(x));
  h = torch::relu(conv1_->forward(h));
  h = torch::relu(conv2_->forward(h));
  h = torch::relu(conv3_->forward(h)).mean(2);
  h = torch::relu(linear1_->forward(h));
  return torch::relu(linear2_->forward(h));
}

void InitialiseWeights(torch::nn::Module& module) {
  torch::NoGradGuard no_grad;
  for (const auto& child : module.modules()) {
    if (auto* conv = child->as<torch::nn::Conv1d>()) {
      torch::nn::init::xavier_uniform_(conv->weight);
      torch::nn::init::zeros_(conv->bias);
    } else if (auto* linear = child->as<torch::nn::Linear>()) {
      torch::nn::init::xavier_uniform_(linear->weight);
      torch::nn::init::zeros_(linear->bias);
    }
  }
}

torch::Tensor ExplicitFeatures(const torch::Tensor& x) { return HalveSteps(HalveSteps(HalveSteps(x))); }

torch::Tensor TauNormalised(const torch::Tensor& weight, double tau) {
  // A row of zeros stays zeros.
  return weight / weight.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12).pow(tau);
}

StationGroups::StationGroups(const std::vector<std::vector<int>>& windows) {
  for (const std::vector<int>& sample : windows) Add(static_cast<int64_t>(sample.size()));
}

torch::Tensor StationWeights(const StationGroups& groups, const torch::Tensor& scores, const torch::Device& device) {
  std::vector<torch::Tensor> parts;
  for (int64_t g = 0; g < groups.groups(); ++g) {
    const int64_t begin = groups.begin[static_cast<size_t>(g)], end = groups.begin[static_cast<size_t>(g) + 1];
    parts.push_back(scores.defined() ? torch::softmax(scores.slice(0, begin, end), 0)
                                     : torch::full({end - begin}, 1.0 / static_cast<double>(end - begin),
                                                   torch::TensorOptions().dtype(torch::kFloat).device(device)));
  }
  return torch::cat(parts);
}

torch::Tensor PoolStations(const torch::Tensor& maps, const StationGroups& groups, StationPool pool,
                           const torch::Tensor& weights) {
  std::vector<torch::Tensor> rows;
  for (int64_t g = 0; g < groups.groups(); ++g) {
    const int64_t begin = groups.begin[static_cast<size_t>(g)], end = groups.begin[static_cast<size_t>(g) + 1];
    const torch::Tensor stations = maps.slice(0, begin, end);
    rows.push_back(pool == StationPool::kMax ? stations.amax(0)
                                             : (stations * weights.slice(0, begin, end).view({-1, 1, 1})).sum(0));
  }
  return torch::stack(rows);
}

FloatTensor ToFloatTensor(const torch::Tensor& tensor) {
  const torch::Tensor data = tensor.detach().to(torch::kCPU, torch::kFloat).contiguous();
  FloatTensor out;
  out.shape = data.sizes().vec();
  out.values.assign(data.data_ptr<float>(), data.data_ptr<float>() + data.numel());
  return out;
}

absl::Status FromFloatTensor(const std::map<std::string, FloatTensor>& in, const std::string& name,
                             torch::Tensor tensor) {
  torch::NoGradGuard no_grad;
  const auto found = in.find(name);
  if (found == in.end() || found->second.shape != tensor.sizes().vec()) {
    return absl::InvalidArgumentError(absl::StrCat("tensor '", name, "' is missing or has another shape"));
  }
  torch::Tensor host = torch::empty(tensor.sizes(), torch::kFloat);
  std::memcpy(host.data_ptr<float>(), found->second.values.data(), found->second.values.size() * sizeof(float));
  tensor.copy_(host);
  return absl::OkStatus();
}

void ExportTensors(const torch::nn::Module& module, const std::string& prefix,
                   std::map<std::string, FloatTensor>& out) {
  ForEachTensor(
      module, [&](const std::string& name, const torch::Tensor& value) { out[prefix + name] = ToFloatTensor(value); });
}

absl::Status ImportTensors(torch::nn::Module& module, const std::string& prefix,
                           const std::map<std::string, FloatTensor>& in) {
  absl::Status status;
  ForEachTensor(module, [&](const std::string& name, const torch::Tensor& value) {
    status.Update(FromFloatTensor(in, prefix + name, value));
  });
  return status;
}

}  // namespace tremorcast
