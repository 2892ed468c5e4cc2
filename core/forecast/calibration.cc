#include "core/forecast/calibration.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <utility>

#include <absl/status/status.h>

#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

constexpr int kBisections = 100;  // halves a bracket to the last bit of a double

// Root of an increasing function in [low, high]; an end of the bracket when the function does not
// change sign.
template <typename Increasing>
double RootOf(Increasing f, double low, double high) {
  if (f(low) >= 0) return low;
  if (f(high) <= 0) return high;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (f(middle) < 0 ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

// q for inverse temperature s; all three have one entry for each class.
void Softmax(absl::Span<const double> z, absl::Span<const double> log_prior, double s, double b, absl::Span<double> q) {
  double largest = -std::numeric_limits<double>::infinity();
  for (size_t k = 0; k < q.size(); ++k) {
    q[k] = s * z[k] + log_prior[k] + (k >= 1 ? b : 0);
    largest = std::max(largest, q[k]);
  }
  double sum = 0;
  for (double& value : q) sum += value = std::exp(value - largest);
  for (double& value : q) value /= sum;
}

std::vector<double> LogOf(absl::Span<const double> p) {
  std::vector<double> log_p;
  for (const double v : p) log_p.push_back(std::log(v));
  return log_p;
}

// The summed negative log likelihood, plus the penalty on b, as a function of s = 1/T and b.
// Convex, so both partial derivatives increase, and so does the derivative in s along the best b
// for each s.
class Likelihood {
 public:
  Likelihood(absl::Span<const CalibrationSample> samples, absl::Span<const double> prior, double ridge)
      : samples_(samples), log_prior_(LogOf(prior)), ridge_(ridge) {}

  double SlopeInScale(double s, double b) const {
    double slope = 0;
    std::vector<double> q(log_prior_.size());
    for (const CalibrationSample& sample : samples_) {
      Softmax(sample.scores, log_prior_, s, b, absl::MakeSpan(q));
      const size_t observed = static_cast<size_t>(sample.observed_class);
      for (size_t k = 0; k < q.size(); ++k) slope += (q[k] - (k == observed)) * sample.scores[k];
    }
    return slope;
  }

  // b with the smallest value for this s: Newton from zero, kept safe by the bracket that the
  // increasing slope gives.
  double BestBias(double s) const {
    double low = -50;
    double high = 50;
    double b = 0;
    std::vector<double> q(log_prior_.size());
    for (int i = 0; i < kBisections; ++i) {
      double slope = ridge_ * b;
      double curvature = ridge_;
      for (const CalibrationSample& sample : samples_) {
        Softmax(sample.scores, log_prior_, s, b, absl::MakeSpan(q));
        const double event = 1 - q[0];
        slope += event - (sample.observed_class >= 1);
        curvature += event * (1 - event);
      }
      (slope < 0 ? low : high) = b;
      double next = curvature > 0 ? b - slope / curvature : low;
      if (!(next > low && next < high)) next = (low + high) / 2;
      if (std::abs(next - b) < 1e-14) break;
      b = next;
    }
    return b;
  }

  double Mean(double s, double b) const {
    double sum = 0;
    std::vector<double> q(log_prior_.size());
    for (const CalibrationSample& sample : samples_) {
      Softmax(sample.scores, log_prior_, s, b, absl::MakeSpan(q));
      sum -= std::log(q[static_cast<size_t>(sample.observed_class)]);
    }
    return sum / static_cast<double>(samples_.size());
  }

 private:
  absl::Span<const CalibrationSample> samples_;
  std::vector<double> log_prior_;
  double ridge_;
};

absl::Status Validate(absl::Span<const CalibrationSample> samples, absl::Span<const double> prior) {
  if (samples.empty()) return absl::InvalidArgumentError("calibration: no samples");
  for (const double p : prior) {
    if (!(p > 0)) return absl::InvalidArgumentError("calibration: every class needs a positive prior");
  }
  for (const CalibrationSample& sample : samples) {
    if (sample.scores.size() != prior.size()) {
      return absl::InvalidArgumentError("calibration: as many scores as classes are needed");
    }
    if (sample.observed_class < 0 || static_cast<size_t>(sample.observed_class) >= prior.size()) {
      return absl::InvalidArgumentError("calibration: observed class out of range");
    }
    for (const double z : sample.scores) {
      if (!std::isfinite(z)) return absl::InvalidArgumentError("calibration: a score is not finite");
    }
  }
  return absl::OkStatus();
}

double PooledRatio(const PoolSample& sample, double w) {
  const int y = sample.observed_class;
  const double c = sample.climatology[y];
  return (w * sample.model[y] + (1 - w) * c) / c;
}

}  // namespace

std::vector<double> Calibrate(absl::Span<const double> scores, absl::Span<const double> prior,
                              const Calibration& calibration) {
  TREMORCAST_CHECK(scores.size() == prior.size());
  std::vector<double> q(scores.size());
  Softmax(scores, LogOf(prior), 1 / calibration.temperature, calibration.event_bias, absl::MakeSpan(q));
  return q;
}

absl::StatusOr<CalibrationFit> FitCalibration(absl::Span<const CalibrationSample> samples,
                                              absl::Span<const double> prior, const CalibrationOptions& options) {
  RETURN_IF_ERROR(Validate(samples, prior));
  const auto events = std::count_if(samples.begin(), samples.end(),
                                    [](const CalibrationSample& sample) { return sample.observed_class >= 1; });
  const bool with_bias = options.fit_event_bias && events >= options.min_events;
  const Likelihood likelihood(samples, prior, options.bias_ridge);
  const auto best_bias = [&](double s) { return with_bias ? likelihood.BestBias(s) : 0.0; };
  const double s = RootOf([&](double scale) { return likelihood.SlopeInScale(scale, best_bias(scale)); },
                          1 / kMaxTemperature, 1 / kMinTemperature);
  CalibrationFit fit;
  fit.calibration = {1 / s, best_bias(s)};
  fit.negative_log_likelihood = likelihood.Mean(s, fit.calibration.event_bias);
  return fit;
}

absl::StatusOr<PoolFit> FitPoolWeight(absl::Span<const PoolSample> samples) {
  if (samples.empty()) return absl::InvalidArgumentError("pool weight: no samples");
  PoolFit fit;
  // The log score is concave in w: minus its derivative increases.
  fit.best_weight = RootOf(
      [&](double w) {
        double slope = 0;
        for (const PoolSample& sample : samples) {
          slope -= (PooledRatio(sample, 1) - 1) / std::max(PooledRatio(sample, w), std::numeric_limits<double>::min());
        }
        return slope;
      },
      0, 1);
  std::map<absl::Time, double> by_week;
  for (const PoolSample& sample : samples) by_week[sample.week] += std::log(PooledRatio(sample, fit.best_weight));
  const double weeks = static_cast<double>(by_week.size());
  if (weeks < 2) return fit;
  for (const auto& [week, gain] : by_week) fit.gain += gain / weeks;
  double squares = 0;
  for (const auto& [week, gain] : by_week) squares += (gain - fit.gain) * (gain - fit.gain);
  fit.standard_error = std::sqrt(squares / (weeks - 1) / weeks);
  if (fit.gain > std::max(fit.standard_error, kLeastGain)) fit.weight = fit.best_weight;
  return fit;
}

std::vector<double> TauGrid() {
  std::vector<double> grid;
  for (int i = 0; i <= 20; ++i) grid.push_back(i / 10.0);
  return grid;
}

absl::StatusOr<double> SelectTau(absl::Span<const double> grid, absl::Span<const double> losses) {
  if (grid.size() != losses.size()) return absl::InvalidArgumentError("tau: one loss per candidate is needed");
  size_t best = grid.size();
  for (size_t i = 0; i < grid.size(); ++i) {
    if (!std::isfinite(losses[i])) continue;
    if (best == grid.size() || losses[i] < losses[best]) best = i;
  }
  if (best == grid.size()) return absl::InvalidArgumentError("tau: no candidate has a finite loss");
  return grid[best];
}

double TauDivisor(absl::Span<const double> row, double tau) {
  double squares = 0;
  for (const double w : row) squares += w * w;
  return squares == 0 ? 1 : std::pow(std::sqrt(squares), tau);
}

}  // namespace tremorcast
