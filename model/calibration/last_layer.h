#pragma once

// Two treatments of a trained head's last layer for rare classes (Kang et al., "Decoupling
// representation and classifier", 2020), without Torch. Both answer for classes of equal weight.
// Pure; thread safe.

#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "model/calibration/head_calibration.h"

namespace tremorcast {

// LWS: the layer stays as it is, and class k's score (bias included) is multiplied by a learned
// f_k. f minimises the mean cross-entropy over classes of equal weight, which is what
// class-balanced sampling tends to, plus ridge / 2 * sum (f_k - 1)^2: without it scales of
// separable training rows have no limit. The problem is convex, so Newton's minimum is the only
// one. InvalidArgument: no rows, sizes that differ, ridge <= 0. Internal: no convergence.
inline constexpr double kScaleRidge = 1e-2;
absl::StatusOr<std::vector<double>> FitClassScales(const Logits& logits, absl::Span<const int> labels,
                                                   double ridge = kScaleRidge);
Logits ScaleClasses(const Logits& logits, absl::Span<const double> scales);

// NCM: features are centred on the training mean and brought to length 1; a class is the mean of
// its training rows, and its score -kDistanceScale times the squared distance to it.
class NearestClassMean {
 public:
  // Keeps T of the calibration inside its range: squared distances lie in [0, 4].
  static constexpr double kDistanceScale = 10;

  // `features` by row. InvalidArgument: no rows or sizes that differ.
  static absl::StatusOr<NearestClassMean> Fit(absl::Span<const std::vector<double>> features,
                                              absl::Span<const int> labels, int classes);
  // A class without training rows scores as at the largest distance, 4.
  Logits Scores(absl::Span<const std::vector<double>> features) const;

  // The same scores less what all classes of a row have in common, which no probability depends on:
  // a linear layer on the centred features at length 1, |d - m|^2 = |d|^2 - 2 d.m + |m|^2.
  struct Linear {
    std::vector<double> centre;                // [features]
    std::vector<std::vector<double>> weights;  // [classes][features]
    std::vector<double> biases;                // [classes]
  };
  Linear AsLinear() const;

 private:
  std::vector<double> Direction(const std::vector<double>& row) const;

  std::vector<double> centre_;
  std::vector<std::vector<double>> means_;  // by class; empty where it has no rows
};

}  // namespace tremorcast
