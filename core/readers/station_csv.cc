#include "core/readers/station_csv.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/strip.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "core/base/number_text.h"
#include "core/base/plain_text.h"
#include "core/base/time_grid.h"
#include "core/base/utf8_text.h"
#include "core/readers/civil_text.h"
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
    const std::string text = Text(column);
    const std::optional<double> value = ParseFinite(text);
    if (!value.has_value()) Fault(column, text, "no number");
    return value.value_or(0);
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
  // As catalogues print it; nothing where the field is empty.
  std::optional<absl::Time> EpochTime(absl::string_view column) {
    const std::string text = Text(column);
    const std::optional<absl::Time> time = ParseCatalogueTime(text, absl::UTCTimeZone());
    if (!text.empty() && !time.has_value()) Fault(column, text, "no time");
    return time;
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

Station ReadFdsnStation(StationLine& line) {
  const GeoPoint location = {line.Number("Latitude"), line.Number("Longitude")};
  const std::optional<absl::Time> from = line.EpochTime("StartTime"), to = line.EpochTime("EndTime");
  return FdsnStation(line.Text("Network"), line.Text("Station"), line.Text("SiteName"), location, from, to);
}

std::string Degrees(double value) { return absl::StrFormat("%.10g", value); }

}  // namespace

void StationList::Add(int64_t line, Station station, std::string fault) {
  if (fault.empty() && (!IsUtf8(station.id.value()) || !IsUtf8(station.title))) fault = "is not UTF-8";
  if (fault.empty() && epochs_ && station.id.value().empty()) fault = "has no station code";
  if (fault.empty()) fault = std::string(ValidateStation(station).message());
  station.title = std::string(absl::StripAsciiWhitespace(MadePlain(station.title, ' ')));
  if (fault.empty() && station.title.size() > kMostTextBytes)
    fault = absl::StrCat("title has ", station.title.size(), " bytes; at most ", kMostTextBytes, " are taken");
  const auto [it, first] = seen_.try_emplace(station.id, text_.stations.size(), line);
  if (fault.empty() && !first && !epochs_)
    fault = absl::StrCat("station ", station.id.value(), " is on line ", it->second.second, " already");
  if (!fault.empty()) {
    if (first) seen_.erase(it);
    text_.bad_lines.push_back({line, std::move(fault)});
  } else if (first) {
    text_.stations.push_back(std::move(station));
  } else {
    Station& kept = text_.stations[it->second.first];
    if (station.valid_from > kept.valid_from) {
      std::swap(kept, station);
      std::swap(it->second.second, line);
    }
    text_.passed_over.push_back({line, absl::StrCat("an earlier epoch of ", kept.id.value())});
  }
}

Station FdsnStation(absl::string_view network, absl::string_view code, absl::string_view title, GeoPoint location,
                    std::optional<absl::Time> from, std::optional<absl::Time> to) {
  static const absl::Time open = absl::FromCivil(absl::CivilDay(2500, 1, 1), absl::UTCTimeZone());
  Station station;
  // Without a code it has no id: all such stations of a network would be one.
  station.id = StationId(network.empty() || code.empty() ? std::string(code) : absl::StrCat(network, ".", code));
  station.title = std::string(title);
  station.location = location;
  station.valid_from = from.value_or(absl::InfinitePast());
  if (to.has_value() && *to < open) station.valid_to = *to;
  return station;
}

absl::StatusOr<StationText> ReadStations(absl::string_view text) {
  const bool fdsn = absl::StrContains(text.substr(0, text.find_first_of("\r\n")), '|');
  CsvRecords records(text, fdsn ? '|' : ',', !fdsn);
  std::vector<std::string> fields;
  records.Next(fields);
  std::map<std::string, size_t> columns;
  for (size_t i = 0; i < fields.size(); ++i) {
    absl::string_view name = absl::StripAsciiWhitespace(fields[i]);
    if (fdsn) absl::ConsumePrefix(&name, "#");
    columns.emplace(fdsn ? std::string(absl::StripAsciiWhitespace(name)) : std::string(name), i);
  }
  const size_t width = fields.size();
  for (const std::string& field : fields) {
    const auto same = [&](const std::string& other) {
      return absl::StripAsciiWhitespace(other) == absl::StripAsciiWhitespace(field);
    };
    if (!absl::StripAsciiWhitespace(field).empty() && std::count_if(fields.begin(), fields.end(), same) > 1)
      return absl::InvalidArgumentError(absl::StrCat("has the column '", absl::StripAsciiWhitespace(field), "' twice"));
  }
  const auto has = [&](std::initializer_list<absl::string_view> names) {
    return std::all_of(names.begin(), names.end(),
                       [&](absl::string_view name) { return columns.count(std::string(name)) > 0; });
  };
  const Dialect* dialect = nullptr;
  for (const Dialect* one : {&kAeta, &kOwn}) {
    if (has({one->id, one->latitude, one->longitude, one->magn, one->sound})) dialect = one;
  }
  if (dialect == nullptr && !(fdsn && has({"Network", "Station", "Latitude", "Longitude"}))) {
    return absl::InvalidArgumentError(
        "the first line is no station header: AETA StationInfo "
        "(StationID,Latitude,Longitude,MagnUpdate,SoundUpdate,...), "
        "station_id,latitude,longitude,magn_updating,sound_updating,... or FDSN station text "
        "(#Network|Station|Latitude|Longitude|...)");
  }
  StationList stations(fdsn);
  while (records.Next(fields)) {
    if (absl::StartsWith(records.text(), "#")) continue;
    StationLine line(columns, fields);
    Station station = dialect != nullptr ? ReadStation(*dialect, line) : ReadFdsnStation(line);
    std::string fault = line.fault();
    if (fields.size() != width) fault = absl::StrCat(fields.size(), " fields, ", width, " columns");
    stations.Add(records.line(), std::move(station), std::move(fault));
  }
  StationText read = std::move(stations).Finish();
  read.columns = {.title = has({dialect != nullptr ? dialect->title : "SiteName"}),
                  .signals = dialect != nullptr,
                  .valid_from = has({dialect != nullptr ? dialect->valid_from : "StartTime"}),
                  .valid_to = has({dialect != nullptr ? dialect->valid_to : "EndTime"}),
                  .simulated = dialect != nullptr && has({dialect->simulated})};
  return read;
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
