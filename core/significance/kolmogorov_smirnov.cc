#include "core/significance/kolmogorov_smirnov.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <boost/math/special_functions/gamma.hpp>

#include "core/distribution/math_policy.h"

namespace tremorcast {
namespace {

constexpr int kExactValues = 1000;   // the matrix then has at most 155 rows
constexpr double kTailExponent = 6;  // beyond, both sides at once have a share of e^-36
constexpr double kRescaleAbove = 1e140;
constexpr double kPi = 3.14159265358979323846;

double LogFactorial(double n) { return boost::math::lgamma(n + 1, MathPolicy()); }

// P(D+ >= d) of one side: d times the sum of C(n, j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j).
double OneSidedTail(double d, int n) {
  double sum = 0;
  for (int j = 0; j < n; ++j) {
    const double above = 1 - d - static_cast<double>(j) / n;
    if (above <= 0) break;
    sum += std::exp(LogFactorial(n) - LogFactorial(j) - LogFactorial(n - j) +
                    (j - 1) * std::log(d + static_cast<double>(j) / n) + (n - j) * std::log(above));
  }
  return d * sum;
}

// A square matrix times 10^exponent.
struct ScaledMatrix {
  size_t rows = 0;
  std::vector<double> cells;
  int exponent = 0;
};

ScaledMatrix Product(const ScaledMatrix& a, const ScaledMatrix& b) {
  ScaledMatrix c = {a.rows, std::vector<double>(a.cells.size(), 0), a.exponent + b.exponent};
  for (size_t i = 0; i < a.rows; ++i) {
    for (size_t k = 0; k < a.rows; ++k) {
      const double factor = a.cells[i * a.rows + k];
      for (size_t j = 0; j < a.rows; ++j) c.cells[i * a.rows + j] += factor * b.cells[k * a.rows + j];
    }
  }
  if (c.cells[(c.rows / 2) * c.rows + c.rows / 2] > kRescaleAbove) {
    for (double& cell : c.cells) cell /= kRescaleAbove;
    c.exponent += 140;
  }
  return c;
}

ScaledMatrix Power(ScaledMatrix base, int n) {
  ScaledMatrix result = {base.rows, std::vector<double>(base.cells.size(), 0), 0};
  for (size_t i = 0; i < base.rows; ++i) result.cells[i * base.rows + i] = 1;
  for (; n > 0; n /= 2) {
    if (n % 2 == 1) result = Product(result, base);
    if (n > 1) base = Product(base, base);
  }
  return result;
}

// P(D < d): n! / n^n times the middle cell of the n-th power of Durbin's matrix.
double ExactDistribution(double d, int n) {
  const int k = static_cast<int>(n * d) + 1;
  const size_t rows = static_cast<size_t>(2 * k - 1);
  const double h = k - n * d;
  ScaledMatrix matrix = {rows, std::vector<double>(rows * rows, 0), 0};
  const auto cell = [&](size_t i, size_t j) -> double& { return matrix.cells[i * rows + j]; };
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < std::min(i + 2, rows); ++j) cell(i, j) = 1;
  }
  for (size_t i = 0; i < rows; ++i) {
    cell(i, 0) -= std::pow(h, static_cast<double>(i + 1));
    cell(rows - 1, i) -= std::pow(h, static_cast<double>(rows - i));
  }
  if (2 * h > 1) cell(rows - 1, 0) += std::pow(2 * h - 1, static_cast<double>(rows));
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < std::min(i + 1, rows); ++j)
      cell(i, j) /= std::exp(LogFactorial(static_cast<double>(i - j + 1)));
  }
  const ScaledMatrix power = Power(std::move(matrix), n);
  const double middle = power.cells[static_cast<size_t>(k - 1) * rows + static_cast<size_t>(k - 1)];
  return std::exp(std::log(middle) + power.exponent * std::log(10.0) + LogFactorial(n) - n * std::log(n));
}

// P(K >= x) of Kolmogorov's limit.
double LimitTail(double x) {
  if (x <= 0) return 1;
  double sum = 0;
  if (x < 1) {  // the other series converges slowly here
    for (int j = 1; j < 20; j += 2) sum += std::exp(-j * j * kPi * kPi / (8 * x * x));
    return 1 - std::sqrt(2 * kPi) / x * sum;
  }
  for (int j = 1; j < 20; ++j) sum += (j % 2 == 1 ? 2 : -2) * std::exp(-2 * j * j * x * x);
  return sum;
}

}  // namespace

double KolmogorovTail(double distance, int values) {
  if (values < 1 || std::isnan(distance)) return std::numeric_limits<double>::quiet_NaN();
  if (distance >= 1) return 0;
  if (2 * values * distance <= 1) return 1;  // no sample lies nearer
  const double n = values;
  if (distance >= 0.5 || n * distance * distance >= kTailExponent) {
    return std::min(2 * OneSidedTail(distance, values), 1.0);
  }
  if (values <= kExactValues) return std::clamp(1 - ExactDistribution(distance, values), 0.0, 1.0);
  const double x = std::sqrt(n) * distance;
  return std::clamp(LimitTail(x + 1 / (6 * std::sqrt(n)) + (x - 1) / (4 * n)), 0.0, 1.0);
}

absl::StatusOr<UniformityTest> TestUniformity(absl::Span<const double> values) {
  if (values.empty()) return absl::InvalidArgumentError("uniformity test: no values");
  if (values.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return absl::InvalidArgumentError("uniformity test: too many values");
  }
  std::vector<double> sorted(values.begin(), values.end());
  for (const double value : sorted) {
    if (!(value >= 0 && value <= 1)) return absl::InvalidArgumentError(absl::StrCat("uniformity test: value ", value));
  }
  std::sort(sorted.begin(), sorted.end());
  UniformityTest test;
  test.values = static_cast<int>(sorted.size());
  const double n = test.values;
  for (size_t i = 0; i < sorted.size(); ++i) {
    const double below = static_cast<double>(i) / n;
    test.distance = std::max({test.distance, static_cast<double>(i + 1) / n - sorted[i], sorted[i] - below});
  }
  test.p_value = KolmogorovTail(test.distance, test.values);
  return test;
}

}  // namespace tremorcast
