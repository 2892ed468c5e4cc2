#pragma once

// Our forecasts as a CSEP gridded forecast, the text that pyCSEP loads: one line per cell and
// magnitude bin, blanks between, no header, magnitudes fastest,
//   lon_min lon_max lat_min lat_max depth_min depth_max mag_min mag_max rate mask
// Degrees, km, expected events per forecast week; mask 1 = in use. Pure; thread safe.
//
// A region's box is one cell, and its rate belongs to the box as a whole: nothing is spread inside
// it. So number, magnitude and information-gain tests read as they should; a spatial test compares
// whole regions only.
// pyCSEP takes one cell size for all, the first cell's latitude span, lays a lattice of it through
// the south-western corner, and places events by that; it takes the first magnitude bin's width for
// all bins. It does not notice where a file is otherwise, and counts events in wrong bins. There
// (PyCsepPlacesEvents says where), count events by region instead, as core/csep/gridded_tests.h
// takes them.
// Name the file .dat: pyCSEP chooses its reader by that.
// Source: pyCSEP 0.7, documentation of gridded forecasts, GriddedForecast.load_ascii and
// CartesianGrid2D.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/catalogue/labels.h"
#include "core/network/station_network.h"

namespace tremorcast {

// Expected events with M >= edge k: -ln(1 - P(M >= edge k)), if events were Poisson. Falls with k.
// InvalidArgument:
// a probability not in [0, 1], a sum that is not 1, or P(M >= first edge) = 1, which no finite rate
// gives.
absl::StatusOr<std::array<double, kClasses - 1>> ExceedanceRates(const ClassProbabilities& p);

struct GeoBox {
  double south = 0, north = 0, west = 0, east = 0;  // degrees
  friend bool operator==(const GeoBox&, const GeoBox&) = default;
};
// The box that a polygon is, if its sides follow meridians and parallels and nothing is cut out.
std::optional<GeoBox> RegionBox(const Region& region);

struct CsepCell {
  Region region;  // must be a box
  ClassProbabilities probabilities = {};
};

struct CsepOptions {
  MagnitudeClasses classes;
  // Upper end of the last, open magnitude bin; CSEP files write 10.
  double largest_magnitude = 10;
  // Labels count events at any depth.
  double depth_min_km = 0, depth_max_km = 700;
};

// Cells in the order given, bins [3.5, 4), [4, 4.5), [4.5, 5), [5, 10) with differences of the
// rates. A line ends with "\n". InvalidArgument: no cells, a region that is no box, cells that
// overlap (the whole box beside its areas; a common border is fine), bad probabilities or options.
absl::StatusOr<std::string> FormatCsepForecast(absl::Span<const CsepCell> cells, const CsepOptions& options);

// True when pyCSEP places events in the right bins of what FormatCsepForecast wrote: equal squares
// on one lattice, in two columns and two rows at least (a single one reaches without end there, and
// takes in events of other countries), and magnitude edges at equal distances.
bool PyCsepPlacesEvents(absl::Span<const CsepCell> cells, const CsepOptions& options);

}  // namespace tremorcast
