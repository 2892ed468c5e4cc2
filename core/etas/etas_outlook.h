#pragma once

// What simulated catalogues say of regions and cells: classes of the largest event, numbers of
// events, expected rates. Tallies are whole numbers, so slices drawn by several threads merge into
// the same outlook in any order. Not thread safe: one tally for each thread.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/catalogue/climatology.h"
#include "core/catalogue/labels.h"
#include "core/csep/catalogue_forecast.h"
#include "core/etas/etas_simulator.h"

namespace tremorcast {

struct EtasQuestion {
  std::vector<Region> regions;
  std::vector<double> horizon_days;  // from the begin of the forecast, none longer than the simulation
  MagnitudeClasses classes;
  std::optional<SpaceMagnitudeGrid> grid;  // cells to count in, from its first magnitude edge on
};

// Of one region and horizon.
struct EtasOutlook {
  int64_t catalogues = 0;
  ClassCounts classes = {};                          // catalogues by the class of their largest event
  ClassProbabilities probabilities = {};             // (n + 1/2) / (N + 5/2): no class is impossible
  std::array<double, kClasses - 1> exceedance = {};  // P(M >= edge)
  // Events from the first edge on: mean, and the middle 95 % of the catalogues.
  double expected = 0;
  int low = 0, high = 0;
};

class EtasTally {
 public:
  // InvalidArgument: no region, no horizon, a horizon that is not in (0, simulated], a bad grid.
  // FailedPrecondition: a completeness above the first edge, below which nothing was simulated.
  // With a grid it integrates the background over the cells, a second or so: copy one for each
  // thread.
  static absl::StatusOr<EtasTally> Create(EtasQuestion question, const EtasSimulator& simulator);

  // One catalogue of the simulator, in time order.
  void Add(absl::Span<const SimulatedEarthquake> catalogue);
  // Of the same question and simulator.
  void Merge(const EtasTally& other);

  int64_t catalogues() const { return catalogues_; }
  // Indices into the question's regions and horizons. At least one catalogue was added.
  EtasOutlook Outlook(size_t region, size_t horizon) const;
  // Expected events in each cell of the grid: background by the integral of its density over the
  // part of the cell in the region, the rest as counted. Empty without a grid.
  std::vector<double> CellRates(size_t horizon) const;

 private:
  struct Counts {
    ClassCounts classes = {};
    std::vector<int64_t> numbers;  // catalogues by their number of events
  };

  EtasTally(EtasQuestion question, const EtasSimulator& simulator);

  EtasQuestion question_;
  std::vector<double> background_per_day_;  // of each cell
  int64_t catalogues_ = 0;
  std::vector<Counts> counts_;                   // [region][horizon]
  std::vector<std::vector<int64_t>> triggered_;  // [horizon][cell]
};

// The events before `days` on the grid: one catalogue of a CatalogueForecast.
GriddedCatalogue GridSimulated(const SpaceMagnitudeGrid& grid, absl::Span<const SimulatedEarthquake> catalogue,
                               double days);

}  // namespace tremorcast
