#pragma once

// Station lists as text: AETA StationInfo.csv
// (Title,StationID,Longitude,Latitude,MagnData,MagnUpdate,SoundData,SoundUpdate) and our own export
// (station_id,title,latitude,longitude,magn_updating,sound_updating,valid_from,valid_to,simulated).
// Pure; thread safe. Columns are bound by name; unusable lines are listed, the others are read.

#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

#include "core/network/station_network.h"
#include "core/readers/csv_records.h"

namespace tremorcast {

struct StationText {
  std::vector<Station> stations;  // file order
  std::vector<BadLine> bad_lines;
};

// InvalidArgument: neither header.
absl::StatusOr<StationText> ReadStations(absl::string_view text);

// Our own format; ReadStations gives the stations back (revisions aside).
std::string WriteStations(absl::Span<const Station> stations);

}  // namespace tremorcast
