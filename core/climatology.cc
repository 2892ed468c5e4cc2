#include "core/climatology.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>

namespace tremorcast {
namespace {

double Total(const ClassCounts& counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
}

// Classes of the `weeks` windows from `first` on, counted. One pass over the events instead of one per week.
ClassCounts CountWeeks(const Region& region, absl::Span<const SeismicEvent> events, absl::Time first, int64_t weeks,
                       const WeekGrid& grid, const MagnitudeClasses& classes) {
  std::vector<std::optional<double>> largest(static_cast<size_t>(weeks));
  const Interval whole = {first, grid.At(first, weeks).begin};
  for (const SeismicEvent& event : events) {
    if (event.deleted || !whole.Contains(event.origin_time) || !RegionContains(region, event.epicenter)) continue;
    std::optional<double>& week = largest[static_cast<size_t>(grid.WeeksBetween(first, event.origin_time))];
    week = std::max(week.value_or(event.magnitude), event.magnitude);
  }
  ClassCounts counts = {};
  for (const std::optional<double>& magnitude : largest) ++counts[classes.ClassOf(magnitude)];
  return counts;
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
                                  const Interval& period, const WeekGrid& grid, const MagnitudeClasses& classes) {
  ClimatologyTable table;
  Interval first = grid.Containing(period.begin);
  if (first.begin < period.begin) first = grid.At(first.begin, 1);
  if (!period.empty()) table.weeks = std::max<int64_t>(0, grid.WeeksBetween(first.begin, period.end));

  std::map<RegionId, ClassCounts> counts;
  ClassCounts network = {};
  for (const Region& region : regions) {
    const ClassCounts& n = counts[region.id] = CountWeeks(region, events, first.begin, table.weeks, grid, classes);
    // The whole box would count every event a second time; it stands for the network only when it is alone.
    if (region.whole_network && regions.size() > 1) continue;
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
