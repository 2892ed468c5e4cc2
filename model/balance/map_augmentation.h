#pragma once

// Made-up training rows for stage 2, out of the pooled maps of real ones (Augmentation). Internal
// to model/; not thread safe; throws c10::Error.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>
#include <torch/torch.h>

#include "model/checkpoint/random.h"

namespace tremorcast {

// SMOTE (Chawla et al. 2002). An epoch that draws a class more often than it has rows would show
// the same rows again; those draws are made up instead. A made-up row lies between a row and one
// of the kSmoteNeighbours nearest of its class, at a uniformly drawn place.
class Smote {
 public:
  // The neighbours of every row of the classes that are drawn more often than they have rows.
  // `labels` are those of the training rows, `shares` the part of the draws that each class gets,
  // `maps_of` gives the maps of some rows, [rows, ...], among which distances are Euclidean.
  static absl::StatusOr<Smote> Create(
      absl::Span<const int> labels, absl::Span<const double> shares,
      const std::function<absl::StatusOr<torch::Tensor>(const std::vector<int>&)>& maps_of);

  // What a draw of `row` shows: itself plus `way` of the way to `towards`. `row` itself and 0 where
  // it is not made up. `shares` as above, for the epoch under way.
  struct Step {
    int towards = 0;
    double way = 0;  // [0, 1)
  };
  Step Draw(int row, absl::Span<const double> shares, Random& random) const;

  // Nearest first; empty where the class needs none, or the row is its only one.
  const std::vector<int>& Neighbours(int row) const { return neighbours_[static_cast<size_t>(row)]; }

 private:
  std::vector<int> labels_;
  std::vector<double> counts_;  // by class
  std::vector<std::vector<int>> neighbours_;
};

// from + way * (to - from), row by row.
torch::Tensor Between(const torch::Tensor& from, const torch::Tensor& to, const std::vector<double>& ways);

// Mixup (Zhang et al. 2018): row i of a batch becomes `share` of itself and the rest of row
// partner[i], and its loss is mixed alike.
struct Mixture {
  double share = 1;
  std::vector<int64_t> partner;
};
// share from Beta(kMixupAlpha, kMixupAlpha), partners a permutation.
Mixture DrawMixture(size_t rows, Random& random);

// Normal noise of kJitterDeviation, from Torch's default generator.
torch::Tensor Jittered(const torch::Tensor& maps);

}  // namespace tremorcast
