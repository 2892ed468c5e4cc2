#include "model/modules/map_store.h"

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <utility>

#include "core/base/status_macros.h"

namespace tremorcast {

BlockMaps RunBackboneInBlocks(Backbone& backbone, const torch::Tensor& windows) {
  std::vector<torch::Tensor> z, e;
  for (int64_t begin = 0; begin < windows.size(0); begin += kPredictorBlock) {
    torch::Tensor block = windows.slice(0, begin, std::min<int64_t>(begin + kPredictorBlock, windows.size(0)));
    const int64_t used = block.size(0);
    if (used < kPredictorBlock) {
      block =
          torch::cat({block, torch::zeros({kPredictorBlock - used, block.size(1), block.size(2)}, block.options())});
    }
    z.push_back(backbone->forward(block).slice(0, 0, used));
    e.push_back(ExplicitFeatures(block).slice(0, 0, used));
  }
  return {torch::cat(z), torch::cat(e)};
}

torch::Tensor ClassifierInputs(Backbone& backbone, const NetworkConfig& network, const StationGroups& groups,
                               const torch::Tensor& z, const torch::Tensor& e) {
  // Where every group is one station, as in station mode and in sets of single series, the mean and
  // the maximum are the station's own map. Attention takes the long way, for the sake of its
  // gradient.
  const bool alone = groups.groups() == z.size(0) && network.pool != StationPool::kAttention;
  if (alone) {
    if (network.input == ClassifierInput::kImplicit) return z;
    return network.input == ClassifierInput::kExplicit ? e : torch::cat({z, e}, 1);
  }
  torch::Tensor weights;
  if (network.pool != StationPool::kMax) {
    const torch::Tensor scores =
        network.pool == StationPool::kAttention ? backbone->AttentionScores(z) : torch::Tensor();
    weights = StationWeights(groups, scores, z.device());
  }
  const auto pooled = [&](const torch::Tensor& maps) { return PoolStations(maps, groups, network.pool, weights); };
  if (network.input == ClassifierInput::kImplicit) return pooled(z);
  return network.input == ClassifierInput::kExplicit ? pooled(e) : torch::cat({pooled(z), pooled(e)}, 1);
}

MapStore::MapStore(WindowBank& bank, Backbone backbone, const NetworkConfig& network, torch::Device device)
    : bank_(bank), backbone_(std::move(backbone)), network_(network), device_(device) {}

absl::Status MapStore::Prepare(absl::Span<const int> windows) {
  torch::NoGradGuard no_grad;
  std::vector<int> missing;
  std::unordered_set<int> listed;
  for (int window : windows) {
    if (maps_.count(window) == 0 && listed.insert(window).second) missing.push_back(window);
  }
  for (size_t begin = 0; begin < missing.size(); begin += kPredictorBlock) {
    const absl::Span<const int> part = absl::MakeConstSpan(missing).subspan(begin, kPredictorBlock);
    ASSIGN_OR_RETURN(auto batch, bank_.Batch(part));
    const BlockMaps block = RunBackboneInBlocks(backbone_, batch);
    const torch::Tensor z = block.z.to(torch::kHalf).to(torch::kCPU), e = block.e.to(torch::kHalf).to(torch::kCPU);
    for (size_t i = 0; i < part.size(); ++i) {
      const int64_t row = static_cast<int64_t>(i);
      // They are cloned, because a slice would keep the whole block alive.
      maps_[part[i]] = {z[row].clone(), e[row].clone()};
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<torch::Tensor> MapStore::Gather(const std::vector<std::vector<int>>& groups, bool explicit_features) {
  const std::vector<int> windows = WindowsOf(groups);
  RETURN_IF_ERROR(Prepare(windows));
  std::vector<torch::Tensor> rows;
  rows.reserve(windows.size());
  for (int window : windows) {
    const Maps& maps = maps_.at(window);
    rows.push_back(explicit_features ? maps.e : maps.z);
  }
  return torch::stack(rows).to(device_).to(torch::kFloat);
}

absl::StatusOr<torch::Tensor> MapStore::Inputs(const std::vector<std::vector<int>>& groups, ClassifierInput input) {
  torch::NoGradGuard no_grad;
  ASSIGN_OR_RETURN(auto z, Gather(groups, false));
  torch::Tensor e;
  if (input != ClassifierInput::kImplicit) {
    ASSIGN_OR_RETURN(e, Gather(groups, true));
  }
  NetworkConfig network = network_;
  network.input = input;
  return ClassifierInputs(backbone_, network, StationGroups(groups), z, e);
}

}  // namespace tremorcast
