#pragma once

// Adam (Kingma and Ba) with its state in plain sight: Torch's own keeps it under keys that differ
// between the versions we build on, and a resumed run needs all of it. Internal to model/; throws
// c10::Error.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <torch/torch.h>

#include "model/checkpoint/safetensors.h"

namespace tremorcast {

class Adam {
 public:
  // Shares the module's parameters.
  explicit Adam(const torch::nn::Module& module);

  void ZeroGradients();
  void Step(double learning_rate);

  int64_t steps() const { return steps_; }
  // "<prefix><parameter>.m" and ".v".
  void Export(const std::string& prefix, std::map<std::string, FloatTensor>& out) const;
  absl::Status Import(const std::string& prefix, int64_t steps, const std::map<std::string, FloatTensor>& in);

 private:
  // One parameter with the running means of its gradient (m) and of the gradient's square (v).
  struct Moments {
    std::string name;
    torch::Tensor parameter, m, v;
  };
  std::vector<Moments> moments_;
  int64_t steps_ = 0;
};

}  // namespace tremorcast
