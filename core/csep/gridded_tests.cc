#include "core/csep/gridded_tests.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <boost/math/special_functions/gamma.hpp>

#include "core/base/status_macros.h"
#include "core/csep/catalogue_sampler.h"
#include "core/csep/numpy_random.h"
#include "core/distribution/math_policy.h"

namespace tremorcast {
namespace {

constexpr double kMaxEvents = 1e7;  // a catalogue is drawn event by event
constexpr double kImpossible = -std::numeric_limits<double>::infinity();

absl::Status ValidateBins(absl::Span<const double> rates, absl::Span<const int64_t> observed) {
  if (rates.empty() || rates.size() != observed.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("gridded test: ", rates.size(), " rates for ", observed.size(), " counts"));
  }
  double expected = 0;
  for (const double rate : rates) {
    if (!(rate >= 0)) return absl::InvalidArgumentError(absl::StrCat("gridded test: rate ", rate));
    expected += rate;
  }
  double seen = 0;
  for (const int64_t n : observed) {
    if (n < 0) return absl::InvalidArgumentError(absl::StrCat("gridded test: count ", n));
    seen += static_cast<double>(n);
  }
  if (!(expected > 0) || !(expected <= kMaxEvents) || !(seen <= kMaxEvents)) {
    return absl::InvalidArgumentError(
        absl::StrCat("gridded test: ", expected, " events expected, ", seen, " observed"));
  }
  return absl::OkStatus();
}

absl::Status Validate(const GriddedForecast& forecast, const SimulationOptions& options) {
  RETURN_IF_ERROR(ValidateBins(forecast.rates, forecast.observed));
  if (forecast.magnitude_bins < 1 || forecast.rates.size() % static_cast<size_t>(forecast.magnitude_bins) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("gridded test: ", forecast.magnitude_bins,
                                                   " magnitude bins do not divide ", forecast.rates.size(), " bins"));
  }
  if (options.simulations < 1) return absl::InvalidArgumentError("gridded test: no simulations asked for");
  return absl::OkStatus();
}

double PoissonLikelihood(absl::Span<const double> rates, absl::Span<const int64_t> counts) {
  double sum = 0;
  for (size_t i = 0; i < rates.size(); ++i) {
    sum -= rates[i];
    if (counts[i] == 0) continue;
    if (rates[i] == 0) return kImpossible;
    const double n = static_cast<double>(counts[i]);
    sum += n * std::log(rates[i]) - boost::math::lgamma(n + 1, MathPolicy());
  }
  return sum;
}

double BinaryLikelihood(absl::Span<const double> rates, absl::Span<const int64_t> counts) {
  double sum = 0;
  for (size_t i = 0; i < rates.size(); ++i) {
    if (counts[i] > 0 && rates[i] == 0) return kImpossible;
    sum += counts[i] > 0 ? std::log(-std::expm1(-rates[i])) : -rates[i];
  }
  return sum;
}

double BrierOfBins(absl::Span<const double> rates, absl::Span<const int64_t> counts) {
  double sum = 0;
  for (size_t i = 0; i < rates.size(); ++i) {
    const double error = -std::expm1(-rates[i]) - (counts[i] > 0 ? 1 : 0);
    sum -= 2 * error * error;
  }
  return sum / static_cast<double>(rates.size());
}

int64_t Total(absl::Span<const int64_t> counts) { return std::accumulate(counts.begin(), counts.end(), int64_t{0}); }

int64_t Active(absl::Span<const int64_t> counts) {
  return std::count_if(counts.begin(), counts.end(), [](int64_t n) { return n > 0; });
}

using Score = std::function<double(absl::Span<const int64_t>)>;

ConsistencyTest Simulate(absl::Span<const int64_t> observed, const SimulationOptions& options, const Score& score,
                         const std::function<std::vector<int64_t>(NumpyRandom&)>& draw) {
  ConsistencyTest test;
  test.observed = score(observed);
  // Catalogues of one likelihood, summed in another order, are ties.
  const double tolerance = std::isinf(test.observed) ? 0 : 1e-12 * (1 + std::abs(test.observed));
  NumpyRandom random(options.seed);
  test.simulated.reserve(static_cast<size_t>(options.simulations));
  int not_above = 0;
  for (int i = 0; i < options.simulations; ++i) {
    test.simulated.push_back(score(draw(random)));
    not_above += test.simulated.back() <= test.observed + tolerance ? 1 : 0;
  }
  test.quantile = static_cast<double>(not_above) / options.simulations;
  return test;
}

// Catalogues of the observed number of events; without any, all of them are the observed one. S and
// M score by rates brought to that number, CL by the forecast's own. The quantile is the same
// either way, since all catalogues have as many events; the statistic is not.
ConsistencyTest Conditional(std::vector<double> rates, absl::Span<const int64_t> observed,
                            const SimulationOptions& options, bool scaled) {
  const int64_t events = Total(observed);
  const CatalogueSampler sampler(rates);
  if (scaled) {
    const double scale = static_cast<double>(events) / std::accumulate(rates.begin(), rates.end(), 0.0);
    for (double& rate : rates) rate *= scale;
  }
  return Simulate(
      observed, options, [&](absl::Span<const int64_t> counts) { return PoissonLikelihood(rates, counts); },
      [&](NumpyRandom& random) { return sampler.Draw(events, random); });
}

absl::StatusOr<ConsistencyTest> ByActiveBins(absl::Span<const double> rates, absl::Span<const int64_t> observed,
                                             const SimulationOptions& options,
                                             double (*score)(absl::Span<const double>, absl::Span<const int64_t>)) {
  const int64_t active = Active(observed);
  const int64_t possible = std::count_if(rates.begin(), rates.end(), [](double rate) { return rate > 0; });
  if (active > possible) {
    return absl::FailedPreconditionError(
        absl::StrCat("gridded test: ", active, " active bins, but only ", possible, " with a rate"));
  }
  const CatalogueSampler sampler(rates);
  return Simulate(
      observed, options, [&](absl::Span<const int64_t> counts) { return score(rates, counts); },
      [&](NumpyRandom& random) { return sampler.DrawActive(active, random); });
}

// Sums over the other axis: by cell (bins of a cell follow each other) or by magnitude.
template <typename T>
std::vector<T> Marginal(const std::vector<T>& values, int magnitude_bins, bool by_cell) {
  const size_t bins = static_cast<size_t>(magnitude_bins);
  std::vector<T> sums(by_cell ? values.size() / bins : bins, T{0});
  for (size_t i = 0; i < values.size(); ++i) sums[by_cell ? i / bins : i % bins] += values[i];
  return sums;
}

absl::StatusOr<ConsistencyTest> MarginalTest(const GriddedForecast& forecast, const SimulationOptions& options,
                                             bool by_cell) {
  RETURN_IF_ERROR(Validate(forecast, options));
  return Conditional(Marginal(forecast.rates, forecast.magnitude_bins, by_cell),
                     Marginal(forecast.observed, forecast.magnitude_bins, by_cell), options, true);
}

}  // namespace

absl::StatusOr<double> PoissonJointLogLikelihood(absl::Span<const double> rates, absl::Span<const int64_t> observed) {
  RETURN_IF_ERROR(ValidateBins(rates, observed));
  return PoissonLikelihood(rates, observed);
}

absl::StatusOr<double> BinaryJointLogLikelihood(absl::Span<const double> rates, absl::Span<const int64_t> observed) {
  RETURN_IF_ERROR(ValidateBins(rates, observed));
  return BinaryLikelihood(rates, observed);
}

absl::StatusOr<double> GriddedBrierScore(absl::Span<const double> rates, absl::Span<const int64_t> observed) {
  RETURN_IF_ERROR(ValidateBins(rates, observed));
  return BrierOfBins(rates, observed);
}

absl::StatusOr<ConsistencyTest> LikelihoodTest(const GriddedForecast& forecast, const SimulationOptions& options) {
  RETURN_IF_ERROR(Validate(forecast, options));
  const CatalogueSampler sampler(forecast.rates);
  const double expected = std::accumulate(forecast.rates.begin(), forecast.rates.end(), 0.0);
  return Simulate(
      forecast.observed, options,
      [&](absl::Span<const int64_t> counts) { return PoissonLikelihood(forecast.rates, counts); },
      [&](NumpyRandom& random) {
        const int64_t events = random.Poisson(expected);
        return sampler.Draw(events, random);
      });
}

absl::StatusOr<ConsistencyTest> ConditionalLikelihoodTest(const GriddedForecast& forecast,
                                                          const SimulationOptions& options) {
  RETURN_IF_ERROR(Validate(forecast, options));
  return Conditional(forecast.rates, forecast.observed, options, false);
}

absl::StatusOr<ConsistencyTest> SpatialTest(const GriddedForecast& forecast, const SimulationOptions& options) {
  return MarginalTest(forecast, options, true);
}

absl::StatusOr<ConsistencyTest> MagnitudeTest(const GriddedForecast& forecast, const SimulationOptions& options) {
  return MarginalTest(forecast, options, false);
}

absl::StatusOr<ConsistencyTest> BinaryLikelihoodTest(const GriddedForecast& forecast,
                                                     const SimulationOptions& options) {
  RETURN_IF_ERROR(Validate(forecast, options));
  return ByActiveBins(forecast.rates, forecast.observed, options, BinaryLikelihood);
}

absl::StatusOr<ConsistencyTest> BinarySpatialTest(const GriddedForecast& forecast, const SimulationOptions& options) {
  RETURN_IF_ERROR(Validate(forecast, options));
  return ByActiveBins(Marginal(forecast.rates, forecast.magnitude_bins, true),
                      Marginal(forecast.observed, forecast.magnitude_bins, true), options, BinaryLikelihood);
}

absl::StatusOr<ConsistencyTest> GriddedBrierTest(const GriddedForecast& forecast, const SimulationOptions& options) {
  RETURN_IF_ERROR(Validate(forecast, options));
  return ByActiveBins(forecast.rates, forecast.observed, options, BrierOfBins);
}

}  // namespace tremorcast
