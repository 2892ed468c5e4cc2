#include "model/training/adam.h"

#include <cmath>

#include "core/base/status_macros.h"
#include "model/modules/torch_modules.h"

namespace tremorcast {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

}  // namespace

Adam::Adam(const torch::nn::Module& module) {
  for (const auto& item : module.named_parameters()) {
    const torch::Tensor& p = item.value();
    moments_.push_back({item.key(), p, torch::zeros_like(p).detach(), torch::zeros_like(p).detach()});
  }
}

void Adam::ZeroGradients() {
  for (Moments& moments : moments_) moments.parameter.mutable_grad() = torch::Tensor();
}

void Adam::Step(double learning_rate) {
  torch::NoGradGuard no_grad;
  ++steps_;
  const double scale1 = 1 - std::pow(kBeta1, static_cast<double>(steps_));
  const double scale2 = std::sqrt(1 - std::pow(kBeta2, static_cast<double>(steps_)));
  for (Moments& moments : moments_) {
    const torch::Tensor& gradient = moments.parameter.grad();
    if (!gradient.defined()) continue;
    moments.m.mul_(kBeta1).add_(gradient, 1 - kBeta1);
    moments.v.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    moments.parameter.addcdiv_(moments.m, (moments.v.sqrt() / scale2).add_(kEpsilon), -learning_rate / scale1);
  }
}

void Adam::Export(const std::string& prefix, std::map<std::string, FloatTensor>& out) const {
  for (const Moments& moments : moments_) {
    out[prefix + moments.name + ".m"] = ToFloatTensor(moments.m);
    out[prefix + moments.name + ".v"] = ToFloatTensor(moments.v);
  }
}

absl::Status Adam::Import(const std::string& prefix, int64_t steps, const std::map<std::string, FloatTensor>& in) {
  steps_ = steps;
  for (Moments& moments : moments_) {
    RETURN_IF_ERROR(FromFloatTensor(in, prefix + moments.name + ".m", moments.m));
    RETURN_IF_ERROR(FromFloatTensor(in, prefix + moments.name + ".v", moments.v));
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
