#include "core/csep/catalogue_forecast.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// Of `count` steps from `origin`; -1 outside. The allowances are those of pyCSEP.
int32_t StepOf(double value, double origin, double step, int count) {
  const double allowance = (std::abs(value) + std::abs(origin)) * kEpsilon;
  const double index = std::floor((value - origin + allowance) / (step - std::abs(origin) * kEpsilon));
  return index >= 0 && index < count ? static_cast<int32_t>(index) : -1;
}

}  // namespace

absl::Status ValidateGriddedCatalogue(const GriddedCatalogue& catalogue, const CatalogueForecast& forecast) {
  for (const GriddedEvent& event : catalogue) {
    if (event.cell < 0 || event.cell >= forecast.cells || event.magnitude_bin < 0 ||
        event.magnitude_bin >= forecast.magnitude_bins) {
      return absl::InvalidArgumentError(absl::StrCat("catalogue forecast: an event in cell ", event.cell, " of ",
                                                     forecast.cells, ", magnitude bin ", event.magnitude_bin, " of ",
                                                     forecast.magnitude_bins));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateCatalogueForecast(const CatalogueForecast& forecast) {
  if (forecast.cells < 1 || forecast.magnitude_bins < 1 || forecast.catalogues.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("catalogue forecast: ", forecast.cells, " cells, ",
                                                   forecast.magnitude_bins, " magnitude bins, ",
                                                   forecast.catalogues.size(), " catalogues"));
  }
  for (const GriddedCatalogue& catalogue : forecast.catalogues) {
    RETURN_IF_ERROR(ValidateGriddedCatalogue(catalogue, forecast));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<double>> ExpectedRates(const CatalogueForecast& forecast) {
  RETURN_IF_ERROR(ValidateCatalogueForecast(forecast));
  const size_t bins = static_cast<size_t>(forecast.magnitude_bins);
  std::vector<double> rates(static_cast<size_t>(forecast.cells) * bins, 0);
  for (const GriddedCatalogue& catalogue : forecast.catalogues) {
    for (const GriddedEvent& event : catalogue) {
      rates[static_cast<size_t>(event.cell) * bins + static_cast<size_t>(event.magnitude_bin)] += 1;
    }
  }
  for (double& rate : rates) rate /= static_cast<double>(forecast.catalogues.size());
  return rates;
}

absl::Status ValidateGrid(const SpaceMagnitudeGrid& grid) {
  const auto& edges = grid.magnitude_edges;
  const bool finite = std::isfinite(grid.west_deg) && std::isfinite(grid.south_deg) && std::isfinite(grid.step_deg) &&
                      std::all_of(edges.begin(), edges.end(), [](double edge) { return std::isfinite(edge); });
  if (!finite || !(grid.step_deg > 0) || grid.columns < 1 || grid.rows < 1 ||
      grid.columns > std::numeric_limits<int32_t>::max() / grid.rows) {
    return absl::InvalidArgumentError(absl::StrCat("grid: ", grid.columns, " columns and ", grid.rows, " rows of ",
                                                   grid.step_deg, " degrees from ", grid.west_deg, ", ",
                                                   grid.south_deg));
  }
  if (edges.empty() || !std::is_sorted(edges.begin(), edges.end(), std::less_equal<double>())) {
    return absl::InvalidArgumentError("grid: magnitude edges must increase, and there must be one");
  }
  return absl::OkStatus();
}

std::optional<GriddedEvent> BinEvent(const SpaceMagnitudeGrid& grid, const GeoPoint& epicenter, double magnitude) {
  const int32_t column = StepOf(epicenter.longitude_deg, grid.west_deg, grid.step_deg, grid.columns);
  const int32_t row = StepOf(epicenter.latitude_deg, grid.south_deg, grid.step_deg, grid.rows);
  const auto& edges = grid.magnitude_edges;
  const double allowance = (std::abs(magnitude) + std::abs(edges.front())) * kEpsilon;
  const auto above = std::upper_bound(edges.begin(), edges.end(), magnitude + allowance);
  if (column < 0 || row < 0 || above == edges.begin() || std::isnan(magnitude)) return std::nullopt;
  return GriddedEvent{row * grid.columns + column, static_cast<int32_t>(above - edges.begin()) - 1};
}

GriddedCatalogue GridCatalogue(const SpaceMagnitudeGrid& grid, absl::Span<const SeismicEvent> events) {
  GriddedCatalogue catalogue;
  for (const SeismicEvent& event : events) {
    if (event.deleted) continue;
    if (const auto bin = BinEvent(grid, event.epicenter, event.magnitude); bin.has_value()) catalogue.push_back(*bin);
  }
  return catalogue;
}

}  // namespace tremorcast
