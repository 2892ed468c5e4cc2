#include "core/catalogue/weekly_classes.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace tremorcast {

WeeklyClasses BuildWeeklyClasses(const std::vector<Region>& regions, absl::Span<const SeismicEvent> events,
                                 const Interval& period, const WeekGrid& grid, const MagnitudeClasses& classes) {
  WeeklyClasses result;
  result.grid = grid;
  Interval first = grid.Containing(period.begin);
  if (first.begin < period.begin) first = grid.At(first.begin, 1);
  result.first_week = first.begin;
  if (!period.empty()) {
    result.weeks = static_cast<int>(std::max<int64_t>(0, grid.WeeksBetween(first.begin, period.end)));
  }
  const Interval whole = {first.begin, grid.At(first.begin, result.weeks).begin};

  for (const Region& region : regions) {
    std::vector<std::optional<double>> largest(static_cast<size_t>(result.weeks));
    for (const SeismicEvent& event : events) {
      if (event.deleted || !whole.Contains(event.origin_time) || !RegionContains(region, event.epicenter)) continue;
      std::optional<double>& week = largest[static_cast<size_t>(result.IndexOf(event.origin_time))];
      week = std::max(week.value_or(event.magnitude), event.magnitude);
    }
    result.regions.push_back(region.id);
    std::vector<int8_t>& row = result.classes.emplace_back();
    row.reserve(largest.size());
    for (const auto& magnitude : largest) row.push_back(static_cast<int8_t>(classes.ClassOf(magnitude)));
  }
  return result;
}

}  // namespace tremorcast
