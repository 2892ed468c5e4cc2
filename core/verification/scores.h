#pragma once

// Proper scores of weekly forecasts, and how sure their mean is (METHOD.md section 5). Pure; thread
// safe. Natural logarithms, nats.
//
// Lower is better for LogScore, BrierScore and RankedProbabilityScore; higher for InformationGain
// and the skills.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/catalogue/labels.h"

namespace tremorcast {

// Of probabilities of any number K of classes; ClassProbabilities pass as they are.
// -ln p_y. Infinite for p_y = 0: floor probabilities first (FloorAndNormalise).
double LogScore(absl::Span<const double> p, int observed_class);
// sum_k (p_k - [k = y])^2, in [0, 2].
double BrierScore(absl::Span<const double> p, int observed_class);
// sum over k < K - 1 of (P(class <= k) - [y <= k])^2, in [0, K - 1]; divide by K - 1 for the
// normalised form.
double RankedProbabilityScore(absl::Span<const double> p, int observed_class);
// ln(p_y / c_y).
double InformationGain(absl::Span<const double> p, absl::Span<const double> reference, int observed_class);
double BinaryBrierScore(double probability, bool event);
double BinaryLogScore(double probability, bool event);
// 1 - score / reference; 0 when the reference is 0.
double SkillScore(double score, double reference);

// One region-week. `week` (the start of the label interval) ties the regions of a week together.
struct ScoredWeek {
  absl::Time week;
  ClassProbabilities forecast = {};
  ClassProbabilities reference = {};
  int observed_class = 0;
};

struct ScoreSummary {
  int region_weeks = 0;
  int weeks = 0;        // distinct
  int event_weeks = 0;  // region-weeks of class >= 1
  double log_score = 0, reference_log_score = 0;
  double brier = 0, reference_brier = 0;
  double rps = 0, reference_rps = 0, rps_skill = 0;
  double gain_per_week = 0;                                // mean ln(p_y / c_y) over region-weeks
  double gain_per_event_week = 0;                          // sum over all region-weeks / event_weeks; 0 without any
  std::array<double, kClasses - 1> exceedance_brier = {};  // P(M >= edge k)
  std::array<double, kClasses - 1> reference_exceedance_brier = {};
};
// All zero for an empty input.
ScoreSummary Summarise(absl::Span<const ScoredWeek> rows);

struct BootstrapOptions {
  // Weeks that stay together. Absent: as many as the memory of the series asks for, and at least
  // kMinBlockWeeks (core/verification/block_length.h), so that nobody forgets the dependence of
  // neighbouring weeks. A number is for sets without time order, and for tests.
  std::optional<int> block_weeks;
  int replicates = 2000;  // >= 2000 in a report
  double level = 0.95;
  uint64_t seed = 1;
};

struct MeanInterval {
  double mean = 0;
  double low = 0, high = 0;
  int weeks = 0;
  int block_weeks = 0;  // that stayed together; 0: unknown
  double half_width() const { return (high - low) / 2; }
};

// Indices of a circular block bootstrap: blocks of `block` from each start, wrapping at n, cut to
// n.
std::vector<int> CircularBlockIndices(int n, int block, absl::Span<const int> starts);

// Expanded percentile interval of the mean over region-weeks; whole weeks are drawn, so regions of
// one week stay together. `weeks[i]` is the week of `values[i]`. With e = weeks / block blocks,
// both ends lie further from the mean by the factor sqrt(e / (e - 1)) t / z: resampled means lack
// the variance of one block, and e - 1 degrees of freedom want Student's t (Hesterberg 2015, The
// American Statistician 69, with blocks for observations). Without it the 95 % interval of 52
// independent weeks misses 8 % (docs/EVALUATION.md). InvalidArgument: sizes differ, no values, block
// or replicates < 1.
absl::StatusOr<MeanInterval> BootstrapMean(absl::Span<const absl::Time> weeks, absl::Span<const double> values,
                                           const BootstrapOptions& options);
// The same for the gain of `rows`.
absl::StatusOr<MeanInterval> BootstrapGain(absl::Span<const ScoredWeek> rows, const BootstrapOptions& options);

// Evidence against "the reference is true", valid however often one looks: under the reference the
// product of p_y / c_y has mean 1, so it passes 20 with a chance of at most 5 %.
class EProcess {
 public:
  void Add(double information_gain) { log_evidence_ += information_gain; }
  double log_evidence() const { return log_evidence_; }
  bool demonstrated() const;

 private:
  double log_evidence_ = 0;
};
inline constexpr double kEvidenceThreshold = 20;

}  // namespace tremorcast
