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
    slots_.push_back({item.key(), p, torch::zeros_like(p).detach(), torch::zeros_like(p).detach()});
  }
}

void Adam::ZeroGradients() {
  for (Slot& slot : slots_) slot.parameter.mutable_grad() = torch::Tensor();
}

void Adam::Step(double learning_rate) {
  torch::NoGradGuard no_grad;
  ++steps_;
  const double scale1 = 1 - std::pow(kBeta1, static_cast<double>(steps_));
  const double scale2 = std::sqrt(1 - std::pow(kBeta2, static_cast<double>(steps_)));
  for (Slot& slot : slots_) {
    const torch::Tensor& gradient = slot.parameter.grad();
    if (!gradient.defined()) continue;
    slot.m.mul_(kBeta1).add_(gradient, 1 - kBeta1);
    slot.v.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    slot.parameter.addcdiv_(slot.m, (slot.v.sqrt() / scale2).add_(kEpsilon), -learning_rate / scale1);
  }
}

void Adam::Export(const std::string& prefix, std::map<std::string, FloatTensor>& out) const {
  for (const Slot& slot : slots_) {
    out[prefix + slot.name + ".m"] = ToFloatTensor(slot.m);
    out[prefix + slot.name + ".v"] = ToFloatTensor(slot.v);
  }
}

absl::Status Adam::Import(const std::string& prefix, int64_t steps, const std::map<std::string, FloatTensor>& in) {
  steps_ = steps;
  for (Slot& slot : slots_) {
    RETURN_IF_ERROR(FromFloatTensor(in, prefix + slot.name + ".m", slot.m));
    RETURN_IF_ERROR(FromFloatTensor(in, prefix + slot.name + ".v", slot.v));
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
