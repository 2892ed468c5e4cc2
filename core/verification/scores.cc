#include "core/verification/scores.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <random>
#include <set>
#include <utility>

#include <absl/status/status.h>

#include "core/distribution/student_t.h"
#include "core/verification/block_length.h"

namespace tremorcast {
namespace {

// Unlike std::uniform_int_distribution, the same on every standard library.
int DrawBelow(std::mt19937_64& generator, int n) {
  return static_cast<int>(((generator() >> 32) * static_cast<uint64_t>(n)) >> 32);
}

double Quantile(const std::vector<double>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const size_t below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

// The length that the weekly means ask for; the least where there are too few of them to tell.
int BlockWeeksOf(const std::vector<std::pair<double, int>>& series) {
  std::vector<double> means;
  means.reserve(series.size());
  for (const auto& [sum, count] : series) means.push_back(sum / count);
  return AutomaticBlockWeeks(means).value_or(kMinBlockWeeks);
}

// How much further from the mean the ends lie than the percentiles: see the header.
double Expansion(int weeks, int block, double level) {
  const double blocks = std::max(static_cast<double>(weeks) / block, 2.0);
  constexpr double kManyDegrees = 1e9;  // Student's t is normal there
  return std::sqrt(blocks / (blocks - 1)) * StudentCentralQuantile(level, blocks - 1) /
         StudentCentralQuantile(level, kManyDegrees);
}

}  // namespace

double LogScore(absl::Span<const double> p, int observed_class) { return -std::log(p[observed_class]); }

double BrierScore(absl::Span<const double> p, int observed_class) {
  double sum = 0;
  for (int k = 0; k < static_cast<int>(p.size()); ++k) sum += BinaryBrierScore(p[k], k == observed_class);
  return sum;
}

double RankedProbabilityScore(absl::Span<const double> p, int observed_class) {
  double sum = 0;
  double cumulative = 0;
  for (int k = 0; k + 1 < static_cast<int>(p.size()); ++k) {
    cumulative += p[k];
    sum += BinaryBrierScore(cumulative, observed_class <= k);
  }
  return sum;
}

double InformationGain(absl::Span<const double> p, absl::Span<const double> reference, int observed_class) {
  return std::log(p[observed_class] / reference[observed_class]);
}

double BinaryBrierScore(double probability, bool event) {
  const double error = probability - (event ? 1.0 : 0.0);
  return error * error;
}

double BinaryLogScore(double probability, bool event) { return -std::log(event ? probability : 1 - probability); }

double SkillScore(double score, double reference) { return reference == 0 ? 0 : 1 - score / reference; }

ScoreSummary Summarise(absl::Span<const ScoredWeek> rows) {
  ScoreSummary s;
  if (rows.empty()) return s;
  std::set<absl::Time> weeks;
  const double n = static_cast<double>(rows.size());
  for (const ScoredWeek& row : rows) {
    const int y = row.observed_class;
    weeks.insert(row.week);
    s.event_weeks += y >= 1 ? 1 : 0;
    s.log_score += LogScore(row.forecast, y) / n;
    s.reference_log_score += LogScore(row.reference, y) / n;
    s.brier += BrierScore(row.forecast, y) / n;
    s.reference_brier += BrierScore(row.reference, y) / n;
    s.rps += RankedProbabilityScore(row.forecast, y) / n;
    s.reference_rps += RankedProbabilityScore(row.reference, y) / n;
    s.gain_per_week += InformationGain(row.forecast, row.reference, y) / n;
    const auto forecast = ExceedanceProbabilities(row.forecast);
    const auto reference = ExceedanceProbabilities(row.reference);
    for (int k = 1; k < kClasses; ++k) {
      s.exceedance_brier[k - 1] += BinaryBrierScore(forecast[k - 1], y >= k) / n;
      s.reference_exceedance_brier[k - 1] += BinaryBrierScore(reference[k - 1], y >= k) / n;
    }
  }
  s.region_weeks = static_cast<int>(rows.size());
  s.weeks = static_cast<int>(weeks.size());
  s.rps_skill = SkillScore(s.rps, s.reference_rps);
  if (s.event_weeks > 0) s.gain_per_event_week = s.gain_per_week * n / s.event_weeks;
  return s;
}

std::vector<int> CircularBlockIndices(int n, int block, absl::Span<const int> starts) {
  std::vector<int> indices;
  indices.reserve(static_cast<size_t>(n));
  for (const int start : starts) {
    for (int i = 0; i < block && static_cast<int>(indices.size()) < n; ++i) indices.push_back((start + i) % n);
  }
  return indices;
}

absl::StatusOr<MeanInterval> BootstrapMean(absl::Span<const absl::Time> weeks, absl::Span<const double> values,
                                           const BootstrapOptions& options) {
  if (weeks.size() != values.size()) return absl::InvalidArgumentError("bootstrap: one week per value is needed");
  if (values.empty()) return absl::InvalidArgumentError("bootstrap: no values");
  if (options.block_weeks.value_or(1) < 1 || options.replicates < 1 || !(options.level > 0 && options.level < 1)) {
    return absl::InvalidArgumentError("bootstrap: block, replicates and level must be positive, level below 1");
  }
  std::map<absl::Time, std::pair<double, int>> by_week;  // sum and count
  MeanInterval result;
  for (size_t i = 0; i < values.size(); ++i) {
    auto& [sum, count] = by_week[weeks[i]];
    sum += values[i];
    ++count;
    result.mean += values[i] / static_cast<double>(values.size());
  }
  std::vector<std::pair<double, int>> series;
  series.reserve(by_week.size());
  for (const auto& [week, sums] : by_week) series.push_back(sums);
  const int n = static_cast<int>(series.size());
  result.weeks = n;

  const int block = options.block_weeks.has_value() ? *options.block_weeks : BlockWeeksOf(series);
  result.block_weeks = block;

  std::mt19937_64 generator(options.seed);
  std::vector<int> starts(static_cast<size_t>((n + block - 1) / block));
  std::vector<double> means(static_cast<size_t>(options.replicates));
  for (double& mean : means) {
    for (int& start : starts) start = DrawBelow(generator, n);
    double sum = 0;
    int count = 0;
    for (const int i : CircularBlockIndices(n, block, starts)) {
      sum += series[i].first;
      count += series[i].second;
    }
    mean = sum / count;
  }
  std::sort(means.begin(), means.end());
  const double expansion = Expansion(n, block, options.level);
  // A mean outside its own percentiles, which few resamples can give, stays where it is.
  result.low = result.mean - expansion * std::max(result.mean - Quantile(means, (1 - options.level) / 2), 0.0);
  result.high = result.mean + expansion * std::max(Quantile(means, (1 + options.level) / 2) - result.mean, 0.0);
  return result;
}

absl::StatusOr<MeanInterval> BootstrapGain(absl::Span<const ScoredWeek> rows, const BootstrapOptions& options) {
  std::vector<absl::Time> weeks;
  std::vector<double> gains;
  for (const ScoredWeek& row : rows) {
    weeks.push_back(row.week);
    gains.push_back(InformationGain(row.forecast, row.reference, row.observed_class));
  }
  return BootstrapMean(weeks, gains, options);
}

bool EProcess::demonstrated() const { return log_evidence_ >= std::log(kEvidenceThreshold); }

}  // namespace tremorcast
