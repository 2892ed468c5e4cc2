#include "core/readers/catalogue_csv.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/strip.h>
#include <absl/time/time.h>

#include "core/base/time_grid.h"
#include "core/readers/civil_text.h"

namespace tremorcast {
namespace {

using Fields = std::vector<std::string>;

// Columns by name; the names a format uses are looked up once per line by position.
class Columns {
 public:
  explicit Columns(const Fields& header) {
    for (size_t i = 0; i < header.size(); ++i) {
      index_.emplace(absl::AsciiStrToLower(absl::StripAsciiWhitespace(header[i])),
                     i);  // the first of two equal names counts
    }
    count_ = header.size();
  }
  bool Has(absl::string_view name) const { return index_.count(std::string(name)) > 0; }
  // Empty where the column is absent.
  absl::string_view Get(const Fields& fields, absl::string_view name) const {
    const auto it = index_.find(std::string(name));
    if (it == index_.end() || it->second >= fields.size()) return {};
    return absl::StripAsciiWhitespace(fields[it->second]);
  }
  size_t count() const { return count_; }

 private:
  std::map<std::string, size_t> index_;
  size_t count_ = 0;
};

// The reason a line is no event, or "".
using Reason = std::string;

Reason Number(const Columns& columns, const Fields& fields, absl::string_view name, double& value) {
  const absl::string_view text = columns.Get(fields, name);
  if (text.empty()) return absl::StrCat("column ", name, " is empty");
  if (!absl::SimpleAtod(text, &value) || !std::isfinite(value))
    return absl::StrCat("column ", name, ": '", text, "' is no number");
  return "";
}

Reason OptionalNumber(const Columns& columns, const Fields& fields, absl::string_view name,
                      std::optional<double>& value) {
  if (columns.Get(fields, name).empty()) return "";
  double number = 0;
  Reason reason = Number(columns, fields, name, number);
  if (reason.empty()) value = number;
  return reason;
}

Reason TimeColumn(const Columns& columns, const Fields& fields, absl::string_view name, absl::TimeZone zone,
                  absl::Time& t) {
  const absl::string_view text = columns.Get(fields, name);
  const std::optional<absl::Time> parsed = ParseCatalogueTime(text, zone);
  if (!parsed.has_value()) return absl::StrCat("column ", name, ": '", text, "' is no time");
  t = *parsed;
  return "";
}

Reason FirstOf(std::initializer_list<Reason> reasons) {
  for (const Reason& reason : reasons) {
    if (!reason.empty()) return reason;
  }
  return "";
}

std::string DerivedId(const SeismicEvent& event, absl::string_view time_format) {
  return absl::StrCat(absl::FormatTime(time_format, event.origin_time, absl::UTCTimeZone()),
                      absl::StrFormat("_%.2f_%.2f", event.epicenter.latitude_deg, event.epicenter.longitude_deg));
}

Reason ReadCenc(const Columns& columns, const Fields& fields, SeismicEvent& event) {
  event.source = "cenc";
  event.place = std::string(columns.Get(fields, "location"));
  // The catalogue spells it so; a corrected spelling is read too.
  const absl::string_view longitude = columns.Has("longtitude") ? "longtitude" : "longitude";
  return FirstOf({TimeColumn(columns, fields, "time", NetworkTimeZone(), event.origin_time),
                  Number(columns, fields, "magnitude", event.magnitude),
                  Number(columns, fields, "latitude", event.epicenter.latitude_deg),
                  Number(columns, fields, longitude, event.epicenter.longitude_deg),
                  OptionalNumber(columns, fields, "deep", event.depth_km)});
}

Reason ReadEqlst(const Columns& columns, const Fields& fields, SeismicEvent& event) {
  event.source = "eqlst";
  event.place = std::string(columns.Get(fields, "location"));
  Reason reason = FirstOf({Number(columns, fields, "latitude", event.epicenter.latitude_deg),
                           Number(columns, fields, "longitude", event.epicenter.longitude_deg),
                           Number(columns, fields, "magnitude", event.magnitude),
                           TimeColumn(columns, fields, "time", NetworkTimeZone(), event.origin_time)});
  int64_t unix_seconds = 0;
  const absl::string_view timestamp = columns.Get(fields, "timestamp");
  if (!reason.empty() || timestamp.empty()) return reason;
  if (!absl::SimpleAtoi(timestamp, &unix_seconds))
    return absl::StrCat("column timestamp: '", timestamp, "' is no number");
  if (event.origin_time != absl::FromUnixSeconds(unix_seconds)) return "time and timestamp disagree";
  return "";
}

Reason ReadFdsn(const Columns& columns, const Fields& fields, SeismicEvent& event) {
  const absl::string_view catalog = columns.Get(fields, "catalog");
  event.source = catalog == "simulated"
                     ? "simulated"
                     : absl::StrCat("fdsn:", catalog.empty() ? "unknown" : absl::AsciiStrToLower(catalog));
  event.source_event_id = std::string(columns.Get(fields, columns.Has("#eventid") ? "#eventid" : "eventid"));
  event.place = std::string(columns.Get(fields, "eventlocationname"));
  event.magnitude_type = std::string(columns.Get(fields, "magtype"));
  return FirstOf({TimeColumn(columns, fields, "time", absl::UTCTimeZone(), event.origin_time),
                  Number(columns, fields, "latitude", event.epicenter.latitude_deg),
                  Number(columns, fields, "longitude", event.epicenter.longitude_deg),
                  OptionalNumber(columns, fields, "depth/km", event.depth_km),
                  Number(columns, fields, "magnitude", event.magnitude)});
}

Reason ReadComcat(const Columns& columns, const Fields& fields, SeismicEvent& event) {
  event.source = "comcat";
  event.source_event_id = std::string(columns.Get(fields, "id"));
  event.place = std::string(columns.Get(fields, "place"));
  event.magnitude_type = std::string(columns.Get(fields, "magtype"));
  event.deleted = columns.Get(fields, "status") == "deleted";
  const absl::string_view type = columns.Get(fields, "type");
  if (!type.empty() && type != "earthquake") return absl::StrCat("a ", type, ", not an earthquake");
  return FirstOf({TimeColumn(columns, fields, "time", absl::UTCTimeZone(), event.origin_time),
                  Number(columns, fields, "latitude", event.epicenter.latitude_deg),
                  Number(columns, fields, "longitude", event.epicenter.longitude_deg),
                  OptionalNumber(columns, fields, "depth", event.depth_km),
                  Number(columns, fields, "mag", event.magnitude)});
}

struct FormatRule {
  CatalogueFormat format;
  absl::string_view name;
  char separator;
  absl::string_view id_time;              // of derived ids
  std::vector<absl::string_view> needed;  // columns, lower case
  Reason (*read)(const Columns&, const Fields&, SeismicEvent&);
};

const std::vector<FormatRule>& Rules() {
  static const auto* const kRules = new std::vector<FormatRule>{
      {CatalogueFormat::kFdsnText,
       "fdsn",
       '|',
       "%Y%m%dT%H%M%S",
       {"time", "latitude", "longitude", "magnitude"},
       ReadFdsn},
      {CatalogueFormat::kComcat,
       "comcat",
       ',',
       "%Y%m%dT%H%M%S",
       {"time", "latitude", "longitude", "mag", "id"},
       ReadComcat},
      {CatalogueFormat::kEqlst,
       "eqlst",
       ',',
       "%Y%m%dT%H%M%S",
       {"time", "timestamp", "latitude", "longitude", "magnitude"},
       ReadEqlst},
      {CatalogueFormat::kCenc, "cenc", ',', "%Y%m%dT%H%M", {"time", "magnitude", "latitude", "deep"}, ReadCenc},
  };
  return *kRules;
}

// Names for events without one (see the header). Returns the indices of events that only repeat
// another.
std::map<size_t, size_t> NameEvents(absl::string_view id_time, std::vector<SeismicEvent>& events) {
  std::map<std::string, std::vector<size_t>> groups;
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].source_event_id.empty()) groups[DerivedId(events[i], id_time)].push_back(i);
  }
  std::map<size_t, size_t> repeats;
  for (auto& [id, members] : groups) {
    std::stable_sort(members.begin(), members.end(),
                     [&](size_t a, size_t b) { return events[a].magnitude > events[b].magnitude; });
    for (size_t k = 0; k < members.size(); ++k) {
      SeismicEvent& event = events[members[k]];
      if (k > 0 && event.magnitude == events[members[k - 1]].magnitude) repeats[members[k]] = members[k - 1];
      event.source_event_id = k == 0 ? id : absl::StrFormat("%s_M%.1f", id, event.magnitude);
    }
  }
  return repeats;
}

// FDSN text knows no quoting: what would end a field, or begin a quoted one where that is read, is
// replaced.
std::string Plain(absl::string_view text) {
  std::string plain = absl::StrReplaceAll(text, {{"|", "/"}, {"\n", " "}, {"\r", " "}});
  if (absl::StartsWith(plain, "\"")) plain[0] = '\'';
  return plain;
}

std::string Decimal(double value) { return absl::StrFormat("%.10g", value); }

const FormatRule* FindRule(absl::string_view text, std::optional<CatalogueFormat> forced) {
  for (const FormatRule& rule : Rules()) {
    if (forced.has_value() && rule.format != *forced) continue;
    CsvRecords records(text, rule.separator);
    Fields header;
    if (!records.Next(header)) return nullptr;
    const Columns columns(header);
    if (std::all_of(rule.needed.begin(), rule.needed.end(), [&](absl::string_view name) { return columns.Has(name); }))
      return &rule;
  }
  return nullptr;
}

}  // namespace

absl::string_view CatalogueFormatName(CatalogueFormat format) {
  for (const FormatRule& rule : Rules()) {
    if (rule.format == format) return rule.name;
  }
  return "unknown";
}

std::optional<CatalogueFormat> ParseCatalogueFormat(absl::string_view name) {
  for (const FormatRule& rule : Rules()) {
    if (rule.name == name) return rule.format;
  }
  return std::nullopt;
}

absl::StatusOr<CatalogueText> ReadCatalogue(absl::string_view text, std::optional<CatalogueFormat> forced) {
  const FormatRule* rule = FindRule(text, forced);
  if (rule == nullptr) {
    return absl::InvalidArgumentError(
        forced.has_value() ? absl::StrCat("the first line is not a ", CatalogueFormatName(*forced), " header")
                           : "the first line is no header of a CENC, eqlst, FDSN text or ComCat catalogue");
  }
  CatalogueText result;
  result.format = rule->format;
  CsvRecords records(text, rule->separator);
  Fields fields;
  records.Next(fields);
  const Columns columns(fields);
  std::vector<int64_t> lines;
  while (records.Next(fields)) {
    SeismicEvent event;
    Reason reason;
    if (fields.size() != columns.count()) {
      reason = absl::StrCat(fields.size(), " fields, ", columns.count(), " columns");
    } else {
      reason = rule->read(columns, fields, event);
    }
    if (reason.empty()) {
      SeismicEvent named = event;
      if (named.source_event_id.empty()) named.source_event_id = "unnamed";
      if (const absl::Status status = ValidateEvent(named); !status.ok()) reason = std::string(status.message());
    }
    if (!reason.empty()) {
      result.bad_lines.push_back({records.line(), std::move(reason)});
      continue;
    }
    result.events.push_back(std::move(event));
    lines.push_back(records.line());
  }
  const std::map<size_t, size_t> repeats = NameEvents(rule->id_time, result.events);
  for (auto it = repeats.rbegin(); it != repeats.rend(); ++it) {
    const size_t other = it->second;
    result.bad_lines.push_back({lines[it->first], absl::StrCat("repeats line ", lines[other])});
  }
  std::vector<SeismicEvent> kept;
  for (size_t i = 0; i < result.events.size(); ++i) {
    if (repeats.count(i) == 0) kept.push_back(std::move(result.events[i]));
  }
  result.events = std::move(kept);
  std::sort(result.bad_lines.begin(), result.bad_lines.end(),
            [](const BadLine& a, const BadLine& b) { return a.line < b.line; });
  return result;
}

std::string WriteFdsnText(absl::Span<const SeismicEvent> events) {
  std::string out =
      "#EventID|Time|Latitude|Longitude|Depth/"
      "km|Author|Catalog|Contributor|ContributorID|MagType|Magnitude|MagAuthor|EventLocationName\n";
  for (const SeismicEvent& event : events) {
    absl::string_view catalog = event.source;
    absl::ConsumePrefix(&catalog, "fdsn:");
    absl::StrAppend(&out, Plain(event.source_event_id), "|",
                    absl::FormatTime("%Y-%m-%dT%H:%M:%E3S", event.origin_time, absl::UTCTimeZone()), "|",
                    Decimal(event.epicenter.latitude_deg), "|", Decimal(event.epicenter.longitude_deg), "|",
                    event.depth_km.has_value() ? Decimal(*event.depth_km) : "", "||", Plain(catalog), "|||",
                    Plain(event.magnitude_type), "|", Decimal(event.magnitude), "||", Plain(event.place), "\n");
  }
  return out;
}

}  // namespace tremorcast
