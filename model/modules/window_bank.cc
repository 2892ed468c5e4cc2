#include "model/modules/window_bank.h"

#include <cstddef>

#include "core/base/status_macros.h"

namespace tremorcast {

WindowBank::WindowBank(const WindowSource& source, const Normalisation& normalisation, const NetworkConfig& network,
                       int64_t cache_bytes, torch::Device device)
    : source_(source),
      normalisation_(normalisation),
      network_(network),
      bytes_left_(cache_bytes),
      device_(device),
      raw_(static_cast<size_t>(source.channels()) * static_cast<size_t>(source.slots())) {}

absl::StatusOr<torch::Tensor> WindowBank::Window(int window) {
  const auto found = cache_.find(window);
  if (found != cache_.end()) return found->second;
  RETURN_IF_ERROR(source_.Read(window, absl::MakeSpan(raw_)));
  torch::Tensor values = torch::empty({network_.channels, network_.slots}, torch::kFloat);
  const absl::Span<float> out(values.data_ptr<float>(), static_cast<size_t>(values.numel()));
  PoolSlots(raw_, network_.channels, source_.slots(), network_.slots, out);
  normalisation_.Apply(source_.station(window), network_.slots, out, out);
  torch::Tensor half = values.to(torch::kHalf);
  const int64_t bytes = half.numel() * 2;
  if (bytes <= bytes_left_) {
    bytes_left_ -= bytes;
    cache_.emplace(window, half);
  }
  return half;
}

absl::StatusOr<torch::Tensor> WindowBank::Batch(absl::Span<const int> windows) {
  std::vector<torch::Tensor> parts;
  parts.reserve(windows.size());
  for (int window : windows) {
    ASSIGN_OR_RETURN(auto part, Window(window));
    parts.push_back(part);
  }
  return torch::stack(parts).to(device_).to(torch::kFloat);
}

std::vector<int> WindowsOf(const std::vector<std::vector<int>>& groups) {
  std::vector<int> windows;
  for (const auto& group : groups) windows.insert(windows.end(), group.begin(), group.end());
  return windows;
}

}  // namespace tremorcast
