#include "model/calibration/head_calibration.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>

#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

// Relative to the largest, which keeps exp() in range whatever constant the network adds.
ClassScores Centred(absl::Span<const double> logits) {
  const double top = *std::max_element(logits.begin(), logits.end());
  ClassScores scores(logits.begin(), logits.end());
  for (double& z : scores) z -= top;
  return scores;
}

}  // namespace

absl::StatusOr<CalibrationFit> FitHead(const Logits& logits, absl::Span<const int> labels,
                                       const std::vector<double>& prior, int min_events, bool fit_event_bias) {
  if (logits.empty() || logits.size() != labels.size()) return absl::InvalidArgumentError("calibration: no rows");
  std::vector<CalibrationSample> samples;
  samples.reserve(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    for (double z : logits[i]) {
      if (!std::isfinite(z)) return absl::InternalError("calibration: a score that is not finite");
    }
    samples.push_back({absl::UnixEpoch(), Centred(logits[i]), labels[i]});
  }
  CalibrationOptions options;
  options.fit_event_bias = fit_event_bias;
  options.min_events = min_events;
  return FitCalibration(samples, prior, options);
}

std::vector<double> HeadProbabilities(absl::Span<const double> logits, double temperature,
                                      const std::vector<double>& prior, double event_bias) {
  if (prior.empty()) return Calibrate(Centred(logits), std::vector<double>(logits.size(), 1.0), {temperature, 0.0});
  return Calibrate(Centred(logits), prior, {temperature, event_bias});
}

HeadFits FitsOf(const CheckpointCalibration& calibration) {
  return {calibration.temperatures, calibration.event_biases, calibration.event_calibrations};
}

absl::StatusOr<HeadFits> FitHeads(absl::Span<const Logits> heads, const RowSet& rows, const std::vector<double>& prior,
                                  bool fit_event_bias) {
  const int rows_per_sample = std::max(1, static_cast<int>(rows.labels.size()) / std::max(1, rows.samples()));
  const int min_events = CalibrationOptions{}.min_events * rows_per_sample;
  HeadFits fits;
  for (const Logits& logits : heads) {
    ASSIGN_OR_RETURN(auto fit, FitHead(logits, rows.labels, prior, min_events, fit_event_bias));
    fits.temperatures.push_back(fit.calibration.temperature);
    fits.event_biases.push_back(fit.calibration.event_bias);
  }
  return fits;
}

std::vector<std::vector<std::vector<double>>> HeadAnswers(absl::Span<const Logits> heads, const RowSet& rows,
                                                          const HeadFits& fits, const std::vector<double>& prior) {
  std::vector<std::vector<std::vector<double>>> answers(static_cast<size_t>(rows.samples()));
  for (size_t i = 0; i < answers.size(); ++i) {
    for (size_t h = 0; h < heads.size(); ++h) {
      std::vector<std::vector<double>> parts;
      for (size_t r = static_cast<size_t>(rows.begin[i]); r < static_cast<size_t>(rows.begin[i + 1]); ++r) {
        parts.push_back(HeadProbabilities(heads[h][r], fits.temperatures[h], prior, fits.event_biases[h]));
      }
      std::vector<double> answer = MeanOf(parts);
      if (!fits.event_calibrations.empty() && !prior.empty()) {
        fits.event_calibrations[h].Apply(absl::MakeSpan(answer));
      }
      answers[i].push_back(std::move(answer));
    }
  }
  return answers;
}

double MeanLogScore(const std::vector<std::vector<std::vector<double>>>& answers, absl::Span<const int> labels) {
  TREMORCAST_CHECK(!answers.empty() && answers.size() == labels.size());
  double sum = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    sum -= std::log(std::max(MeanOf(answers[i])[static_cast<size_t>(labels[i])], 1e-300));
  }
  return sum / static_cast<double>(answers.size());
}

absl::StatusOr<PoolChoice> ChoosePoolWeight(absl::Span<const PoolRow> rows, int early_stop_events,
                                            int calibration_events, int min_events) {
  const auto too_few = [&](const char* slice, int events) {
    return PoolChoice{0,
                      absl::StrFormat("w = 0: %d event samples in the %s slice, %d needed", events, slice, min_events)};
  };
  if (early_stop_events < min_events) return too_few("early-stop", early_stop_events);
  if (calibration_events < min_events) return too_few("calibration", calibration_events);
  std::vector<PoolSample> samples;
  for (const PoolRow& row : rows) {
    // The fit looks at the observed class alone, so one entry carries it.
    PoolSample sample;
    sample.week = absl::FromUnixSeconds(row.issue);
    sample.model[0] = row.model;
    sample.climatology[0] = row.climatology;
    samples.push_back(sample);
  }
  ASSIGN_OR_RETURN(auto fit, FitPoolWeight(samples));
  const char* relation = fit.weight > 0 ? "exceeds" : "does not exceed";
  return PoolChoice{fit.weight,
                    absl::StrFormat("w = %.2f: the gain of w = %.2f in the calibration slice, %.4f nats a week, %s one "
                                    "standard error, %.4f",
                                    fit.weight, fit.best_weight, fit.gain, relation, fit.standard_error)};
}

ClassProbabilities ToClassProbabilities(absl::Span<const double> p) {
  TREMORCAST_CHECK(p.size() <= static_cast<size_t>(kClasses));
  ClassProbabilities out = {};
  std::copy(p.begin(), p.end(), out.begin());
  return out;
}

std::vector<double> MeanOf(absl::Span<const std::vector<double>> rows) {
  TREMORCAST_CHECK(!rows.empty());
  std::vector<double> mean(rows[0].size(), 0.0);
  for (const auto& row : rows) {
    for (size_t k = 0; k < mean.size(); ++k) mean[k] += row[k];
  }
  for (double& m : mean) m /= static_cast<double>(rows.size());
  return mean;
}

std::vector<double> Pool(const std::vector<double>& p, const std::vector<double>& climatology, double weight) {
  std::vector<double> pooled(p.size());
  double sum = 0;
  for (size_t k = 0; k < p.size(); ++k) {
    pooled[k] = std::max(kProbabilityFloor, weight * p[k] + (1 - weight) * climatology[k]);
    sum += pooled[k];
  }
  for (double& x : pooled) x /= sum;
  return pooled;
}

}  // namespace tremorcast
