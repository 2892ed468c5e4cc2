#include "model/balance/batch_loss.h"

#include <algorithm>
#include <vector>

namespace tremorcast {
namespace {

torch::Tensor ToTensor(const std::vector<double>& values, const torch::Device& device) {
  return torch::tensor(values, torch::kDouble).to(torch::kFloat).to(device);
}

// -ln softmax(logits)_y by row.
torch::Tensor CrossEntropies(const torch::Tensor& logits, const torch::Tensor& targets) {
  return -torch::log_softmax(logits, 1).gather(1, targets.unsqueeze(1)).squeeze(1);
}

}  // namespace

BatchLoss::BatchLoss(LossKind kind, absl::Span<const int> labels, int classes, int max_epochs,
                     const torch::Device& device)
    : kind_(kind), plain_epochs_(kind == LossKind::kLdam ? std::min(kLdamPlainEpochs, max_epochs - 1) : 0) {
  const std::vector<double> counts = RowsByClass(labels, classes);
  weights_ = ToTensor(ClassWeights(counts, kind), device);
  margins_ = ToTensor(LdamMargins(counts), device);
}

torch::Tensor BatchLoss::LogitsOf(HeadModule& head, const torch::Tensor& inputs) const {
  if (kind_ != LossKind::kLdam) return head.forward(inputs);
  return kLdamScale * torch::matmul(UnitRows(head.Features(inputs)), UnitRows(head.last()->weight).t());
}

torch::Tensor BatchLoss::Mean(const torch::Tensor& logits, const torch::Tensor& targets, int epoch) const {
  switch (kind_) {
    case LossKind::kCrossEntropy:
      break;
    case LossKind::kClassBalanced:
      return (weights_.index_select(0, targets) * CrossEntropies(logits, targets)).mean();
    case LossKind::kFocal: {
      const torch::Tensor losses = CrossEntropies(logits, targets);
      return ((1 - torch::exp(-losses)).pow(kFocalGamma) * losses).mean();
    }
    case LossKind::kLdam: {
      const torch::Tensor margins = margins_.index_select(0, targets).unsqueeze(1);
      const torch::Tensor at_target = torch::one_hot(targets, logits.size(1)).to(logits.dtype());
      const torch::Tensor losses = CrossEntropies(logits - kLdamScale * margins * at_target, targets);
      return epoch < plain_epochs_ ? losses.mean() : (weights_.index_select(0, targets) * losses).mean();
    }
  }
  return torch::nn::functional::cross_entropy(logits, targets);
}

void BatchLoss::Fold(HeadModule& head) const {
  if (kind_ != LossKind::kLdam) return;
  const torch::NoGradGuard no_grad;
  torch::nn::Linear& last = head.last();
  last->weight.copy_(kLdamScale * UnitRows(last->weight));
  last->bias.zero_();
  head.UseUnitLength(torch::zeros({last->weight.size(1)}, last->weight.options()));
}

}  // namespace tremorcast
