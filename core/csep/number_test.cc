#include "core/csep/number_test.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>

#include "core/base/status_macros.h"
#include "core/distribution/math_policy.h"

namespace tremorcast {
namespace {

constexpr double kMaxEvents = 1e9;  // far beyond, the incomplete functions lose all digits

absl::Status ValidateCount(double mean, int64_t observed) {
  if (!(mean > 0 && mean <= kMaxEvents) || observed < 0 || static_cast<double>(observed) > kMaxEvents) {
    return absl::InvalidArgumentError(absl::StrCat("N-test: mean ", mean, ", observed ", observed));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NumberTest> PoissonNumberTest(double mean, int64_t observed) {
  RETURN_IF_ERROR(ValidateCount(mean, observed));
  const double n = static_cast<double>(observed);
  return NumberTest{mean, mean, observed == 0 ? 1.0 : boost::math::gamma_p(n, mean, MathPolicy()),
                    boost::math::gamma_q(n + 1, mean, MathPolicy())};
}

absl::StatusOr<NumberTest> NegativeBinomialNumberTest(double mean, double variance, int64_t observed) {
  RETURN_IF_ERROR(ValidateCount(mean, observed));
  if (!(variance > mean) || std::isinf(variance)) {
    return absl::InvalidArgumentError(
        absl::StrCat("N-test: a negative binomial needs a variance above its mean; ", variance, " <= ", mean));
  }
  const double shape = mean * mean / (variance - mean);
  const double success = mean / variance;
  const double n = static_cast<double>(observed);
  return NumberTest{mean, variance,
                    observed == 0 ? 1.0 : boost::math::ibeta(n, shape, (variance - mean) / variance, MathPolicy()),
                    boost::math::ibeta(shape, n + 1, success, MathPolicy())};
}

absl::StatusOr<std::vector<double>> PoissonBinomialDistribution(absl::Span<const double> probabilities) {
  if (probabilities.empty()) return absl::InvalidArgumentError("N-test: no probabilities");
  std::vector<double> mass = {1};
  mass.reserve(probabilities.size() + 1);
  for (const double p : probabilities) {
    if (!(p >= 0 && p <= 1)) return absl::InvalidArgumentError(absl::StrCat("N-test: probability ", p));
    mass.push_back(0);
    for (size_t n = mass.size() - 1; n > 0; --n) mass[n] = mass[n] * (1 - p) + mass[n - 1] * p;
    mass[0] *= 1 - p;
  }
  return mass;
}

absl::StatusOr<NumberTest> PoissonBinomialNumberTest(absl::Span<const double> probabilities, int64_t observed) {
  ASSIGN_OR_RETURN(const std::vector<double> mass, PoissonBinomialDistribution(probabilities));
  if (observed < 0 || observed > static_cast<int64_t>(probabilities.size())) {
    return absl::InvalidArgumentError(absl::StrCat("N-test: ", observed, " of ", probabilities.size(), " weeks"));
  }
  NumberTest test;
  for (const double p : probabilities) {
    test.mean += p;
    test.variance += p * (1 - p);
  }
  for (int64_t n = 0; n < static_cast<int64_t>(mass.size()); ++n) {
    const double p = mass[static_cast<size_t>(n)];
    if (n <= observed) test.at_most += p;
    if (n >= observed) test.at_least += p;
  }
  test.at_most = std::min(test.at_most, 1.0);
  test.at_least = std::min(test.at_least, 1.0);
  return test;
}

}  // namespace tremorcast
