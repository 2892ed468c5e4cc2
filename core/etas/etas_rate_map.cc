#include "core/etas/etas_rate_map.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/base/status_macros.h"
#include "core/etas/etas_outlook.h"

namespace tremorcast {
namespace {

constexpr double kSteps[] = {0.1, 0.2, 0.5, 1, 2, 5, 10};  // degrees
constexpr double kMostCells = 20000;
// What a corner may miss a line of the lattice by, and still lie on it.
constexpr double kOnLine = 1e-9;

// Lines of the lattice, counted from 0 degrees: the last at or below, the first at or above.
int LineBelow(double degrees, double step) { return static_cast<int>(std::floor(degrees / step + kOnLine)); }
int LineAbove(double degrees, double step) { return static_cast<int>(std::ceil(degrees / step - kOnLine)); }

// Whether a side runs through the inside of a box: Liang and Barsky's clipping, without the edges.
bool RunsThrough(const EtasRegion::Side& side, double south, double west, double step) {
  double begin = 0, end = 1;
  const auto clip = [&](double from, double to, double low) {
    const double length = to - from, high = low + step - kOnLine;
    low += kOnLine;
    if (length == 0) return from > low && from < high;
    const double enters = (low - from) / length, leaves = (high - from) / length;
    begin = std::max(begin, std::min(enters, leaves));
    end = std::min(end, std::max(enters, leaves));
    return true;
  };
  return clip(side.from.latitude_deg, side.to.latitude_deg, south) &&
         clip(side.from.longitude_deg, side.to.longitude_deg, west) && begin < end;
}

}  // namespace

SpaceMagnitudeGrid LatticeOver(const Region& shape, const MagnitudeClasses& classes) {
  const auto bounds = [&](double GeoPoint::*side) {
    const auto [low, high] = std::minmax_element(shape.polygon.begin(), shape.polygon.end(),
                                                 [side](const auto& a, const auto& b) { return a.*side < b.*side; });
    return std::pair((*low).*side, (*high).*side);
  };
  const auto [south, north] = bounds(&GeoPoint::latitude_deg);
  const auto [west, east] = bounds(&GeoPoint::longitude_deg);
  SpaceMagnitudeGrid grid;
  grid.magnitude_edges.assign(classes.edges.begin(), classes.edges.end());
  for (const double step : kSteps) {
    grid.step_deg = step;
    grid.south_deg = LineBelow(south, step) * step;
    grid.west_deg = LineBelow(west, step) * step;
    grid.rows = std::max(1, LineAbove(north, step) - LineBelow(south, step));
    grid.columns = std::max(1, LineAbove(east, step) - LineBelow(west, step));
    if (static_cast<double>(grid.rows) * grid.columns <= kMostCells) break;
  }
  return grid;
}

absl::StatusOr<EtasRateMap> DrawRateMap(const EtasSimulator& simulator, const MagnitudeClasses& classes,
                                        std::vector<double> horizon_days, int64_t catalogues) {
  EtasRateMap map;
  map.grid = LatticeOver(simulator.model().region.shape, classes);
  map.horizon_days = std::move(horizon_days);
  map.catalogues = catalogues;
  ASSIGN_OR_RETURN(
      EtasTally tally,
      EtasTally::Create({{simulator.model().region.shape}, map.horizon_days, classes, map.grid}, simulator));
  for (int64_t i = 0; i < catalogues; ++i) tally.Add(simulator.Simulate(i));
  const MagnitudeLaw& law = simulator.model().magnitudes;
  for (const double edge : map.grid.magnitude_edges) {
    map.shares.push_back(law.ShareFrom(edge) / law.ShareFrom(map.grid.magnitude_edges.front()));
  }
  for (size_t h = 0; h < map.horizon_days.size(); ++h) {
    map.rates.push_back(tally.CellRates(h));
    map.chances.push_back(tally.CellChances(h));
  }
  return map;
}

std::vector<int32_t> CellsOf(const SpaceMagnitudeGrid& grid, const EtasRegion& region) {
  const double step = grid.step_deg;
  const auto index = [&](double degrees, double from, int most) {
    return static_cast<int>(std::clamp(std::floor((degrees - from) / step), -1.0, static_cast<double>(most)));
  };
  // Rows and columns that a side may run through, one more on each side for what rounding does.
  struct Range {
    int first, last;
  };
  const auto range = [&](double a, double b, double from, int most) {
    return Range{std::max(0, index(std::min(a, b), from, most) - 1),
                 std::min(most - 1, index(std::max(a, b), from, most) + 1)};
  };
  const auto cell_at = [&](int row, int column) -> int32_t { return row * grid.columns + column; };
  std::vector<char> part(static_cast<size_t>(grid.cells()), 0);
  Range all_rows{grid.rows, -1}, all_columns{grid.columns, -1};
  for (const EtasRegion::Side& side : region.border) {
    const Range rows = range(side.from.latitude_deg, side.to.latitude_deg, grid.south_deg, grid.rows);
    const Range columns = range(side.from.longitude_deg, side.to.longitude_deg, grid.west_deg, grid.columns);
    all_rows = {std::min(all_rows.first, rows.first), std::max(all_rows.last, rows.last)};
    all_columns = {std::min(all_columns.first, columns.first), std::max(all_columns.last, columns.last)};
    for (int row = rows.first; row <= rows.last; ++row) {
      for (int column = columns.first; column <= columns.last; ++column) {
        if (RunsThrough(side, grid.south_deg + row * step, grid.west_deg + column * step, step)) {
          part[static_cast<size_t>(cell_at(row, column))] = 1;
        }
      }
    }
  }
  std::vector<int32_t> cells;
  for (int row = all_rows.first; row <= all_rows.last; ++row) {
    for (int column = all_columns.first; column <= all_columns.last; ++column) {
      const int32_t cell = cell_at(row, column);
      // No side runs through the others, so they are inside or outside as a whole.
      const GeoPoint centre{grid.south_deg + (row + 0.5) * step, grid.west_deg + (column + 0.5) * step};
      if (part[static_cast<size_t>(cell)] != 0 || region.Contains(centre)) cells.push_back(cell);
    }
  }
  return cells;
}

}  // namespace tremorcast
