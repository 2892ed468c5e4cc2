#pragma once

// Which samples an epoch draws (METHOD.md section 2, long-tail treatments). Pure given the random
// numbers.

#include <vector>

#include <absl/types/span.h>

#include "model/checkpoint/random.h"
#include "model/training/training.h"

namespace tremorcast {

class BatchSampler {
 public:
  // `labels[i]` is the class of item i, `max_epochs` the length of the progressive schedule.
  BatchSampler(absl::Span<const int> labels, int classes, Sampling sampling, int max_epochs);

  // Draws as many items as there are: a permutation for instance-balanced sampling, otherwise with
  // replacement, the class first. `epoch` counts from 0.
  std::vector<int> Draw(int epoch, Random& random) const;
  // Probability of each class at that epoch; a class without items has 0.
  std::vector<double> ClassProbabilities(int epoch) const;
  // What remains for the prior of the probabilities after this sampling (PriorAfterLoss says what a
  // loss takes away besides): proportional to n_k / (share the sampler gave
  // class k) with Jeffreys-smoothed counts, at the last epoch's shares. Uniform for
  // instance-balanced sampling, the class frequencies for class-balanced.
  std::vector<double> BalancedAwayPrior() const;

 private:
  Sampling sampling_;
  int max_epochs_;
  std::vector<std::vector<int>> members_;  // by class
};

// Consecutive batches. A last batch of one item is dropped, because batch norm needs two.
std::vector<std::vector<int>> Batches(absl::Span<const int> draws, int batch_size);
// How many batches so many draws make.
int StepsPerEpoch(int draws, int batch_size);

}  // namespace tremorcast
