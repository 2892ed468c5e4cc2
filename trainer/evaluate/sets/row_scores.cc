#include "trainer/evaluate/sets/row_scores.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <set>
#include <utility>

#include "core/catalogue/climatology.h"

namespace tremorcast {
namespace {

using Metric = std::pair<const char*, double ClassificationMetrics::*>;
constexpr Metric kMetrics[] = {
    {"accuracy", &ClassificationMetrics::accuracy},
    {"macro_recall", &ClassificationMetrics::macro_recall},
    {"weighted_recall", &ClassificationMetrics::weighted_recall},
    {"macro_precision", &ClassificationMetrics::macro_precision},
    {"mean_of_f1", &ClassificationMetrics::mean_of_f1},
    {"f1_of_means", &ClassificationMetrics::f1_of_means},
    {"weighted_f1", &ClassificationMetrics::weighted_f1},
    {"one_vs_rest_accuracy", &ClassificationMetrics::one_vs_rest_accuracy},
};

OverSeeds MeanScore(absl::Span<const SeedAnswers> seeds, const std::vector<int>& labels,
                    const std::function<double(const std::vector<double>& p, int y)>& score) {
  std::vector<double> by_seed;
  for (const SeedAnswers& seed : seeds) {
    double sum = 0;
    for (size_t i = 0; i < labels.size(); ++i) sum += score(Floored(seed.pooled[i]), labels[i]);
    by_seed.push_back(sum / static_cast<double>(labels.size()));
  }
  return Summarise(by_seed);
}

double MeanOf(const std::vector<double>& values) {
  double sum = 0;
  for (double x : values) sum += x;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

}  // namespace

std::vector<double> Floored(std::vector<double> p) {
  double sum = 0;
  for (double& x : p) sum += x = std::max(x, kProbabilityFloor);
  for (double& x : p) x /= sum;
  return p;
}

SeedAnswers AnswersOf(const StudyRow& row) {
  SeedAnswers answers;
  answers.balanced = row.balanced;
  answers.calibrated = row.calibrated;
  answers.pooled = row.pooled;
  answers.pool_weight = row.pool_weight;
  answers.seconds = row.seconds;
  answers.twin_pooled = row.twin_pooled;
  answers.before_isotonic = row.before_isotonic;
  answers.event_reason = row.event_reason;
  return answers;
}

Probabilities AverageOf(absl::Span<const SeedAnswers> seeds, Probabilities SeedAnswers::*part) {
  Probabilities mean;
  for (const SeedAnswers& seed : seeds) {
    const Probabilities& p = seed.*part;
    mean.resize(p.size());
    for (size_t i = 0; i < p.size(); ++i) {
      mean[i].resize(p[i].size());
      for (size_t k = 0; k < p[i].size(); ++k) mean[i][k] += p[i][k] / static_cast<double>(seeds.size());
    }
  }
  return mean;
}

int ArgMax(absl::Span<const double> p) { return static_cast<int>(std::max_element(p.begin(), p.end()) - p.begin()); }

OverSeeds Summarise(absl::Span<const double> by_seed) {
  OverSeeds summary;
  summary.seeds = static_cast<int>(by_seed.size());
  if (by_seed.empty()) return summary;
  for (double x : by_seed) summary.mean += x / static_cast<double>(by_seed.size());
  if (by_seed.size() < 2) return summary;
  for (double x : by_seed) summary.sd += (x - summary.mean) * (x - summary.mean);
  summary.sd = std::sqrt(summary.sd / static_cast<double>(by_seed.size() - 1));
  return summary;
}

RowScorer::RowScorer(const SetView& view, const BootstrapOptions& bootstrap, const ReferenceForecast* catalogue)
    : view_(view), bootstrap_(bootstrap), catalogue_(catalogue) {
  for (int sample : view.test) {
    labels_.push_back(view.label(sample));
    weeks_.push_back(view.weeks[static_cast<size_t>(sample)]);
    climatology_.push_back(view.ClimatologyOf(sample));
  }
}

int RowScorer::event_rows() const {
  return static_cast<int>(std::count_if(labels_.begin(), labels_.end(), [](int y) { return y > 0; }));
}

int RowScorer::distinct_weeks() const {
  return static_cast<int>(std::set<absl::Time>(weeks_.begin(), weeks_.end()).size());
}

std::vector<double> RowScorer::Gains(const Probabilities& p) const {
  std::vector<double> gains;
  for (size_t i = 0; i < labels_.size(); ++i)
    gains.push_back(InformationGain(Floored(p[i]), climatology_[i], labels_[i]));
  return gains;
}

absl::StatusOr<MeanInterval> RowScorer::GainInterval(const Probabilities& p) const { return GainOver(p, climatology_); }

absl::StatusOr<MeanInterval> RowScorer::GainOver(const Probabilities& p, const Probabilities& reference) const {
  std::vector<double> gains;
  for (size_t i = 0; i < labels_.size(); ++i) {
    gains.push_back(InformationGain(Floored(p[i]), Floored(reference[i]), labels_[i]));
  }
  return BootstrapMean(weeks_, gains, bootstrap_);
}

ConfusionMatrix RowScorer::Confusion(const Probabilities& p) const {
  ConfusionMatrix matrix(view_.classes);
  for (size_t i = 0; i < labels_.size(); ++i) matrix.Add(labels_[i], ArgMax(p[i]));
  return matrix;
}

NamedMetrics RowScorer::Metrics(absl::Span<const Probabilities> by_seed) const {
  std::vector<ClassificationMetrics> metrics;
  for (const Probabilities& p : by_seed) metrics.push_back(Confusion(p).Metrics());
  NamedMetrics named;
  for (const auto& [name, field] : kMetrics) {
    std::vector<double> values;
    for (const ClassificationMetrics& m : metrics) values.push_back(m.*field);
    named.emplace_back(name, Summarise(values));
  }
  return named;
}

absl::Status RowScorer::Score(absl::Span<const SeedAnswers> seeds, MethodRow& row) const {
  std::vector<Probabilities> balanced, pooled;
  std::vector<double> gains, weights, seconds;
  for (const SeedAnswers& seed : seeds) {
    if (!seed.balanced.empty()) balanced.push_back(seed.balanced);
    pooled.push_back(seed.pooled);
    gains.push_back(MeanOf(Gains(seed.pooled)));
    weights.push_back(seed.pool_weight);
    seconds.push_back(seed.seconds);
  }
  if (!balanced.empty()) row.balanced = Metrics(balanced);
  row.calibrated = Metrics(pooled);
  row.log_score = MeanScore(seeds, labels_, [](const std::vector<double>& p, int y) { return LogScore(p, y); });
  row.brier = MeanScore(seeds, labels_, [](const std::vector<double>& p, int y) { return BrierScore(p, y); });
  row.rps = MeanScore(seeds, labels_, [](const std::vector<double>& p, int y) {
    return RankedProbabilityScore(p, y) / static_cast<double>(p.size() - 1);
  });
  row.gain = Summarise(gains);
  row.pool_weight = Summarise(weights);
  row.seconds = Summarise(seconds);
  const Probabilities mean = AverageOf(seeds);
  absl::StatusOr<MeanInterval> interval = GainOver(mean, climatology_);
  if (!interval.ok()) return interval.status();
  row.gain_interval = *interval;
  if (!balanced.empty()) {
    interval = GainOver(AverageOf(seeds, &SeedAnswers::calibrated), climatology_);
    if (!interval.ok()) return interval.status();
    row.gain_before_pool = *interval;
  }
  if (catalogue_ != nullptr) {
    interval = GainOver(mean, catalogue_->probabilities);
    if (!interval.ok()) return interval.status();
    row.gain_over_catalogue = *interval;
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
