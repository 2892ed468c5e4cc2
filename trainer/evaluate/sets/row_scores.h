#pragma once

// From the answers of one method under several seeds to a row of the report. Pure.

#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/verification/confusion.h"
#include "core/verification/scores.h"
#include "model/study/study.h"
#include "trainer/evaluate/report/evaluation_report.h"
#include "trainer/evaluate/sets/evaluation_set.h"

namespace tremorcast {

using Probabilities = std::vector<std::vector<double>>;  // [row][class]

// What one seed answered on the test samples, in order.
struct SeedAnswers {
  Probabilities balanced;    // empty where there is only one answer
  Probabilities calibrated;  // before the pool
  Probabilities pooled;      // what would be issued
  double pool_weight = 0;
  double seconds = 0;
  // The input-free twin of each row's artifact before the pool and in it; empty without a
  // calibration slice.
  Probabilities twin = {}, twin_pooled = {};
  Probabilities before_isotonic = {};  // as `calibrated` without the isotonic map; empty where it is not used
  std::string event_reason = {};       // why that map is used or not
};
SeedAnswers AnswersOf(const StudyRow& row);

// Mean over seeds of one of their answers: unless told, of what would be issued.
Probabilities AverageOf(absl::Span<const SeedAnswers> seeds, Probabilities SeedAnswers::*part = &SeedAnswers::pooled);

// Index of the largest probability, the first of equals.
int ArgMax(absl::Span<const double> p);

OverSeeds Summarise(absl::Span<const double> by_seed);

class RowScorer {
 public:
  // All outlive the scorer. `catalogue` may be null.
  RowScorer(const SetView& view, const BootstrapOptions& bootstrap, const ReferenceForecast* catalogue);

  // Fills the scores of `row`, which names table, name and the like.
  absl::Status Score(absl::Span<const SeedAnswers> seeds, MethodRow& row) const;

  // ln p_y / c_y by test row against the region's climatology; p is floored first.
  std::vector<double> Gains(const Probabilities& p) const;
  absl::StatusOr<MeanInterval> GainInterval(const Probabilities& p) const;
  // Over `reference`, row by row, floored.
  absl::StatusOr<MeanInterval> GainOver(const Probabilities& p, const Probabilities& reference) const;
  ConfusionMatrix Confusion(const Probabilities& p) const;
  NamedMetrics Metrics(absl::Span<const Probabilities> by_seed) const;

  const std::vector<int>& labels() const { return labels_; }
  const std::vector<absl::Time>& weeks() const { return weeks_; }
  const Probabilities& climatology() const { return climatology_; }
  const ReferenceForecast* catalogue() const { return catalogue_; }  // may be null
  int event_rows() const;
  int distinct_weeks() const;

 private:
  const SetView& view_;
  BootstrapOptions bootstrap_;
  const ReferenceForecast* catalogue_;
  std::vector<int> labels_;
  std::vector<absl::Time> weeks_;
  Probabilities climatology_;
};

// Every entry at least kProbabilityFloor, sum 1.
std::vector<double> Floored(std::vector<double> p);

}  // namespace tremorcast
