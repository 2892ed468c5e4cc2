#pragma once

// Binary logistic regression with a ridge, fitted by Newton steps (iteratively reweighted least
// squares). It serves the few columns of the catalogue-only reference, so its matrices are dense.
// Pure and deterministic; thread safe.

#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

struct LogisticOptions {
  double ridge =
      1;  // adds ridge / 2 * sum of squared weights to the summed negative log likelihood; the intercept is free
  int max_iterations = 100;
  double tolerance = 1e-10;  // on the largest Newton step
};

class LogisticRegression {
 public:
  // `rows` are row major with `columns` entries each; `events` one flag per row. A mean event rate
  // of 0 or 1 gives a large but finite intercept. InvalidArgument: sizes differ, no rows, a value
  // that is not finite, ridge <= 0. Internal: no convergence.
  static absl::StatusOr<LogisticRegression> Fit(absl::Span<const double> rows, int columns,
                                                const std::vector<bool>& events, const LogisticOptions& options);

  double Probability(absl::Span<const double> row) const;
  double intercept() const { return weights_[0]; }
  absl::Span<const double> weights() const { return absl::MakeConstSpan(weights_).subspan(1); }

 private:
  explicit LogisticRegression(std::vector<double> weights) : weights_(std::move(weights)) {}
  std::vector<double> weights_;  // intercept first
};

}  // namespace tremorcast
