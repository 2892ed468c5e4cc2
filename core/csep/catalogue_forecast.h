#pragma once

// A forecast as many simulated catalogues, and the space-magnitude grid that it is judged on: what
// an ETAS model gives, and what core/csep/catalogue_tests.h takes. An event is reduced to its cell
// and magnitude bin, 8 bytes, so that 10,000 catalogues of a thousand events fit in 80 MB. Times
// are left out, because the tests ask about the period as a whole. Plain values; the functions are
// pure and thread safe.
//
// Source: Savran et al. (2020), Pseudoprospective evaluation of UCERF3-ETAS forecasts, BSSA 110.

#include <cstdint>
#include <optional>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/catalogue/event.h"
#include "core/network/station_network.h"

namespace tremorcast {

struct GriddedEvent {
  int32_t cell = 0;           // [0, cells)
  int32_t magnitude_bin = 0;  // [0, magnitude bins)
  friend bool operator==(const GriddedEvent&, const GriddedEvent&) = default;
};
using GriddedCatalogue = std::vector<GriddedEvent>;  // in any order; may be empty

struct CatalogueForecast {
  int cells = 1;
  int magnitude_bins = 1;
  std::vector<GriddedCatalogue> catalogues;  // of the same period each; the empty ones belong here too
};

// InvalidArgument: no cell, no magnitude bin, no catalogue, an event outside the bins.
absl::Status ValidateCatalogueForecast(const CatalogueForecast& forecast);
// InvalidArgument: an event outside the bins of `forecast`.
absl::Status ValidateGriddedCatalogue(const GriddedCatalogue& catalogue, const CatalogueForecast& forecast);

// Mean events per catalogue in each space-magnitude bin, cells * magnitude_bins long, magnitudes
// fastest: the rates of a GriddedForecast (core/csep/gridded_tests.h). Errors as above.
absl::StatusOr<std::vector<double>> ExpectedRates(const CatalogueForecast& forecast);

// Cells between meridians and parallels, rows from the south, columns from the west within a row.
struct SpaceMagnitudeGrid {
  double west_deg = 0, south_deg = 0;   // lower left corner
  double step_deg = 0.1;                // side of a cell
  int columns = 1, rows = 1;            // columns * rows at most 2^31 - 1
  std::vector<double> magnitude_edges;  // lower edges, increasing; the last bin has no upper end

  int cells() const { return columns * rows; }
  int magnitude_bins() const { return static_cast<int>(magnitude_edges.size()); }
};
// InvalidArgument: a number that is not finite, no step, row, column or edge, too many cells, edges
// that do not increase.
absl::Status ValidateGrid(const SpaceMagnitudeGrid& grid);

// The bin of an event, none outside the grid or below the first edge. A bin holds its lower edges
// and not its upper ones; an event on an edge but for the rounding of its decimals counts as on it,
// as pyCSEP has it. The grid must be valid.
std::optional<GriddedEvent> BinEvent(const SpaceMagnitudeGrid& grid, const GeoPoint& epicenter, double magnitude);
// The events that have a bin; deleted ones are left out. The grid must be valid.
GriddedCatalogue GridCatalogue(const SpaceMagnitudeGrid& grid, absl::Span<const SeismicEvent> events);

}  // namespace tremorcast
