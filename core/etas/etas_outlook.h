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
  // The probability that each cell has an event from each of the grid's magnitude edges on, edges
  // fastest: the catalogues in which the others reached it, and the background as a Poisson process
  // beside them. Below 1 - exp(-rate), since aftershocks come together.
  std::vector<double> CellChances(size_t horizon) const;

 private:
  struct Counts {
    ClassCounts classes = {};
    std::vector<int64_t> numbers;  // catalogues by their number of events
  };

  // Of the events in a cell that others triggered.
  struct Triggered {
    int64_t events = 0;
    std::vector<int64_t> reached;  // catalogues with one in this magnitude bin or above
    int64_t last = 0;              // the catalogue that reached it last, counted from 1
    int32_t highest = -1;          // magnitude bin of that one
  };

  EtasTally(EtasQuestion question, const EtasSimulator& simulator);

  EtasQuestion question_;
  std::vector<double> background_per_day_;  // of each cell
  std::vector<double> shares_;              // of its events from each magnitude edge on
  int64_t catalogues_ = 0;
  std::vector<Counts> counts_;                     // [region][horizon]
  std::vector<std::vector<Triggered>> triggered_;  // [horizon][cell]
};

// The bin of a simulated event. The grid may go on beyond 180 degrees, as a region does.
std::optional<GriddedEvent> BinSimulated(const SpaceMagnitudeGrid& grid, const SimulatedEarthquake& event);
// The events before `days` on the grid: one catalogue of a CatalogueForecast.
GriddedCatalogue GridSimulated(const SpaceMagnitudeGrid& grid, absl::Span<const SimulatedEarthquake> catalogue,
                               double days);

}  // namespace tremorcast
