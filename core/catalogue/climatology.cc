#include "core/catalogue/climatology.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "core/catalogue/weekly_classes.h"

namespace tremorcast {
namespace {

double Total(const ClassCounts& counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
}

}  // namespace

ClassProbabilities JeffreysSmoothed(const ClassCounts& network_counts) {
  ClassProbabilities pi;
  for (int k = 0; k < kClasses; ++k) pi[k] = (network_counts[k] + 0.5) / (Total(network_counts) + kClasses / 2.0);
  return pi;
}

ClassProbabilities RegionClimatology(const ClassCounts& region_counts, const ClassProbabilities& network_prior) {
  ClassProbabilities c;
  for (int k = 0; k < kClasses; ++k) {
    c[k] = (region_counts[k] + kClimatologyPriorWeeks * network_prior[k]) /
           (Total(region_counts) + kClimatologyPriorWeeks);
  }
  return c;
}

const ClassProbabilities& ClimatologyTable::For(const RegionId& region) const {
  const auto it = regions.find(region);
  return it == regions.end() ? network_prior : it->second;
}

ClimatologyTable BuildClimatology(const std::vector<Region>& regions, absl::Span<const SeismicEvent> events,
                                  const Interval& period, const WeekGrid& grid, const MagnitudeClasses& classes,
                                  absl::Duration horizon) {
  const WeeklyClasses weekly = BuildWeeklyClasses(regions, events, period, grid, classes, horizon);
  ClimatologyTable table;
  table.weeks = weekly.weeks;
  std::map<RegionId, ClassCounts> counts;
  ClassCounts network = {};
  for (size_t r = 0; r < regions.size(); ++r) {
    ClassCounts& n = counts[regions[r].id];
    n = {};
    for (const int k : weekly.Targets(r)) ++n[k];
    // The whole box would count every event a second time; it stands for the network only when it
    // is alone.
    if (regions[r].whole_network && regions.size() > 1) continue;
    for (int k = 0; k < kClasses; ++k) network[k] += n[k];
  }
  table.network_prior = JeffreysSmoothed(network);
  for (const auto& [id, n] : counts) table.regions[id] = RegionClimatology(n, table.network_prior);
  return table;
}

ClassProbabilities PoolWithClimatology(const ClassProbabilities& model, const ClassProbabilities& climatology,
                                       double weight) {
  ClassProbabilities pooled;
  for (int k = 0; k < kClasses; ++k) pooled[k] = weight * model[k] + (1 - weight) * climatology[k];
  return FloorAndNormalise(pooled);
}

ClassProbabilities FloorAndNormalise(ClassProbabilities p, double floor) {
  double sum = 0;
  for (double& value : p) sum += value = std::max(value, floor);
  for (double& value : p) value /= sum;
  return p;
}

}  // namespace tremorcast
