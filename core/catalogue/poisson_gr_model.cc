#include "core/catalogue/poisson_gr_model.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/catalogue/climatology.h"

namespace tremorcast {
namespace {

constexpr double kLog10E = 0.43429448190325182765;
constexpr double kMagnitudeTolerance = 1e-6;  // as MagnitudeClasses

absl::Status Validate(const std::vector<Region>& regions, const Interval& period, const MagnitudeClasses& classes,
                      const PoissonGrOptions& options) {
  if (regions.empty()) return absl::InvalidArgumentError("Poisson-GR: no regions");
  if (period.empty() || period.begin == absl::InfinitePast() || period.end == absl::InfiniteFuture()) {
    return absl::InvalidArgumentError("Poisson-GR: the period must have a positive, finite length");
  }
  if (!(options.completeness <= classes.edges[0] + kMagnitudeTolerance) || options.min_events < 1) {
    return absl::InvalidArgumentError(absl::StrCat("Poisson-GR: completeness ", options.completeness,
                                                   " must not exceed the first class edge ", classes.edges[0],
                                                   ", min_events ", options.min_events, " must be positive"));
  }
  return absl::OkStatus();
}

bool Counts(const SeismicEvent& event, const Interval& period, double completeness) {
  return !event.deleted && period.Contains(event.origin_time) && event.magnitude + kMagnitudeTolerance >= completeness;
}

}  // namespace

absl::StatusOr<GutenbergRichter> FitGutenbergRichter(absl::Span<const double> magnitudes, double completeness,
                                                     double bin) {
  if (!std::isfinite(completeness) || !std::isfinite(bin) || bin < 0 ||
      !std::all_of(magnitudes.begin(), magnitudes.end(), [](double m) { return std::isfinite(m); })) {
    return absl::InvalidArgumentError("Gutenberg-Richter: magnitudes, completeness and bin must be finite, bin >= 0");
  }
  GutenbergRichter fit;
  double sum = 0;
  double squares = 0;  // of what exceeds the completeness
  for (const double m : magnitudes) {
    if (m + kMagnitudeTolerance < completeness) continue;
    ++fit.events;
    sum += m - completeness;
    squares += (m - completeness) * (m - completeness);
  }
  const double n = fit.events;
  const double excess = sum / n + bin / 2;
  if (fit.events == 0 || !(excess > kMagnitudeTolerance)) {
    return absl::FailedPreconditionError(
        absl::StrCat("Gutenberg-Richter: ", fit.events, " events tell nothing about magnitudes >= ", completeness));
  }
  fit.mean_magnitude = completeness + sum / n;
  fit.b = kLog10E / excess;
  if (fit.events > 1) {
    const double variance_of_mean = std::max(0.0, squares - sum * sum / n) / (n * (n - 1));
    fit.b_standard_error = fit.b * fit.b / kLog10E * std::sqrt(variance_of_mean);
  }
  return fit;
}

absl::StatusOr<PoissonGrModel> PoissonGrModel::Fit(const std::vector<Region>& regions,
                                                   absl::Span<const SeismicEvent> events, const Interval& period,
                                                   const MagnitudeClasses& classes, const PoissonGrOptions& options) {
  RETURN_IF_ERROR(Validate(regions, period, classes, options));
  std::vector<int> counts(regions.size(), 0);
  std::vector<double> magnitudes;
  for (const SeismicEvent& event : events) {
    if (!Counts(event, period, options.completeness)) continue;
    bool in_any = false;
    for (size_t r = 0; r < regions.size(); ++r) {
      if (!RegionContains(regions[r], event.epicenter)) continue;
      ++counts[r];
      in_any = true;
    }
    if (in_any) magnitudes.push_back(event.magnitude);
  }
  if (static_cast<int>(magnitudes.size()) < options.min_events) {
    return absl::FailedPreconditionError(absl::StrCat("Poisson-GR: ", magnitudes.size(),
                                                      " events with M >= ", options.completeness, ", at least ",
                                                      options.min_events, " are needed"));
  }
  ASSIGN_OR_RETURN(const GutenbergRichter fit,
                   FitGutenbergRichter(magnitudes, options.completeness, options.magnitude_bin));
  const double weeks = absl::FDivDuration(period.length(), kWeekLength);
  std::map<RegionId, Rates> rates;
  for (size_t r = 0; r < regions.size(); ++r) {
    Rates& of_region = rates[regions[r].id];
    for (size_t k = 0; k < of_region.size(); ++k) {
      of_region[k] = (counts[r] + 0.5) / weeks * std::pow(10.0, -fit.b * (classes.edges[k] - options.completeness));
    }
  }
  return PoissonGrModel(fit, std::move(rates));
}

absl::StatusOr<std::array<double, kClasses - 1>> PoissonGrModel::WeeklyRates(const RegionId& region) const {
  const auto it = rates_.find(region);
  if (it == rates_.end()) {
    return absl::NotFoundError(absl::StrCat("Poisson-GR: region ", region.value(), " was not in the fit"));
  }
  return it->second;
}

absl::StatusOr<ClassProbabilities> PoissonGrModel::Predict(const RegionId& region) const {
  ASSIGN_OR_RETURN(const Rates rates, WeeklyRates(region));
  ClassProbabilities p;
  double at_least = 1;  // P(class >= k)
  for (int k = 0; k < kClasses; ++k) {
    const double above = k + 1 < kClasses ? -std::expm1(-rates[static_cast<size_t>(k)]) : 0;
    p[k] = at_least - above;
    at_least = above;
  }
  return FloorAndNormalise(p);
}

}  // namespace tremorcast
