#pragma once

// Where the events of a simulated forecast are expected: rates and probabilities on a lattice of
// cells that is the same for every region, since its lines lie on whole multiples of the step. Plain
// values; the functions are pure and thread safe. DrawRateMap takes seconds.

#include <cstdint>
#include <vector>

#include <absl/status/statusor.h>

#include "core/catalogue/labels.h"
#include "core/csep/catalogue_forecast.h"
#include "core/etas/etas_region.h"
#include "core/etas/etas_simulator.h"
#include "core/network/station_network.h"

namespace tremorcast {

struct EtasRateMap {
  SpaceMagnitudeGrid grid;  // its magnitude edges are those of the classes
  std::vector<double> horizon_days;
  int64_t catalogues = 0;
  // Of the events from the first edge on, those from each edge on. The model draws magnitudes
  // everywhere from the same law, so one list holds for all cells.
  std::vector<double> shares;
  std::vector<std::vector<double>> rates;    // [horizon][cell], see EtasTally::CellRates
  std::vector<std::vector<double>> chances;  // [horizon][cell * edges + edge], see EtasTally::CellChances
};

// Cells of .1 degrees over the shape; larger ones where that would be more than 20,000.
SpaceMagnitudeGrid LatticeOver(const Region& shape, const MagnitudeClasses& classes);
// On the lattice over the model's region, from that many of the simulator's catalogues. Errors:
// those of EtasTally.
absl::StatusOr<EtasRateMap> DrawRateMap(const EtasSimulator& simulator, const MagnitudeClasses& classes,
                                        std::vector<double> horizon_days, int64_t catalogues);
// The cells of the grid that share an area with the region, ascending. What only touches it does
// not count, nor does the way to a hole or to a further part.
std::vector<int32_t> CellsOf(const SpaceMagnitudeGrid& grid, const EtasRegion& region);

}  // namespace tremorcast
