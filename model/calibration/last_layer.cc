#include "model/calibration/last_layer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <absl/status/status.h>

namespace tremorcast {
namespace {

constexpr int kMaxSteps = 200;

// Rows weigh 1 / (classes present * rows of their class).
std::vector<double> BalancedWeights(absl::Span<const int> labels, size_t classes) {
  std::vector<double> counts(classes);
  for (int label : labels) ++counts[static_cast<size_t>(label)];
  const auto present = static_cast<double>(std::count_if(counts.begin(), counts.end(), [](double n) { return n > 0; }));
  std::vector<double> weights;
  for (int label : labels) weights.push_back(1 / (present * counts[static_cast<size_t>(label)]));
  return weights;
}

class ScaleProblem {
 public:
  ScaleProblem(const Logits& logits, absl::Span<const int> labels, double ridge)
      : logits_(logits), labels_(labels), ridge_(ridge), weights_(BalancedWeights(labels, logits[0].size())) {}

  size_t classes() const { return logits_[0].size(); }

  double Value(const std::vector<double>& scales) const {
    double value = 0;
    for (size_t i = 0; i < logits_.size(); ++i) {
      const std::vector<double> p = Probabilities(i, scales);
      value -= weights_[i] * std::log(std::max(p[static_cast<size_t>(labels_[i])], 1e-300));
    }
    for (double f : scales) value += ridge_ / 2 * (f - 1) * (f - 1);
    return value;
  }

  void Derivatives(const std::vector<double>& scales, std::vector<double>& gradient,
                   std::vector<std::vector<double>>& hessian) const {
    const size_t classes_count = classes();
    gradient.assign(classes_count, 0);
    hessian.assign(classes_count, std::vector<double>(classes_count));
    for (size_t i = 0; i < logits_.size(); ++i) {
      const std::vector<double> p = Probabilities(i, scales);
      for (size_t k = 0; k < classes_count; ++k) {
        const double hit = labels_[i] == static_cast<int>(k) ? 1 : 0;
        gradient[k] += weights_[i] * (p[k] - hit) * logits_[i][k];
        for (size_t l = 0; l < classes_count; ++l) {
          hessian[k][l] += weights_[i] * logits_[i][k] * logits_[i][l] * ((k == l ? p[k] : 0) - p[k] * p[l]);
        }
      }
    }
    for (size_t k = 0; k < classes_count; ++k) {
      gradient[k] += ridge_ * (scales[k] - 1);
      hessian[k][k] += ridge_;
    }
  }

 private:
  std::vector<double> Probabilities(size_t row, const std::vector<double>& scales) const {
    std::vector<double> p(scales.size());
    double top = -INFINITY, sum = 0;
    for (size_t k = 0; k < p.size(); ++k) top = std::max(top, p[k] = scales[k] * logits_[row][k]);
    for (double& x : p) sum += x = std::exp(x - top);
    for (double& x : p) x /= sum;
    return p;
  }

  const Logits& logits_;
  absl::Span<const int> labels_;
  double ridge_;
  std::vector<double> weights_;
};

// Gaussian elimination of a positive definite system, which needs no pivots.
std::vector<double> Solve(std::vector<std::vector<double>> a, std::vector<double> b) {
  const size_t n = b.size();
  for (size_t k = 0; k < n; ++k) {
    for (size_t i = k + 1; i < n; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (size_t k = n; k-- > 0;) {
    for (size_t j = k + 1; j < n; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

double SquaredDistance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

}  // namespace

absl::StatusOr<std::vector<double>> FitClassScales(const Logits& logits, absl::Span<const int> labels, double ridge) {
  if (logits.empty() || logits.size() != labels.size()) return absl::InvalidArgumentError("class scales: no rows");
  if (!(ridge > 0)) return absl::InvalidArgumentError("class scales: the ridge must be positive");
  const ScaleProblem problem(logits, labels, ridge);
  std::vector<double> scales(problem.classes(), 1.0), gradient;
  std::vector<std::vector<double>> hessian;
  double value = problem.Value(scales);
  for (int step = 0; step < kMaxSteps; ++step) {
    problem.Derivatives(scales, gradient, hessian);
    const std::vector<double> direction = Solve(hessian, gradient);
    double decrement = 0;
    for (size_t k = 0; k < gradient.size(); ++k) decrement += gradient[k] * direction[k];
    if (decrement < 1e-14) return scales;
    // Halved until it goes down by a part of what the slope promises.
    for (double t = 1; t > 1e-9; t /= 2) {
      std::vector<double> next = scales;
      for (size_t k = 0; k < next.size(); ++k) next[k] -= t * direction[k];
      const double next_value = problem.Value(next);
      if (next_value <= value - 1e-4 * t * decrement || t < 4e-9) {
        if (next_value >= value) return scales;  // as far as rounding allows
        scales = std::move(next);
        value = next_value;
        break;
      }
    }
  }
  return absl::InternalError("class scales: no convergence");
}

Logits ScaleClasses(const Logits& logits, absl::Span<const double> scales) {
  Logits scaled = logits;
  for (std::vector<double>& row : scaled) {
    for (size_t k = 0; k < row.size(); ++k) row[k] *= scales[k];
  }
  return scaled;
}

absl::StatusOr<NearestClassMean> NearestClassMean::Fit(absl::Span<const std::vector<double>> features,
                                                       absl::Span<const int> labels, int classes) {
  if (features.empty() || features.size() != labels.size()) {
    return absl::InvalidArgumentError("nearest class mean: no rows");
  }
  NearestClassMean model;
  model.centre_ = MeanOf(features);
  std::vector<std::vector<std::vector<double>>> members(static_cast<size_t>(classes));
  for (size_t i = 0; i < features.size(); ++i) {
    members[static_cast<size_t>(labels[i])].push_back(model.Direction(features[i]));
  }
  for (const auto& rows : members) model.means_.push_back(rows.empty() ? std::vector<double>() : MeanOf(rows));
  return model;
}

std::vector<double> NearestClassMean::Direction(const std::vector<double>& row) const {
  std::vector<double> direction(row.size());
  double length = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    direction[i] = row[i] - centre_[i];
    length += direction[i] * direction[i];
  }
  length = std::sqrt(length);
  // A row on the centre has no direction and stays there.
  if (length > 1e-12) {
    for (double& x : direction) x /= length;
  }
  return direction;
}

Logits NearestClassMean::Scores(absl::Span<const std::vector<double>> features) const {
  Logits scores;
  for (const std::vector<double>& row : features) {
    const std::vector<double> direction = Direction(row);
    std::vector<double> z;
    for (const std::vector<double>& mean : means_) {
      z.push_back(-kDistanceScale * (mean.empty() ? 4.0 : SquaredDistance(direction, mean)));
    }
    scores.push_back(std::move(z));
  }
  return scores;
}

NearestClassMean::Linear NearestClassMean::AsLinear() const {
  Linear linear;
  linear.centre = centre_;
  for (const std::vector<double>& mean : means_) {
    std::vector<double> weights(centre_.size());
    double squares = 0;
    for (size_t i = 0; i < mean.size(); ++i) {
      weights[i] = 2 * kDistanceScale * mean[i];
      squares += mean[i] * mean[i];
    }
    linear.weights.push_back(std::move(weights));
    // Without rows: the largest distance, less the |d|^2 = 1 that the others have lost too.
    linear.biases.push_back(-kDistanceScale * (mean.empty() ? 3.0 : squares));
  }
  return linear;
}

}  // namespace tremorcast
