#pragma once

// The loss of a batch of stage 2, for each LossKind. Internal to model/; not thread safe; throws
// c10::Error.

#include <absl/types/span.h>
#include <torch/torch.h>

#include "model/balance/class_balance.h"
#include "model/modules/torch_modules.h"

namespace tremorcast {

class BatchLoss {
 public:
  // `labels` are those of all training rows, from which weights and margins follow.
  BatchLoss(LossKind kind, absl::Span<const int> labels, int classes, int max_epochs, const torch::Device& device);

  // What the loss is of, and what a validation looks at: the head's logits. LDAM trains a cosine
  // layer (rows of the last weight and its inputs at length 1, no bias, times kLdamScale).
  torch::Tensor LogitsOf(HeadModule& head, const torch::Tensor& inputs) const;

  // The mean over rows (not over weights: those of a batch would depend on whom it happened to
  // draw). LDAM's weights act from epoch plain_epochs() on.
  torch::Tensor Mean(const torch::Tensor& logits, const torch::Tensor& targets, int epoch) const;

  // Epochs before the first whose result may be kept; less than max_epochs.
  int plain_epochs() const { return plain_epochs_; }

  // Makes what training did to the last layer part of the head, so that head.forward gives
  // LogitsOf. Nothing for losses other than LDAM's.
  void Fold(HeadModule& head) const;

 private:
  LossKind kind_;
  int plain_epochs_;
  torch::Tensor weights_, margins_;  // [classes]
};

}  // namespace tremorcast
