#include "core/readers/station_csv.h"

#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>

#include "core/base/time_grid.h"
#include "core/readers/csv_records.h"

namespace tremorcast {
namespace {

// What each property of a station is called in the two formats; empty = absent.
struct Dialect {
  absl::string_view id, title, latitude, longitude, magn, sound, valid_from, valid_to, simulated;
};
constexpr Dialect kAeta = {"StationID", "Title", "Latitude", "Longitude", "MagnUpdate", "SoundUpdate", "", "", ""};
constexpr Dialect kOwn = {"station_id",     "title",      "latitude", "longitude", "magn_updating",
                          "sound_updating", "valid_from", "valid_to", "simulated"};

class StationLine {
 public:
  StationLine(const std::map<std::string, size_t>& columns, const std::vector<std::string>& fields)
      : columns_(columns), fields_(fields) {}

  // The first fault met, or "".
  const std::string& fault() const { return fault_; }

  std::string Text(absl::string_view column) const {
    const auto it = columns_.find(std::string(column));
    if (it == columns_.end() || it->second >= fields_.size()) return "";
    return std::string(absl::StripAsciiWhitespace(fields_[it->second]));
  }
  double Number(absl::string_view column) {
    double value = 0;
    const std::string text = Text(column);
    if (!absl::SimpleAtod(text, &value) || !std::isfinite(value)) Fault(column, text, "no number");
    return value;
  }
  bool Flag(absl::string_view column, bool absent) {
    if (column.empty() || columns_.count(std::string(column)) == 0) return absent;
    const std::string text = Text(column);
    if (absl::EqualsIgnoreCase(text, "true") || text == "1") return true;
    if (!absl::EqualsIgnoreCase(text, "false") && text != "0") Fault(column, text, "neither True nor False");
    return false;
  }
  absl::Time When(absl::string_view column, absl::Time absent) {
    const std::string text = Text(column);
    if (text.empty()) return absent;
    const absl::StatusOr<absl::Time> time = ParseTime(text);
    if (!time.ok()) Fault(column, text, "no time");
    return time.value_or(absent);
  }

 private:
  void Fault(absl::string_view column, absl::string_view text, absl::string_view what) {
    if (fault_.empty()) fault_ = absl::StrCat("column ", column, ": '", text, "' is ", what);
  }
  const std::map<std::string, size_t>& columns_;
  const std::vector<std::string>& fields_;
  std::string fault_;
};

Station ReadStation(const Dialect& dialect, StationLine& line) {
  Station station;
  station.id = StationId(line.Text(dialect.id));
  station.title = line.Text(dialect.title);
  station.location = {line.Number(dialect.latitude), line.Number(dialect.longitude)};
  station.magn_updating = line.Flag(dialect.magn, true);
  station.sound_updating = line.Flag(dialect.sound, true);
  station.valid_from = line.When(dialect.valid_from, absl::InfinitePast());
  station.valid_to = line.When(dialect.valid_to, absl::InfiniteFuture());
  station.simulated = line.Flag(dialect.simulated, false);
  return station;
}

std::string Degrees(double value) { return absl::StrFormat("%.10g", value); }

}  // namespace

absl::StatusOr<StationText> ReadStations(absl::string_view text) {
  CsvRecords records(text);
  std::vector<std::string> fields;
  records.Next(fields);
  std::map<std::string, size_t> columns;
  for (size_t i = 0; i < fields.size(); ++i) columns.emplace(std::string(absl::StripAsciiWhitespace(fields[i])), i);
  const size_t width = fields.size();
  const Dialect* dialect = nullptr;
  for (const Dialect* candidate : {&kAeta, &kOwn}) {
    bool all = true;
    for (absl::string_view name :
         {candidate->id, candidate->latitude, candidate->longitude, candidate->magn, candidate->sound}) {
      all = all && columns.count(std::string(name)) > 0;
    }
    if (all) dialect = candidate;
  }
  if (dialect == nullptr) {
    return absl::InvalidArgumentError(
        "the first line is no station header: AETA StationInfo "
        "(StationID,Latitude,Longitude,MagnUpdate,SoundUpdate,...) or "
        "station_id,latitude,longitude,magn_updating,sound_updating,...");
  }
  StationText result;
  std::map<StationId, int64_t> seen;
  while (records.Next(fields)) {
    StationLine line(columns, fields);
    Station station;
    std::string reason;
    if (fields.size() != width) {
      reason = absl::StrCat(fields.size(), " fields, ", width, " columns");
    } else {
      station = ReadStation(*dialect, line);
      reason = line.fault();
    }
    if (reason.empty()) {
      if (const absl::Status status = ValidateStation(station); !status.ok()) reason = std::string(status.message());
    }
    if (reason.empty()) {
      const auto [it, first] = seen.emplace(station.id, records.line());
      if (!first) reason = absl::StrCat("station ", station.id.value(), " is on line ", it->second, " already");
    }
    if (reason.empty()) {
      result.stations.push_back(std::move(station));
    } else {
      result.bad_lines.push_back({records.line(), std::move(reason)});
    }
  }
  return result;
}

std::string WriteStations(absl::Span<const Station> stations) {
  std::string out = "station_id,title,latitude,longitude,magn_updating,sound_updating,valid_from,valid_to,simulated\n";
  const auto flag = [](bool value) { return value ? "True" : "False"; };
  for (const Station& s : stations) {
    absl::StrAppend(&out, s.id.value(), ",", CsvField(s.title), ",", Degrees(s.location.latitude_deg), ",",
                    Degrees(s.location.longitude_deg), ",", flag(s.magn_updating), ",", flag(s.sound_updating), ",",
                    s.valid_from == absl::InfinitePast() ? "" : FormatUtc(s.valid_from), ",",
                    s.valid_to == absl::InfiniteFuture() ? "" : FormatUtc(s.valid_to), ",", flag(s.simulated), "\n");
  }
  return out;
}

}  // namespace tremorcast
