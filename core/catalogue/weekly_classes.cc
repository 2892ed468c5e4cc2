#include "core/catalogue/weekly_classes.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace tremorcast {

WeeklyClasses BuildWeeklyClasses(const std::vector<Region>& regions, absl::Span<const SeismicEvent> events,
                                 const Interval& period, const WeekGrid& grid, const MagnitudeClasses& classes,
                                 absl::Duration horizon) {
  WeeklyClasses result;
  result.grid = grid;
  Interval first = grid.Containing(period.begin);
  if (first.begin < period.begin) first = grid.At(first.begin, 1);
  result.first_week = first.begin;
  if (!period.empty()) {
    result.weeks = static_cast<int>(std::max<int64_t>(0, grid.WeeksBetween(first.begin, period.end)));
  }
  const Interval whole = {first.begin, grid.At(first.begin, result.weeks).begin};

  const bool shorter = horizon < grid.length();
  for (const Region& region : regions) {
    using Largest = std::vector<std::optional<double>>;
    Largest week_long(static_cast<size_t>(result.weeks)), first_days(shorter ? week_long.size() : 0);
    for (const SeismicEvent& event : events) {
      if (event.deleted || !whole.Contains(event.origin_time) || !RegionContains(region, event.epicenter)) continue;
      const auto week = static_cast<size_t>(result.IndexOf(event.origin_time));
      const auto note = [&](Largest& largest) {
        largest[week] = std::max(largest[week].value_or(event.magnitude), event.magnitude);
      };
      note(week_long);
      if (shorter && event.origin_time - grid.Containing(event.origin_time).begin < horizon) note(first_days);
    }
    const auto add = [&classes](const Largest& largest, std::vector<std::vector<int8_t>>& rows) {
      std::vector<int8_t>& row = rows.emplace_back();
      row.reserve(largest.size());
      for (const auto& magnitude : largest) row.push_back(static_cast<int8_t>(classes.ClassOf(magnitude)));
    };
    result.regions.push_back(region.id);
    add(week_long, result.classes);
    if (shorter) add(first_days, result.first_days);
  }
  return result;
}

}  // namespace tremorcast
