#include "core/csep/catalogue_tests.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
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

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

absl::Status Validate(const CatalogueForecast& forecast, const GriddedCatalogue& observed) {
  RETURN_IF_ERROR(ValidateCatalogueForecast(forecast));
  return ValidateGriddedCatalogue(observed, forecast);
}

CatalogueTest NotValid() { return {TestValidity::kNotValid, kNone, {}, kNone, kNone}; }

// Statistics that differ by the order of a sum alone are ties.
CatalogueTest WithQuantiles(TestValidity validity, double observed, std::vector<double> simulated) {
  const double tolerance = 1e-12 * (1 + std::abs(observed));
  int64_t at_least = 0;
  int64_t at_most = 0;
  for (const double value : simulated) {
    at_least += value >= observed - tolerance ? 1 : 0;
    at_most += value <= observed + tolerance ? 1 : 0;
  }
  const double n = static_cast<double>(simulated.size());
  return {validity, observed, std::move(simulated), static_cast<double>(at_least) / n,
          static_cast<double>(at_most) / n};
}

// What S and PL share: a sum over events of a logarithm that depends on their cell.
struct CellRates {
  std::vector<double> rates;  // mean events per catalogue
  double total = 0;
};

CellRates MeanRatesByCell(const CatalogueForecast& forecast) {
  CellRates mean = {std::vector<double>(static_cast<size_t>(forecast.cells), 0), 0};
  for (const GriddedCatalogue& catalogue : forecast.catalogues) {
    for (const GriddedEvent& event : catalogue) mean.rates[static_cast<size_t>(event.cell)] += 1;
  }
  for (double& rate : mean.rates) {
    rate /= static_cast<double>(forecast.catalogues.size());
    mean.total += rate;
  }
  return mean;
}

struct CellSum {
  double sum = 0;
  int64_t events = 0;   // that have a rate where they are
  int64_t without = 0;  // that have none
};

// Sorted by cell first, so that catalogues with the same counts have the same sum to the bit.
CellSum SumOverEvents(const GriddedCatalogue& catalogue, const std::vector<double>& log_rates) {
  std::vector<int32_t> cells;
  cells.reserve(catalogue.size());
  for (const GriddedEvent& event : catalogue) cells.push_back(event.cell);
  std::sort(cells.begin(), cells.end());
  CellSum result;
  for (size_t i = 0; i < cells.size();) {
    size_t end = i;
    while (end < cells.size() && cells[end] == cells[i]) ++end;
    const double log_rate = log_rates[static_cast<size_t>(cells[i])];
    const int64_t events = static_cast<int64_t>(end - i);
    i = end;
    if (std::isinf(log_rate)) {
      result.without += events;
    } else {
      result.sum += static_cast<double>(events) * log_rate;
      result.events += events;
    }
  }
  return result;
}

// `score`: of a sum; nothing where it has no statistic.
absl::StatusOr<CatalogueTest> TestCells(const CatalogueForecast& forecast, const GriddedCatalogue& observed,
                                        bool shares,
                                        const std::function<std::optional<double>(const CellSum&, double)>& score) {
  RETURN_IF_ERROR(Validate(forecast, observed));
  const CellRates mean = MeanRatesByCell(forecast);
  if (!(mean.total > 0)) return NotValid();
  std::vector<double> log_rates = mean.rates;
  for (double& rate : log_rates) rate = std::log(shares ? rate / mean.total : rate);
  const CellSum seen = SumOverEvents(observed, log_rates);
  if (seen.events == 0) return NotValid();
  std::vector<double> simulated;
  simulated.reserve(forecast.catalogues.size());
  for (const GriddedCatalogue& catalogue : forecast.catalogues) {
    const auto value = score(SumOverEvents(catalogue, log_rates), mean.total);
    if (value.has_value()) simulated.push_back(*value);
  }
  return WithQuantiles(seen.without > 0 ? TestValidity::kUndersampled : TestValidity::kNormal, *score(seen, mean.total),
                       std::move(simulated));
}

std::vector<double> MagnitudeHistogram(const GriddedCatalogue& catalogue, int bins) {
  std::vector<double> counts(static_cast<size_t>(bins), 0);
  for (const GriddedEvent& event : catalogue) counts[static_cast<size_t>(event.magnitude_bin)] += 1;
  return counts;
}

std::vector<double> UnionHistogram(const CatalogueForecast& forecast) {
  std::vector<double> counts(static_cast<size_t>(forecast.magnitude_bins), 0);
  for (const GriddedCatalogue& catalogue : forecast.catalogues) {
    for (const GriddedEvent& event : catalogue) counts[static_cast<size_t>(event.magnitude_bin)] += 1;
  }
  return counts;
}

double Sum(absl::Span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0); }

double SquaredLogDistance(absl::Span<const double> counts, absl::Span<const double> union_counts, double events) {
  const double scale = events / Sum(counts);
  const double union_scale = events / Sum(union_counts);
  double sum = 0;
  for (size_t k = 0; k < counts.size(); ++k) {
    const double difference = std::log10(counts[k] * scale + 1) - std::log10(union_counts[k] * union_scale + 1);
    sum += difference * difference;
  }
  return sum;
}

// ln x! - x ln x + x, of which a multinomial probability under its own shares consists once the
// large terms have cancelled. The logarithm of gamma would lose six digits for a million events.
double StirlingRemainder(double x) {
  if (x == 0) return 0;
  if (x < 32) return boost::math::lgamma(x + 1, MathPolicy()) - x * std::log(x) + x;
  constexpr double kHalfLogTwoPi = 0.91893853320467274178;
  const double square = 1 / (x * x);
  return kHalfLogTwoPi + std::log(x) / 2 +
         (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680)))) / x;
}

double LogMultinomial(absl::Span<const double> counts) {
  double log_probability = StirlingRemainder(Sum(counts));
  for (const double count : counts) log_probability -= StirlingRemainder(count);
  return log_probability;
}

double Multinomial(absl::Span<const double> union_counts, absl::Span<const double> counts) {
  const double ratio = Sum(union_counts) / Sum(counts);
  std::vector<double> all(union_counts.begin(), union_counts.end());
  std::vector<double> one(counts.begin(), counts.end());
  std::vector<double> both(all.size());
  for (size_t k = 0; k < all.size(); ++k) {
    all[k] += ratio;
    one[k] += 1;
    both[k] = all[k] + one[k];
  }
  return 2 * (LogMultinomial(both) - LogMultinomial(all) - LogMultinomial(one));
}

using HistogramScore = std::function<double(absl::Span<const double> counts, absl::Span<const double> union_counts)>;

absl::StatusOr<CatalogueTest> TestResampled(const CatalogueForecast& forecast, const GriddedCatalogue& observed,
                                            uint32_t seed, const HistogramScore& score) {
  RETURN_IF_ERROR(Validate(forecast, observed));
  const std::vector<double> all = UnionHistogram(forecast);
  if (observed.empty() || Sum(all) == 0) return NotValid();
  const CatalogueSampler sampler(all);
  NumpyRandom random(seed);
  std::vector<double> simulated;
  simulated.reserve(forecast.catalogues.size());
  for (size_t i = 0; i < forecast.catalogues.size(); ++i) {
    const std::vector<int64_t> drawn = sampler.Draw(static_cast<int64_t>(observed.size()), random);
    simulated.push_back(score(std::vector<double>(drawn.begin(), drawn.end()), all));
  }
  return WithQuantiles(TestValidity::kNormal, score(MagnitudeHistogram(observed, forecast.magnitude_bins), all),
                       std::move(simulated));
}

}  // namespace

absl::StatusOr<CatalogueTest> CatalogueNumberTest(const CatalogueForecast& forecast, const GriddedCatalogue& observed) {
  RETURN_IF_ERROR(Validate(forecast, observed));
  std::vector<double> simulated;
  simulated.reserve(forecast.catalogues.size());
  for (const GriddedCatalogue& catalogue : forecast.catalogues) {
    simulated.push_back(static_cast<double>(catalogue.size()));
  }
  return WithQuantiles(TestValidity::kNormal, static_cast<double>(observed.size()), std::move(simulated));
}

absl::StatusOr<CatalogueTest> CatalogueSpatialTest(const CatalogueForecast& forecast,
                                                   const GriddedCatalogue& observed) {
  return TestCells(forecast, observed, true, [](const CellSum& cells, double) {
    return cells.events == 0 ? std::nullopt : std::optional<double>(cells.sum / static_cast<double>(cells.events));
  });
}

absl::StatusOr<CatalogueTest> CataloguePseudoLikelihoodTest(const CatalogueForecast& forecast,
                                                            const GriddedCatalogue& observed) {
  return TestCells(forecast, observed, false,
                   [](const CellSum& cells, double expected) { return std::optional<double>(cells.sum - expected); });
}

absl::StatusOr<CatalogueTest> CatalogueMagnitudeTest(const CatalogueForecast& forecast,
                                                     const GriddedCatalogue& observed) {
  RETURN_IF_ERROR(Validate(forecast, observed));
  const std::vector<double> all = UnionHistogram(forecast);
  if (observed.empty() || Sum(all) == 0) return NotValid();
  const double events = static_cast<double>(observed.size());
  std::vector<double> simulated;
  for (const GriddedCatalogue& catalogue : forecast.catalogues) {
    if (catalogue.empty()) continue;
    simulated.push_back(SquaredLogDistance(MagnitudeHistogram(catalogue, forecast.magnitude_bins), all, events));
  }
  return WithQuantiles(TestValidity::kNormal,
                       SquaredLogDistance(MagnitudeHistogram(observed, forecast.magnitude_bins), all, events),
                       std::move(simulated));
}

absl::StatusOr<CatalogueTest> ResampledMagnitudeTest(const CatalogueForecast& forecast,
                                                     const GriddedCatalogue& observed, uint32_t seed) {
  return TestResampled(forecast, observed, seed, [&](absl::Span<const double> counts, absl::Span<const double> all) {
    return SquaredLogDistance(counts, all, static_cast<double>(observed.size()));
  });
}

absl::StatusOr<CatalogueTest> MultinomialMagnitudeTest(const CatalogueForecast& forecast,
                                                       const GriddedCatalogue& observed, uint32_t seed) {
  return TestResampled(forecast, observed, seed, [](absl::Span<const double> counts, absl::Span<const double> all) {
    return Multinomial(all, counts);
  });
}

absl::StatusOr<double> MultinomialScore(absl::Span<const double> union_counts, absl::Span<const double> counts) {
  if (counts.empty() || counts.size() != union_counts.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("MLL score: ", union_counts.size(), " and ", counts.size(), " magnitude bins"));
  }
  const auto usable = [](double count) { return count >= 0 && std::isfinite(count); };
  if (!std::all_of(counts.begin(), counts.end(), usable) ||
      !std::all_of(union_counts.begin(), union_counts.end(), usable) || !(Sum(counts) > 0) ||
      !(Sum(union_counts) > 0)) {
    return absl::InvalidArgumentError("MLL score: counts must be finite and not negative, and some above 0");
  }
  return Multinomial(union_counts, counts);
}

absl::StatusOr<UniformityTest> CalibrationTest(absl::Span<const CatalogueTest> tests, Quantile quantile) {
  std::vector<double> quantiles;
  for (const CatalogueTest& test : tests) {
    if (test.validity == TestValidity::kNotValid) continue;
    quantiles.push_back(quantile == Quantile::kAtMost ? test.at_most : test.at_least);
  }
  if (quantiles.empty()) return absl::FailedPreconditionError("calibration test: no valid test");
  return TestUniformity(quantiles);
}

}  // namespace tremorcast
