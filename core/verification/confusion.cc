#include "core/verification/confusion.h"

#include <cstddef>

namespace tremorcast {
namespace {

double Ratio(double numerator, double denominator) { return denominator == 0 ? 0 : numerator / denominator; }

double F1(double precision, double recall) { return Ratio(2 * precision * recall, precision + recall); }

}  // namespace

ConfusionMatrix::ConfusionMatrix(int classes)
    : counts_(static_cast<size_t>(classes), std::vector<int64_t>(static_cast<size_t>(classes), 0)) {}

int64_t ConfusionMatrix::total() const {
  int64_t sum = 0;
  for (const auto& row : counts_) {
    for (const int64_t n : row) sum += n;
  }
  return sum;
}

ClassificationMetrics ConfusionMatrix::Metrics() const {
  ClassificationMetrics m;
  const double n = static_cast<double>(total());
  if (n == 0) return m;
  int seen = 0;
  for (int k = 0; k < classes(); ++k) {
    double truth = 0;
    double predicted = 0;
    for (int j = 0; j < classes(); ++j) {
      truth += static_cast<double>(counts_[k][j]);
      predicted += static_cast<double>(counts_[j][k]);
    }
    if (truth == 0 && predicted == 0) {
      m.one_vs_rest_accuracy += 1;
      continue;
    }
    ++seen;
    const double hits = static_cast<double>(counts_[k][k]);
    const double recall = Ratio(hits, truth);
    const double precision = Ratio(hits, predicted);
    m.accuracy += hits / n;
    m.macro_recall += recall;
    m.macro_precision += precision;
    m.weighted_recall += truth / n * recall;
    m.mean_of_f1 += F1(precision, recall);
    m.weighted_f1 += truth / n * F1(precision, recall);
    m.one_vs_rest_accuracy += (n - truth - predicted + 2 * hits) / n;
  }
  m.macro_recall /= seen;
  m.macro_precision /= seen;
  m.mean_of_f1 /= seen;
  m.f1_of_means = F1(m.macro_precision, m.macro_recall);
  m.one_vs_rest_accuracy /= classes();
  return m;
}

}  // namespace tremorcast
