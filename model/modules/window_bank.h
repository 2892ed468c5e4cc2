#pragma once

// Normalised windows for training, read from a WindowSource and kept as half floats up to a limit
// of memory. Every window goes through the half float, kept or not, so results do not depend on the
// limit. Not thread safe. Internal to model/; throws c10::Error.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>
#include <torch/torch.h>

#include "model/checkpoint/network_config.h"
#include "model/checkpoint/normalisation.h"
#include "model/checkpoint/sample_set.h"

namespace tremorcast {

class WindowBank {
 public:
  // `source` and `normalisation` must outlive the bank.
  WindowBank(const WindowSource& source, const Normalisation& normalisation, const NetworkConfig& network,
             int64_t cache_bytes, torch::Device device);

  // [n, channels, slots] float on the device.
  absl::StatusOr<torch::Tensor> Batch(absl::Span<const int> windows);

 private:
  absl::StatusOr<torch::Tensor> Window(int window);

  const WindowSource& source_;
  const Normalisation& normalisation_;
  NetworkConfig network_;
  int64_t bytes_left_;
  torch::Device device_;
  std::unordered_map<int, torch::Tensor> cache_;
  std::vector<float> raw_;
};

// The windows of all groups, one group after the other.
std::vector<int> WindowsOf(const std::vector<std::vector<int>>& groups);

}  // namespace tremorcast
