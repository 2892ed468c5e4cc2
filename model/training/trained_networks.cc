#include "model/training/trained_networks.h"

#include <algorithm>
#include <cstddef>
#include <functional>

#include "core/base/status_macros.h"
#include "model/serving/inference.h"

namespace tremorcast {
namespace {

constexpr size_t kRowsAtOnce = 64;

}  // namespace

absl::StatusOr<torch::Tensor> RowsInParts(
    const RowSet& rows,
    const std::function<absl::StatusOr<torch::Tensor>(const std::vector<std::vector<int>>&)>& rows_to_tensor) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> parts;
  for (size_t begin = 0; begin < rows.groups.size(); begin += kRowsAtOnce) {
    const size_t end = std::min(begin + kRowsAtOnce, rows.groups.size());
    ASSIGN_OR_RETURN(auto part, rows_to_tensor({rows.groups.begin() + static_cast<std::ptrdiff_t>(begin),
                                                rows.groups.begin() + static_cast<std::ptrdiff_t>(end)}));
    parts.push_back(part);
  }
  return torch::cat(parts);
}

absl::StatusOr<Logits> TrainedNetworks::StageOneLogits(MapStore& maps, const RowSet& rows) {
  ASSIGN_OR_RETURN(auto logits,
                   RowsInParts(rows, [&](const std::vector<std::vector<int>>& groups) -> absl::StatusOr<torch::Tensor> {
                     ASSIGN_OR_RETURN(auto implicit, maps.Inputs(groups, ClassifierInput::kImplicit));
                     return stage1->linear->forward(implicit.mean(2));
                   }));
  return LogitRows(logits);
}

absl::StatusOr<Logits> HeadLogits(HeadModule& head, ClassifierInput input, MapStore& maps, const RowSet& rows) {
  ASSIGN_OR_RETURN(auto logits,
                   RowsInParts(rows, [&](const std::vector<std::vector<int>>& groups) -> absl::StatusOr<torch::Tensor> {
                     ASSIGN_OR_RETURN(auto inputs, maps.Inputs(groups, input));
                     return head.forward(inputs);
                   }));
  return LogitRows(logits);
}

absl::StatusOr<torch::Tensor> HeadFeatures(HeadModule& head, ClassifierInput input, MapStore& maps,
                                           const RowSet& rows) {
  return RowsInParts(rows, [&](const std::vector<std::vector<int>>& groups) -> absl::StatusOr<torch::Tensor> {
    ASSIGN_OR_RETURN(auto inputs, maps.Inputs(groups, input));
    return head.LastLayerInputs(inputs);
  });
}

void TrainedNetworks::ApplyTau(double tau) {
  const torch::NoGradGuard no_grad;
  for (Classifier& head : heads) {
    head->last()->weight.copy_(TauNormalised(head->last()->weight, tau));
    head->last()->bias.zero_();
  }
}

void ScaleLastLayer(HeadModule& head, absl::Span<const double> scales) {
  const torch::NoGradGuard no_grad;
  for (size_t k = 0; k < scales.size(); ++k) {
    const int64_t row = static_cast<int64_t>(k);
    head.last()->weight[row].mul_(scales[k]);
    head.last()->bias[row].mul_(scales[k]);
  }
}

void ReplaceLastLayer(HeadModule& head, const NearestClassMean& means) {
  const torch::NoGradGuard no_grad;
  const NearestClassMean::Linear linear = means.AsLinear();
  torch::nn::Linear& last = head.last();
  const auto tensor = [&](const std::vector<double>& values) {
    return torch::tensor(values, torch::kDouble).to(last->weight.options());
  };
  for (size_t k = 0; k < linear.weights.size(); ++k) {
    last->weight[static_cast<int64_t>(k)].copy_(tensor(linear.weights[k]));
  }
  last->bias.copy_(tensor(linear.biases));
  head.UseUnitLength(tensor(linear.centre));
}

Logits TauLogits(const torch::Tensor& features, const torch::Tensor& weight, double tau) {
  const torch::NoGradGuard no_grad;
  return LogitRows(features.matmul(TauNormalised(weight, tau).t()));
}

}  // namespace tremorcast
