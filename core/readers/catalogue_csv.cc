#include "core/readers/catalogue_csv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <absl/time/time.h>

#include "core/base/number_text.h"
#include "core/base/time_grid.h"
#include "core/readers/catalogue_tables.h"
#include "core/readers/civil_text.h"

namespace tremorcast {
namespace {

using Fields = std::vector<std::string>;

// "#EventID" -> "eventid", "震级(M)" -> "震级", "Time (UTC)" -> "time".
std::string ColumnName(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  absl::ConsumePrefix(&text, "#");
  text = text.substr(0, std::min(text.find('('), text.find("（")));
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
}

// A table format with a separator, and where its columns stand in one file.
class Table {
 public:
  // Nothing where the header is not one of the format.
  static std::optional<Table> Bind(const CatalogueTable& format, char separator, absl::string_view header) {
    Table table;
    table.format_ = &format;
    table.separator_ = separator;
    Fields written;
    SplitRecord(header, separator, format.quotes, written);
    Fields columns;
    for (std::string& column : written) {
      columns.push_back(ColumnName(column));
      column = std::string(absl::StripAsciiWhitespace(column));
    }
    table.columns_ = columns.size();
    for (const CatalogueColumn& column : format.columns) {
      std::optional<size_t>& place = table.at_[column.field];
      for (absl::string_view name : absl::StrSplit(column.names, '|')) {
        const auto at = std::find(columns.begin(), columns.end(), name);  // the first of equal names counts
        if (at != columns.end() && !place) place = static_cast<size_t>(at - columns.begin());
      }
      // "M(ML)" and "M(MS)" are of one name, and the first is taken; which of two equal ones nobody knows.
      if (place && std::count(written.begin(), written.end(), written[*place]) > 1) table.doubled_ = written[*place];
    }
    std::vector<CatalogueField> needed = format.telling;
    needed.insert(needed.end(), {kTime, kLatitude, kLongitude, kMagnitude});
    const bool all =
        std::all_of(needed.begin(), needed.end(), [&](CatalogueField f) { return table.at_[f].has_value(); });
    return all ? std::optional<Table>(table) : std::nullopt;
  }

  const CatalogueTable& format() const { return *format_; }
  char separator() const { return separator_; }
  // A column that counts and that the header has twice, or "".
  const std::string& doubled() const { return doubled_; }

  void Add(int64_t line, Fields& fields, CatalogueBuilder& builder) const {
    // A place with the separator in it, where nothing comes after the place.
    if (fields.size() > columns_ && at_[kPlace] == columns_ - 1) {
      // FDSN text, which could not write a '|' itself, has '/' in its stead.
      const std::string joint(1, separator_ == '|' ? '/' : separator_);
      for (size_t i = columns_; i < fields.size(); ++i) absl::StrAppend(&fields[columns_ - 1], joint, fields[i]);
      fields.resize(columns_);
    }
    const auto get = [&](CatalogueField field) {
      const std::optional<size_t>& at = at_[field];
      return at && *at < fields.size() ? std::string(absl::StripAsciiWhitespace(fields[*at])) : std::string();
    };
    EventRecord record;
    record.line = line;
    record.source = std::string(format_->source);
    std::string source = get(kSource);
    if (format_->format == CatalogueFormat::kOwn || source == kSimulatedSource) {
      record.source = source;
    } else if (format_->format == CatalogueFormat::kFdsnText) {
      for (const CatalogueField said : {kContributor, kAuthor}) {
        if (source.empty()) source = get(said);
      }
      record.source = source.empty() ? "" : absl::StrCat(format_->source, absl::AsciiStrToLower(source));
    }
    record.id = get(kId);
    record.time_text = at_[kDate] ? absl::StrCat(get(kDate), " ", get(kTime)) : get(kTime);
    record.time = ParseCatalogueTime(record.time_text, format_->network_time ? NetworkTimeZone() : absl::UTCTimeZone());
    record.updated = ParseCatalogueTime(get(kUpdated), absl::UTCTimeZone());
    record.latitude = get(kLatitude);
    record.longitude = get(kLongitude);
    record.depth_km = get(kDepth);
    record.magnitude = get(kMagnitude);
    record.magnitude_type = get(kMagnitudeType);
    record.place = get(kPlace);
    record.type = get(kType);
    record.deleted = absl::EqualsIgnoreCase(get(kStatus), "deleted");
    // pyCSEP's line of a catalogue without events: its number alone.
    if (format_->format == CatalogueFormat::kCsep && record.id.empty() && record.time_text.empty() &&
        record.magnitude.empty() && record.latitude.empty() && record.longitude.empty()) {
      return builder.AddComment();
    }
    if (fields.size() != columns_)
      return builder.Lose(record, absl::StrCat(fields.size(), " fields, ", columns_, " columns"));
    const std::string unix_text = get(kUnixTime);
    int64_t unix_seconds = 0;
    if (record.time.has_value() && absl::SimpleAtoi(unix_text, &unix_seconds) &&
        *record.time != absl::FromUnixSeconds(unix_seconds)) {
      record.latest_time = std::max(*record.time, absl::FromUnixSeconds(unix_seconds));
      record.time = std::min(*record.time, absl::FromUnixSeconds(unix_seconds));
      return builder.Lose(record, "time and timestamp disagree");
    }
    builder.Add(std::move(record));
  }

 private:
  const CatalogueTable* format_ = nullptr;
  char separator_ = ',';
  size_t columns_ = 0;
  std::string doubled_;
  std::array<std::optional<size_t>, kFieldCount> at_;
};

std::optional<Table> FindTable(absl::string_view header, std::optional<CatalogueFormat> forced) {
  for (const CatalogueTable& format : CatalogueTables()) {
    if (forced.has_value() && format.format != *forced) continue;
    for (const char separator : format.separators) {
      if (std::optional<Table> table = Table::Bind(format, separator, header)) return table;
    }
  }
  return std::nullopt;
}

// CSEP without its header, as pyCSEP also reads it.
constexpr absl::string_view kCsepHeader = "lon,lat,mag,time_string,depth,catalog_id,event_id";

bool LooksLikeCsep(absl::string_view line) {
  const std::vector<absl::string_view> fields = absl::StrSplit(line, ',');
  return fields.size() == 7 && ParseFinite(fields[0]) && ParseFinite(fields[1]) && ParseFinite(fields[2]) &&
         ParseCatalogueTime(fields[3], absl::UTCTimeZone()).has_value();
}

// ZMAP: longitude, latitude, year (often with the day of the year as its fraction), month, day,
// magnitude, depth, hour, minute, second, and whatever columns come after.
constexpr size_t kZmapColumns = 10;

std::vector<absl::string_view> ZmapFields(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(" \t,;"), absl::SkipEmpty());
}

bool LooksLikeZmap(absl::string_view line) {
  const std::vector<absl::string_view> fields = ZmapFields(line);
  return fields.size() >= kZmapColumns &&
         std::all_of(fields.begin(), fields.end(), [](absl::string_view f) { return ParseNumber(f).has_value(); });
}

void AddZmap(int64_t line, absl::string_view text, CatalogueBuilder& builder) {
  const std::vector<absl::string_view> fields = ZmapFields(text);
  EventRecord record;
  record.line = line;
  if (fields.size() < kZmapColumns)
    return builder.Lose(record, absl::StrCat(fields.size(), " fields, ", kZmapColumns, " columns"));
  record.longitude = std::string(fields[0]);
  record.latitude = std::string(fields[1]);
  record.magnitude = std::string(fields[5]);
  record.depth_km = std::string(fields[6]);
  if (record.depth_km == "NaN" || record.depth_km == "nan") record.depth_km.clear();
  const auto number = [&](size_t column) { return ParseFinite(fields[column]).value_or(-1); };
  const double year = std::floor(number(2));
  record.time_text =
      absl::StrFormat("%.0f-%g-%gT%g:%g:%s", year, number(3), number(4), number(7), number(8), fields[9]);
  // A year of two digits is one of which century nobody knows.
  if (year >= 1000) record.time = ParseCatalogueTime(record.time_text, absl::UTCTimeZone());
  builder.Add(std::move(record));
}

absl::StatusOr<CatalogueText> ReadTable(absl::string_view text, const Table& table, absl::string_view header,
                                        const CatalogueOptions& options) {
  if (!table.doubled().empty()) {
    return absl::InvalidArgumentError(absl::StrCat("has the column '", table.doubled(), "' twice"));
  }
  CatalogueBuilder builder(table.format().format, options);
  CsvRecords records(text, table.separator(), table.format().quotes);
  Fields fields;
  while (records.Next(fields)) {
    if (records.text() == header || absl::StartsWith(records.text(), "#")) {
      if (records.text() != header) builder.AddComment();
      continue;
    }
    table.Add(records.line(), fields, builder);
  }
  return std::move(builder).Finish();
}

absl::StatusOr<CatalogueText> ReadZmap(absl::string_view text, const CatalogueOptions& options) {
  CatalogueBuilder builder(CatalogueFormat::kZmap, options);
  CsvRecords records(text, '\t', false);
  Fields fields;
  while (records.Next(fields)) {
    if (absl::StartsWith(records.text(), "#") || absl::StartsWith(records.text(), "%")) {
      builder.AddComment();
    } else {
      AddZmap(records.line(), records.text(), builder);
    }
  }
  return std::move(builder).Finish();
}

// FDSN text knows no quoting: what would end a field is replaced.
std::string Plain(absl::string_view text) { return absl::StrReplaceAll(text, {{"|", "/"}, {"\n", " "}, {"\r", " "}}); }

// The shortest text that reads back equal.
std::string Shortest(double value) {
  char digits[32];
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

std::string MicrosecondUtc(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

std::string Decimal(double value) { return absl::StrFormat("%.10g", value); }

}  // namespace

absl::StatusOr<CatalogueText> ReadCatalogue(absl::string_view text, const CatalogueOptions& options) {
  const auto may_be = [&](CatalogueFormat format) { return options.format.value_or(format) == format; };
  CsvRecords records(text, '\n', false);
  Fields fields;
  while (records.Next(fields)) {
    const absl::string_view line = records.text();
    if (const std::optional<Table> table = FindTable(line, options.format)) {
      return ReadTable(text, *table, line, options);
    }
    if (may_be(CatalogueFormat::kCsep) && LooksLikeCsep(line)) {
      return ReadTable(text, *FindTable(kCsepHeader, CatalogueFormat::kCsep), kCsepHeader, options);
    }
    if (may_be(CatalogueFormat::kZmap) && LooksLikeZmap(line)) return ReadZmap(text, options);
    if (!absl::StartsWith(line, "#") && !absl::StartsWith(line, "%")) break;
  }
  return absl::InvalidArgumentError(
      options.format.has_value()
          ? absl::StrCat("the first line is not one of ", CatalogueFormatTitle(*options.format))
          : "the first line is that of no catalogue known here (see 'tremorcast catalog import --help')");
}

std::string WriteFdsnText(absl::Span<const SeismicEvent> events) {
  std::string out =
      "#EventID|Time|Latitude|Longitude|Depth/"
      "km|Author|Catalog|Contributor|ContributorID|MagType|Magnitude|MagAuthor|EventLocationName\n";
  for (const SeismicEvent& event : events) {
    absl::string_view catalog = event.source;
    if (catalog != "fdsn:") absl::ConsumePrefix(&catalog, "fdsn:");  // a blank name is none
    absl::StrAppend(&out, Plain(event.source_event_id), "|",
                    absl::FormatTime("%Y-%m-%dT%H:%M:%E3S", event.origin_time, absl::UTCTimeZone()), "|",
                    Decimal(event.epicenter.latitude_deg), "|", Decimal(event.epicenter.longitude_deg), "|",
                    event.depth_km.has_value() ? Decimal(*event.depth_km) : "", "||", Plain(catalog), "|||",
                    Plain(event.magnitude_type), "|", Decimal(event.magnitude), "||", Plain(event.place), "\n");
  }
  return out;
}

std::string WriteCatalogue(absl::Span<const SeismicEvent> events) {
  std::string out =
      "source,source_event_id,time,latitude,longitude,depth_km,magnitude,magnitude_type,place,status,updated\n";
  for (const SeismicEvent& event : events) {
    absl::StrAppend(&out, CsvField(event.source), ",", CsvField(event.source_event_id), ",",
                    MicrosecondUtc(event.origin_time), ",", Shortest(event.epicenter.latitude_deg), ",",
                    Shortest(event.epicenter.longitude_deg), ",",
                    event.depth_km.has_value() ? Shortest(*event.depth_km) : "", ",", Shortest(event.magnitude), ",",
                    CsvField(event.magnitude_type), ",", CsvField(event.place), ",", event.deleted ? "deleted" : "",
                    ",", event.updated.has_value() ? MicrosecondUtc(*event.updated) : "", "\n");
  }
  return out;
}

}  // namespace tremorcast
