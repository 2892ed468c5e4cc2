#pragma once

// The label of every region and week of a period, from one pass over the catalogue. Climatology
// counts them, and the catalogue-only reference learns from them. Plain value; the functions are
// pure.

#include <cstdint>
#include <vector>

#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "core/catalogue/labels.h"
#include "core/network/station_network.h"

namespace tremorcast {

struct WeeklyClasses {
  WeekGrid grid = WeekGrid::Service();
  absl::Time first_week;  // start of week 0
  int weeks = 0;
  std::vector<RegionId> regions;
  std::vector<std::vector<int8_t>> classes;  // [region][week]
  // What is forecast, where that is less than the week: the classes of its first days. Else empty.
  std::vector<std::vector<int8_t>> first_days;

  const std::vector<int8_t>& Targets(size_t region) const {
    return first_days.empty() ? classes[region] : first_days[region];
  }

  // Week index of the week that holds `t`; may lie outside [0, weeks).
  int64_t IndexOf(absl::Time t) const { return grid.WeeksBetween(first_week, t); }
};

// Every whole week of `grid` inside `period`; regions in the order given. `horizon`: what is
// forecast of a week; below its length, `first_days` are the classes of so much of it.
WeeklyClasses BuildWeeklyClasses(const std::vector<Region>& regions, absl::Span<const SeismicEvent> events,
                                 const Interval& period, const WeekGrid& grid, const MagnitudeClasses& classes,
                                 absl::Duration horizon = absl::InfiniteDuration());

}  // namespace tremorcast
