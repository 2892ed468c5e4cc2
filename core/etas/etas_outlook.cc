#include "core/etas/etas_outlook.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

constexpr double kOutside = 0.025;  // on each side of the range of numbers

// A cell is cut into squares, so that the border may run through it and a kernel be narrower than
// it: at least 5 by 5, and none wider than the narrowest kernel's sigma.
constexpr double kLeastSquares = 5, kMostSquares = 50;

int SquaresAlong(const SpaceMagnitudeGrid& grid, const EtasBackground& background) {
  double squares = kLeastSquares;
  for (const EtasBackground::Kernel& kernel : background.kernels) {
    squares = std::max(squares, grid.step_deg * kRadiansPerDegree * kEtasEarthRadiusKm / kernel.sigma_km);
  }
  return static_cast<int>(std::ceil(std::min(squares, kMostSquares)));
}

// Of the square in degrees around a point.
double SquareKm2(double latitude_deg, double side_deg) {
  const double side = side_deg * kRadiansPerDegree, latitude = latitude_deg * kRadiansPerDegree;
  return kEtasEarthRadiusKm * kEtasEarthRadiusKm * side * 2 * std::cos(latitude) * std::sin(side / 2);
}

// Integral of the relative background over the part of the cell that lies in the region.
double BackgroundKm2(const SpaceMagnitudeGrid& grid, int cell, int squares, const BackgroundDensity& shape,
                     const EtasRegion& region) {
  const double side = grid.step_deg / squares;
  const int cell_row = cell / grid.columns, cell_column = cell % grid.columns;
  const double south = grid.south_deg + cell_row * grid.step_deg;
  const double west = grid.west_deg + cell_column * grid.step_deg;
  double sum = 0;
  for (int i = 0; i < squares; ++i) {
    const double latitude = south + (i + 0.5) * side;
    double row = 0;
    for (int j = 0; j < squares; ++j) {
      const GeoPoint centre{latitude, west + (j + 0.5) * side};
      if (region.Contains(centre)) row += shape.At(ToUnitVector(centre));
    }
    sum += row * SquareKm2(latitude, side);
  }
  return sum;
}

// The number that `share` of the catalogues do not exceed.
int Quantile(const std::vector<int64_t>& numbers, int64_t catalogues, double share) {
  int64_t sum = 0;
  for (size_t n = 0; n < numbers.size(); ++n) {
    sum += numbers[n];
    if (static_cast<double>(sum) >= share * static_cast<double>(catalogues)) return static_cast<int>(n);
  }
  return static_cast<int>(numbers.size());
}

}  // namespace

absl::StatusOr<EtasTally> EtasTally::Create(EtasQuestion question, const EtasSimulator& simulator) {
  if (question.regions.empty() || question.horizon_days.empty()) {
    return absl::InvalidArgumentError("ETAS outlook: no region or no horizon");
  }
  for (const double days : question.horizon_days) {
    if (!(days > 0 && days <= simulator.days())) {
      return absl::InvalidArgumentError(
          absl::StrCat("ETAS outlook: a horizon of ", days, " days in a simulation of ", simulator.days()));
    }
  }
  if (question.grid.has_value()) RETURN_IF_ERROR(ValidateGrid(*question.grid));
  if (const double complete = simulator.model().magnitudes.completeness;
      complete > question.classes.edges.front() + 1e-6) {
    return absl::FailedPreconditionError(absl::StrCat("ETAS outlook: the catalogue is complete from M ", complete,
                                                      " on, and the classes begin at ",
                                                      question.classes.edges.front()));
  }
  return EtasTally(std::move(question), simulator);
}

EtasTally::EtasTally(EtasQuestion question, const EtasSimulator& simulator)
    : question_(std::move(question)), counts_(question_.regions.size() * question_.horizon_days.size()) {
  if (!question_.grid.has_value()) return;
  const SpaceMagnitudeGrid& grid = *question_.grid;
  const EtasModel& model = simulator.model();
  Triggered none;
  none.reached.assign(grid.magnitude_edges.size(), 0);
  triggered_.assign(question_.horizon_days.size(), std::vector(static_cast<size_t>(grid.cells()), none));
  const BackgroundDensity shape(model.background, model.region);
  const double share = model.magnitudes.ShareFrom(grid.magnitude_edges.front());
  for (const double edge : grid.magnitude_edges) shares_.push_back(model.magnitudes.ShareFrom(edge) / share);
  const int squares = SquaresAlong(grid, model.background);
  background_per_day_.reserve(static_cast<size_t>(grid.cells()));
  for (int cell = 0; cell < grid.cells(); ++cell) {
    background_per_day_.push_back(model.parameters.mu() * share *
                                  BackgroundKm2(grid, cell, squares, shape, model.region));
  }
}

void EtasTally::Add(absl::Span<const SimulatedEarthquake> catalogue) {
  const size_t horizons = question_.horizon_days.size();
  ++catalogues_;
  for (size_t r = 0; r < question_.regions.size(); ++r) {
    std::vector<int> numbers(horizons, 0);
    std::vector<std::optional<double>> largest(horizons);
    for (const SimulatedEarthquake& event : catalogue) {
      if (question_.classes.ClassOf(event.magnitude) == 0) continue;
      if (!RegionContains(question_.regions[r], event.place)) continue;
      for (size_t h = 0; h < horizons; ++h) {
        if (event.day >= question_.horizon_days[h]) continue;
        ++numbers[h];
        largest[h] = std::max(event.magnitude, largest[h].value_or(event.magnitude));
      }
    }
    for (size_t h = 0; h < horizons; ++h) {
      Counts& counts = counts_[r * horizons + h];
      const auto number = static_cast<size_t>(numbers[h]);
      if (counts.numbers.size() <= number) counts.numbers.resize(number + 1, 0);
      ++counts.numbers[number];
      ++counts.classes[static_cast<size_t>(question_.classes.ClassOf(largest[h]))];
    }
  }
  if (!question_.grid.has_value()) return;
  for (const SimulatedEarthquake& event : catalogue) {
    if (event.generation == 0) continue;
    const std::optional<GriddedEvent> bin = BinSimulated(*question_.grid, event);
    if (!bin.has_value()) continue;
    for (size_t h = 0; h < horizons; ++h) {
      if (event.day >= question_.horizon_days[h]) continue;
      Triggered& cell = triggered_[h][static_cast<size_t>(bin->cell)];
      ++cell.events;
      if (std::exchange(cell.last, catalogues_) != catalogues_) cell.highest = -1;
      while (cell.highest < bin->magnitude_bin) ++cell.reached[static_cast<size_t>(++cell.highest)];
    }
  }
}

void EtasTally::Merge(const EtasTally& other) {
  catalogues_ += other.catalogues_;
  for (size_t i = 0; i < counts_.size(); ++i) {
    const Counts& from = other.counts_[i];
    Counts& to = counts_[i];
    to.numbers.resize(std::max(to.numbers.size(), from.numbers.size()), 0);
    for (size_t n = 0; n < from.numbers.size(); ++n) to.numbers[n] += from.numbers[n];
    for (size_t k = 0; k < from.classes.size(); ++k) to.classes[k] += from.classes[k];
  }
  for (size_t h = 0; h < triggered_.size(); ++h) {
    for (size_t cell = 0; cell < triggered_[h].size(); ++cell) {
      const Triggered& from = other.triggered_[h][cell];
      Triggered& to = triggered_[h][cell];
      to.events += from.events;
      for (size_t k = 0; k < from.reached.size(); ++k) to.reached[k] += from.reached[k];
    }
  }
}

EtasOutlook EtasTally::Outlook(size_t region, size_t horizon) const {
  const Counts& counts = counts_[region * question_.horizon_days.size() + horizon];
  EtasOutlook outlook;
  outlook.catalogues = catalogues_;
  outlook.classes = counts.classes;
  outlook.probabilities = JeffreysSmoothed(counts.classes);
  outlook.exceedance = ExceedanceProbabilities(outlook.probabilities);
  for (size_t n = 0; n < counts.numbers.size(); ++n) {
    outlook.expected += static_cast<double>(n) * static_cast<double>(counts.numbers[n]);
  }
  outlook.expected /= static_cast<double>(catalogues_);
  outlook.low = Quantile(counts.numbers, catalogues_, kOutside);
  outlook.high = Quantile(counts.numbers, catalogues_, 1 - kOutside);
  return outlook;
}

std::vector<double> EtasTally::CellRates(size_t horizon) const {
  std::vector<double> rates;
  rates.reserve(background_per_day_.size());
  for (size_t cell = 0; cell < background_per_day_.size(); ++cell) {
    rates.push_back(background_per_day_[cell] * question_.horizon_days[horizon] +
                    static_cast<double>(triggered_[horizon][cell].events) / static_cast<double>(catalogues_));
  }
  return rates;
}

std::vector<double> EtasTally::CellChances(size_t horizon) const {
  std::vector<double> chances;
  chances.reserve(background_per_day_.size() * shares_.size());
  for (size_t cell = 0; cell < background_per_day_.size(); ++cell) {
    const double background = background_per_day_[cell] * question_.horizon_days[horizon];
    for (size_t k = 0; k < shares_.size(); ++k) {
      const double reached =
          static_cast<double>(triggered_[horizon][cell].reached[k]) / static_cast<double>(catalogues_);
      // 1 - (1 - reached) exp(-background), so that a small probability keeps its digits.
      chances.push_back(reached - (1 - reached) * std::expm1(-background * shares_[k]));
    }
  }
  return chances;
}

std::optional<GriddedEvent> BinSimulated(const SpaceMagnitudeGrid& grid, const SimulatedEarthquake& event) {
  GeoPoint place = event.place;
  if (place.longitude_deg < grid.west_deg - 1e-9) place.longitude_deg += 360;
  return BinEvent(grid, place, event.magnitude);
}

GriddedCatalogue GridSimulated(const SpaceMagnitudeGrid& grid, absl::Span<const SimulatedEarthquake> catalogue,
                               double days) {
  GriddedCatalogue gridded;
  for (const SimulatedEarthquake& event : catalogue) {
    if (event.day >= days) continue;
    if (const std::optional<GriddedEvent> bin = BinSimulated(grid, event)) gridded.push_back(*bin);
  }
  return gridded;
}

}  // namespace tremorcast
