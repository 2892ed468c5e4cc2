#pragma once

// The samples of one station in one week: what the sensors would read, then what the dirt leaves of
// it. Pure.

#include <array>
#include <cstdint>
#include <vector>

#include "core/base/time_grid.h"
#include "core/network/station_network.h"
#include "core/observation/feature_schema.h"
#include "core/simulator/simulator.h"

namespace tremorcast {

// A shift of these channels over the last precursor_length of the week.
struct ShiftedChannels {
  double shift = 0;                  // robust units; 0: none
  const std::vector<int>& channels;  // ascending
};

struct StationWeekRequest {
  const SimulatorConfig& config;
  int station = 0;
  GeoPoint location;
  int week = 0;
  Interval period;
  std::array<ShiftedChannels, 2> precursors;
};

struct StationWeekSamples {
  std::vector<float> values;                            // [95, slots], channel major; finite everywhere
  std::array<std::vector<char>, kSignalCount> present;  // [slots], 1 = the row exists
};

StationWeekSamples SimulateStationWeek(const StationWeekRequest& request);

}  // namespace tremorcast
