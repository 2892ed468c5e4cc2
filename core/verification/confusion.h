#pragma once

// Confusion matrix and the averages people quote from it, every one by name (METHOD.md section 4).
// Pure.
// None of them proves skill on rare classes: the majority class alone reaches 91 % accuracy on real
// weeks.

#include <cstdint>
#include <utility>
#include <vector>

namespace tremorcast {

struct ClassificationMetrics {
  double accuracy = 0;
  double macro_recall = 0;
  double weighted_recall = 0;  // equals accuracy, by definition
  double macro_precision = 0;
  double mean_of_f1 = 0;   // mean over classes of F1
  double f1_of_means = 0;  // F1 of macro precision and macro recall
  double weighted_f1 = 0;
  double one_vs_rest_accuracy = 0;  // mean over classes of (TP + TN) / N
};

class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(int classes);
  // Rows are the truth, columns the prediction; must be square.
  explicit ConfusionMatrix(std::vector<std::vector<int64_t>> counts) : counts_(std::move(counts)) {}

  void Add(int truth, int predicted, int64_t n = 1) { counts_[truth][predicted] += n; }
  int classes() const { return static_cast<int>(counts_.size()); }
  int64_t count(int truth, int predicted) const { return counts_[truth][predicted]; }
  int64_t total() const;

  // A precision or recall with an empty denominator counts as 0; macro averages leave out a class
  // that neither occurs nor is predicted. All zero for an empty matrix.
  ClassificationMetrics Metrics() const;

 private:
  std::vector<std::vector<int64_t>> counts_;
};

}  // namespace tremorcast
