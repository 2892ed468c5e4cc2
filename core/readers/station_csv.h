#pragma once

// Station lists as text: AETA StationInfo.csv
// (Title,StationID,Longitude,Latitude,MagnData,MagnUpdate,SoundData,SoundUpdate) and our own export
// (station_id,title,latitude,longitude,magn_updating,sound_updating,valid_from,valid_to,simulated),
// and FDSN station text (#Network|Station|Latitude|Longitude|Elevation|SiteName|StartTime|EndTime),
// whose stations are named NET.STA and have both signals. Pure; thread safe. Columns are bound by
// name; unusable lines are listed, the others are read; lines that begin with '#' are comments.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/network/station_network.h"
#include "core/readers/csv_records.h"

namespace tremorcast {

// Which columns a list has beside id and place; of the others it says nothing, and what its stations
// hold there are defaults.
struct StationColumns {
  bool title = true, signals = true, valid_from = true, valid_to = true, simulated = true;
};

struct StationText {
  std::vector<Station> stations;  // file order
  StationColumns columns;
  std::vector<BadLine> bad_lines;
  std::vector<BadLine> passed_over;  // earlier epochs of a station that is listed once
};

// Collects stations of any format: each is checked, and one that comes twice is at fault, unless the
// format lists epochs, of which the newest counts.
class StationList {
 public:
  explicit StationList(bool epochs) : epochs_(epochs) {}
  // `fault`: what is wrong with the line already, or "".
  void Add(int64_t line, Station station, std::string fault);
  StationText Finish() && { return std::move(text_); }

 private:
  const bool epochs_;
  StationText text_;
  std::map<StationId, std::pair<size_t, int64_t>> seen_;  // place in text_.stations, line
};

// Of an FDSN network and station. Its end is open where it lies so far ahead (2500-01-01, 2599-12-31)
// that it says "in service".
Station FdsnStation(absl::string_view network, absl::string_view code, absl::string_view title, GeoPoint location,
                    std::optional<absl::Time> from, std::optional<absl::Time> to);

// InvalidArgument: no header of the three.
absl::StatusOr<StationText> ReadStations(absl::string_view text);

// Our own format; ReadStations gives the stations back (revisions aside).
std::string WriteStations(absl::Span<const Station> stations);

}  // namespace tremorcast
