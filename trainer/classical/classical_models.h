#pragma once

// The paper's Weighted-DT and Weighted-SVM. A row of class k weighs N / (K n_k), so both answer for
// classes of equal weight. OpenCV's machine learning behind a header without OpenCV. Deterministic;
// blocks for the fit; a fitted model may be asked from several threads.
//
// Errors of the fits: InvalidArgument (sizes that differ, a value that is not finite, a label out
// of range), FailedPrecondition (fewer than two classes among the labels), Internal (OpenCV
// failed).

#include <memory>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "trainer/classical/window_summary.h"

namespace tremorcast {

class ClassicalModel {
 public:
  virtual ~ClassicalModel() = default;
  // [row][class]: finite, softmax(scores / T) makes sense, the largest is the decision.
  virtual std::vector<std::vector<double>> Scores(const FeatureMatrix& rows) const = 0;
};

struct TreeOptions {
  int max_depth = 8;
  int min_split = 10;  // rows that a node needs to be split
  // Added to each class of a leaf's weighted counts, in rows of average weight, so that no share is
  // 0.
  double smoothing = 1;
};
// Grown by Gini, without pruning. Scores are ln of the smoothed, weighted class shares of the leaf.
absl::StatusOr<std::unique_ptr<ClassicalModel>> FitWeightedTree(const FeatureMatrix& rows, absl::Span<const int> labels,
                                                                int classes, const TreeOptions& options);

struct SvmOptions {
  double c = 1;
};
// Linear, one class against the rest, columns standardised on `rows`. In each of the problems the
// two sides weigh N / (2 n): the rule above for K = 2. Scores are the decision values: positive on
// the class's side. A class without rows scores kNoClassScore.
inline constexpr double kNoClassScore = -1e4;
absl::StatusOr<std::unique_ptr<ClassicalModel>> FitWeightedSvm(const FeatureMatrix& rows, absl::Span<const int> labels,
                                                               int classes, const SvmOptions& options);

}  // namespace tremorcast
