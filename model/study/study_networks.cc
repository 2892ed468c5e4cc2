#include "model/study/study_networks.h"

namespace tremorcast {
namespace {

constexpr int64_t kCnnChannels = 64;

class FlattenHead : public HeadModule {
 public:
  explicit FlattenHead(const NetworkConfig& config)
      : linear1_(register_module(
            "linear1", torch::nn::Linear(int64_t{config.classifier_channels()} * config.implicit_steps(), 64))),
        linear2_(register_module("linear2", torch::nn::Linear(64, 32))),
        linear3_(register_module("linear3", torch::nn::Linear(32, config.classes))) {}
  torch::Tensor Features(const torch::Tensor& x) override {
    return torch::relu(linear2_->forward(torch::relu(linear1_->forward(x.flatten(1)))));
  }
  torch::nn::Linear& last() override { return linear3_; }

 private:
  torch::nn::Linear linear1_, linear2_, linear3_;
};

class ConvolutionHead : public HeadModule {
 public:
  explicit ConvolutionHead(const NetworkConfig& config)
      : conv1_(register_module("conv1", SameConv(config.classifier_channels(), 64, 3))),
        conv2_(register_module("conv2", SameConv(64, 64, 3))),
        conv3_(register_module("conv3", SameConv(64, 64, 3))),
        linear1_(register_module("linear1", torch::nn::Linear(64, 64))),
        linear2_(register_module("linear2", torch::nn::Linear(64, 32))),
        linear3_(register_module("linear3", torch::nn::Linear(32, config.classes))) {}
  torch::Tensor Features(const torch::Tensor& x) override {
    torch::Tensor h = torch::relu(conv1_->forward(x));
    h = torch::relu(conv2_->forward(h));
    h = torch::relu(conv3_->forward(h)).mean(2);
    return torch::relu(linear2_->forward(torch::relu(linear1_->forward(h))));
  }
  torch::nn::Linear& last() override { return linear3_; }

 private:
  torch::nn::Conv1d conv1_, conv2_, conv3_;
  torch::nn::Linear linear1_, linear2_, linear3_;
};

torch::Tensor MaxPooled(const torch::Tensor& x) { return x.size(2) < 2 ? x : torch::max_pool1d(x, 2); }

}  // namespace

std::string HeadKindName(HeadKind kind) {
  switch (kind) {
    case HeadKind::kClassifier:
      return "DenseNet classifier";
    case HeadKind::kFlatten:
      return "Flatten";
    case HeadKind::kConvolutions:
      return "CNN";
  }
  return "?";
}

std::shared_ptr<HeadModule> MakeHead(HeadKind kind, const NetworkConfig& config) {
  if (kind == HeadKind::kFlatten) return std::make_shared<FlattenHead>(config);
  if (kind == HeadKind::kConvolutions) return std::make_shared<ConvolutionHead>(config);
  return std::make_shared<ClassifierImpl>(config);
}

PlainCnnImpl::PlainCnnImpl(const NetworkConfig& config)
    : conv1_(register_module("conv1", SameConv(config.channels, 32, 5))),
      conv2_(register_module("conv2", SameConv(32, kCnnChannels, 5))),
      conv3_(register_module("conv3", SameConv(kCnnChannels, kCnnChannels, 5))),
      linear_(
          register_module("linear", torch::nn::Linear(kCnnChannels * HalvedSteps(config.slots, 3), config.classes))),
      dropout_(config.dropout) {}

torch::Tensor PlainCnnImpl::Maps(const torch::Tensor& x) {
  torch::Tensor h = MaxPooled(torch::relu(conv1_->forward(x)));
  h = MaxPooled(torch::relu(conv2_->forward(h)));
  return MaxPooled(torch::relu(conv3_->forward(h)));
}

torch::Tensor PlainCnnImpl::Classify(const torch::Tensor& maps) {
  return linear_->forward(torch::dropout(maps.flatten(1), dropout_, is_training()));
}

int64_t TrainableParameters(const torch::nn::Module& module) {
  int64_t total = 0;
  for (const torch::Tensor& parameter : module.parameters()) total += parameter.numel();
  return total;
}

}  // namespace tremorcast
