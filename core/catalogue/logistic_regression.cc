#include "core/catalogue/logistic_regression.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <absl/status/status.h>

#include "core/base/cholesky.h"

namespace tremorcast {
namespace {

// A free intercept has no optimum when all rows agree; this much ridge gives it one and moves
// nothing else.
constexpr double kInterceptRidge = 1e-3;

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double Linear(absl::Span<const double> weights, absl::Span<const double> row) {
  double sum = weights[0];
  for (size_t j = 0; j < row.size(); ++j) sum += weights[j + 1] * row[j];
  return sum;
}

class Problem {
 public:
  Problem(absl::Span<const double> rows, size_t columns, const std::vector<bool>& events, double ridge)
      : rows_(rows), columns_(columns), events_(events), ridge_(ridge) {}

  size_t size() const { return columns_ + 1; }

  double Loss(absl::Span<const double> weights) const {
    double loss = 0;
    for (size_t i = 0; i < events_.size(); ++i) {
      const double x = Linear(weights, rows_.subspan(i * columns_, columns_));
      // ln(1 + e^x) - y x without overflow.
      loss += std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))) - (events_[i] ? x : 0);
    }
    for (size_t j = 0; j < size(); ++j) loss += RidgeOf(j) / 2 * weights[j] * weights[j];
    return loss;
  }

  // The Newton step from `weights`, or nothing when the Hessian cannot be factored.
  bool Step(absl::Span<const double> weights, std::vector<double>& step) const {
    const size_t n = size();
    std::vector<double> hessian(n * n, 0);
    step.assign(n, 0);
    std::vector<double> x(n, 1);
    for (size_t i = 0; i < events_.size(); ++i) {
      const absl::Span<const double> row = rows_.subspan(i * columns_, columns_);
      std::copy(row.begin(), row.end(), x.begin() + 1);
      const double p = Sigmoid(Linear(weights, row));
      for (size_t j = 0; j < n; ++j) {
        step[j] += ((events_[i] ? 1 : 0) - p) * x[j];
        for (size_t k = 0; k <= j; ++k) hessian[j * n + k] += p * (1 - p) * x[j] * x[k];
      }
    }
    for (size_t j = 0; j < n; ++j) {
      step[j] -= RidgeOf(j) * weights[j];
      hessian[j * n + j] += RidgeOf(j);
    }
    return SolveInPlace(hessian, step);
  }

 private:
  double RidgeOf(size_t j) const { return j == 0 ? kInterceptRidge : ridge_; }

  absl::Span<const double> rows_;
  size_t columns_;
  const std::vector<bool>& events_;
  double ridge_;
};

}  // namespace

absl::StatusOr<LogisticRegression> LogisticRegression::Fit(absl::Span<const double> rows, int columns,
                                                           const std::vector<bool>& events,
                                                           const LogisticOptions& options) {
  if (columns < 0 || events.empty() || rows.size() != events.size() * static_cast<size_t>(columns)) {
    return absl::InvalidArgumentError("logistic regression: rows, columns and events do not fit together");
  }
  if (!(options.ridge > 0)) return absl::InvalidArgumentError("logistic regression: the ridge must be positive");
  if (!std::all_of(rows.begin(), rows.end(), [](double v) { return std::isfinite(v); })) {
    return absl::InvalidArgumentError("logistic regression: a value is not finite");
  }
  const Problem problem(rows, static_cast<size_t>(columns), events, options.ridge);
  std::vector<double> weights(problem.size(), 0);
  std::vector<double> step;
  double loss = problem.Loss(weights);
  for (int iteration = 0; iteration < options.max_iterations; ++iteration) {
    if (!problem.Step(weights, step)) return absl::InternalError("logistic regression: the Hessian is singular");
    double largest = 0;
    for (const double s : step) largest = std::max(largest, std::abs(s));
    // Newton overshoots only far from the optimum; halving brings it back. Near the optimum the
    // loss moves by rounding alone.
    const double allowed = loss + 1e-12 * (1 + std::abs(loss));
    double scale = 1;
    std::vector<double> next(weights.size());
    double next_loss = loss;
    for (int halving = 0; halving < 40; ++halving, scale /= 2) {
      for (size_t j = 0; j < weights.size(); ++j) next[j] = weights[j] + scale * step[j];
      next_loss = problem.Loss(next);
      if (next_loss <= allowed) break;
    }
    if (!(next_loss <= allowed)) break;
    weights = next;
    loss = next_loss;
    if (largest < options.tolerance) return LogisticRegression(std::move(weights));
  }
  return absl::InternalError("logistic regression: no convergence");
}

double LogisticRegression::Probability(absl::Span<const double> row) const { return Sigmoid(Linear(weights_, row)); }

}  // namespace tremorcast
