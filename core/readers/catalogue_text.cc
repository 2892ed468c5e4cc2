#include "core/readers/catalogue_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_replace.h>

#include "core/base/calendar_range.h"
#include "core/base/number_text.h"
#include "core/base/plain_text.h"
#include "core/base/utf8_text.h"
#include "core/catalogue/identity.h"

namespace tremorcast {
namespace {

struct FormatNames {
  CatalogueFormat format;
  absl::string_view name, title;
};
constexpr std::array<FormatNames, 12> kFormats = {{
    {CatalogueFormat::kOwn, "own", "Tremorcast's own export"},
    {CatalogueFormat::kFdsnText, "fdsn", "FDSN event text"},
    {CatalogueFormat::kComcat, "comcat", "ComCat CSV"},
    {CatalogueFormat::kLibcomcat, "libcomcat", "libcomcat CSV"},
    {CatalogueFormat::kGeonet, "geonet", "GeoNet CSV"},
    {CatalogueFormat::kEqlst, "eqlst", "AETA eqlst CSV"},
    {CatalogueFormat::kCenc, "cenc", "CENC CSV"},
    {CatalogueFormat::kEmsc, "emsc", "EMSC CSV"},
    {CatalogueFormat::kCsep, "csep", "CSEP catalogue"},
    {CatalogueFormat::kZmap, "zmap", "ZMAP"},
    {CatalogueFormat::kGeojson, "geojson", "GeoJSON"},
    {CatalogueFormat::kQuakeml, "quakeml", "QuakeML"},
}};

// As IdentityDistance measures: 2 minutes, 200 km or a magnitude of 4 alone.
constexpr double kFarthestRevision = 2;

// Catalogues differ by some minutes in what "now" is, and by a day in their zones.
constexpr absl::Duration kClockTolerance = absl::Hours(24);

std::string DerivedId(const SeismicEvent& event, bool to_the_minute) {
  return absl::StrCat(
      absl::FormatTime(to_the_minute ? "%Y%m%dT%H%M" : "%Y%m%dT%H%M%S", event.origin_time, absl::UTCTimeZone()),
      absl::StrFormat("_%.2f_%.2f", event.epicenter.latitude_deg, event.epicenter.longitude_deg));
}

bool ToTheMinute(CatalogueFormat format) { return format == CatalogueFormat::kCenc; }

// Names events without one. Returns the indices of events that only repeat another.
std::map<size_t, size_t> NameEvents(bool to_the_minute, std::vector<SeismicEvent>& events) {
  std::map<std::pair<std::string, std::string>, std::vector<size_t>> groups;
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].source_event_id.empty()) groups[{events[i].source, DerivedId(events[i], to_the_minute)}].push_back(i);
  }
  std::map<size_t, size_t> repeats;
  for (auto& [name, members] : groups) {
    std::stable_sort(members.begin(), members.end(),
                     [&](size_t a, size_t b) { return events[a].magnitude > events[b].magnitude; });
    for (size_t k = 0; k < members.size(); ++k) {
      SeismicEvent& event = events[members[k]];
      if (k > 0 && event.magnitude == events[members[k - 1]].magnitude) repeats[members[k]] = members[k - 1];
      event.source_event_id = k == 0 ? name.second : absl::StrFormat("%s_M%.1f", name.second, event.magnitude);
    }
  }
  return repeats;
}

BadEvent NotKept(int64_t line, std::string reason) {
  BadEvent bad;
  bad.line = line;
  bad.reason = std::move(reason);
  bad.lost = false;
  return bad;
}

// Of a record that has the id of one that stands: the same again, an older state of the earthquake, or
// another earthquake, which a catalogue that numbers each year from 1 has.
BadEvent Superseded(const SeismicEvent& event, int64_t line, const SeismicEvent& standing, int64_t by) {
  SeismicEvent again = event;
  again.updated = standing.updated;
  if (again == standing) return NotKept(line, absl::StrCat("repeats line ", by));
  if (IdentityDistance(event, standing) <= kFarthestRevision) {
    return NotKept(line, absl::StrCat("line ", by, " lists '", event.source_event_id, "' anew"));
  }
  BadEvent bad;
  bad.line = line;
  bad.reason = absl::StrCat("line ", by, " lists another earthquake as '", event.source_event_id, "'");
  bad.not_before = bad.not_after = event.origin_time;
  bad.magnitude = event.magnitude;
  bad.epicenter = event.epicenter;
  return bad;
}

// A catalogue's record in a file that has several of one id.
struct Listed {
  int64_t line;
  std::optional<absl::Time> updated;
  size_t index;  // in the events or the others
  bool is_event;
};

// The one that the catalogue updated last; where it does not say, the last.
const Listed& StandingOf(const std::vector<Listed>& records) {
  const Listed* standing = records.data();
  for (const Listed& next : records) {
    const bool older = next.updated.has_value() && standing->updated.has_value() && *next.updated < *standing->updated;
    if (!older) standing = &next;
  }
  return *standing;
}

// For lost lines without a time: where the list is in order of time, the event was between its
// neighbours. A single event shows no order.
void BoundLostTimes(const std::vector<SeismicEvent>& events, const std::vector<int64_t>& lines,
                    std::vector<BadEvent>& bad_lines) {
  const auto earlier = [](const SeismicEvent& a, const SeismicEvent& b) { return a.origin_time < b.origin_time; };
  const bool rising = std::is_sorted(events.begin(), events.end(), earlier);
  const bool falling = std::is_sorted(events.rbegin(), events.rend(), earlier);
  if (rising == falling) return;
  for (BadEvent& bad : bad_lines) {
    if (bad.not_before.has_value()) continue;
    const auto next = static_cast<size_t>(std::upper_bound(lines.begin(), lines.end(), bad.line) - lines.begin());
    if (next > 0) (rising ? bad.not_before : bad.not_after) = events[next - 1].origin_time;
    if (next < events.size()) (rising ? bad.not_after : bad.not_before) = events[next].origin_time;
  }
}

// [-180, 180], as some catalogues count from 0 to 360.
double Wrapped(double longitude) { return longitude > 180 && longitude <= 360 ? longitude - 360 : longitude; }

std::string NotANumber(absl::string_view what, absl::string_view text) {
  return text.empty() ? absl::StrCat(what, " is empty") : absl::StrCat(what, " '", text, "' is no number");
}

std::string At(const EventRecord& record, absl::string_view reason) {
  return record.where.empty() ? std::string(reason) : absl::StrCat(record.where, ": ", reason);
}

std::string NoTime(const EventRecord& record) { return absl::StrCat("time '", record.time_text, "' is no time"); }

}  // namespace

absl::string_view CatalogueFormatName(CatalogueFormat format) { return kFormats[static_cast<size_t>(format)].name; }

absl::string_view CatalogueFormatTitle(CatalogueFormat format) { return kFormats[static_cast<size_t>(format)].title; }

std::optional<CatalogueFormat> ParseCatalogueFormat(absl::string_view name) {
  for (const FormatNames& one : kFormats) {
    if (one.name == name) return one.format;
  }
  return std::nullopt;
}

std::vector<std::string> CatalogueFormatNames() {
  std::vector<std::string> names;
  for (const FormatNames& one : kFormats) names.emplace_back(one.name);
  return names;
}

bool IsEarthquakeType(absl::string_view type) {
  const std::string word = absl::StrReplaceAll(absl::AsciiStrToLower(type), {{"_", " "}});
  // QuakeML's words, CENC's, and the codes of ISC and EMSC: known, suspected, damaging, felt, induced.
  for (absl::string_view known :
       {"", "earthquake", "eq", "tectonic earthquake", "induced or triggered event", "induced earthquake",
        "volcanic earthquake", "unknown", "uk", "ke", "se", "de", "fe", "ki", "si", "天然地震", "地震"}) {
    if (word == known) return true;
  }
  return false;
}

CatalogueBuilder::CatalogueBuilder(CatalogueFormat format, const CatalogueOptions& options) : options_(options) {
  text_.format = format;
}

void CatalogueBuilder::Lose(const EventRecord& record, absl::string_view reason) {
  BadEvent bad;
  bad.line = record.line;
  bad.reason = At(record, reason);
  const std::optional<absl::Time> latest = record.latest_time.has_value() ? record.latest_time : record.time;
  if (record.time.has_value() && *record.time <= options_.now + kClockTolerance) {
    bad.not_before = record.time;
    if (*latest <= options_.now + kClockTolerance) bad.not_after = latest;
  }
  bad.magnitude = ParseFinite(record.magnitude);
  const std::optional<double> latitude = ParseFinite(record.latitude), longitude = ParseFinite(record.longitude);
  if (latitude.has_value() && longitude.has_value()) bad.epicenter = {*latitude, Wrapped(*longitude)};
  if (bad.epicenter.has_value() && !(std::abs(*latitude) <= 90 && std::abs(bad.epicenter->longitude_deg) <= 180)) {
    bad.epicenter = std::nullopt;
  }
  text_.bad_lines.push_back(std::move(bad));
}

void CatalogueBuilder::Add(EventRecord record) {
  for (std::optional<absl::Time>* time : {&record.time, &record.updated}) {
    if (time->has_value() && !InCalendar(**time)) time->reset();
  }
  // Else nothing that the catalogue says later would ever be newer.
  if (record.updated.has_value() && *record.updated > options_.now + kClockTolerance) {
    record.updated.reset();
    text_.left_out.push_back({record.line, At(record, "the time of its update lies in the future")});
  }
  // As the service takes it, or "": what it refuses in one event would cost the whole request.
  const auto text = [&](const std::string& field, absl::string_view what, size_t most = kMostTextBytes) {
    std::string plain(absl::StripAsciiWhitespace(MadePlain(field, ' ')));
    std::string fault;
    if (!IsUtf8(field)) {
      fault = " is not UTF-8";
    } else if (plain.size() > most) {
      fault = absl::StrCat(" has ", plain.size(), " bytes; at most ", most, " are taken");
    }
    if (fault.empty()) return plain;
    text_.left_out.push_back({record.line, At(record, absl::StrCat(what, fault))});
    return std::string();
  };
  SeismicEvent event;
  event.source = options_.source.empty() ? text(record.source, "source") : options_.source;
  if (event.source.empty() && text_.format != CatalogueFormat::kOwn) event.source = options_.otherwise;
  event.source_event_id = text(record.id, "id");
  event.place = text(record.place, "place", kMostPlaceBytes);
  event.magnitude_type = text(record.magnitude_type, "magnitude type");
  event.deleted = record.deleted;
  event.updated = record.updated;
  if (event.source.empty() && text_.format != CatalogueFormat::kOwn && nameless_.empty())
    nameless_ = record.where.empty() ? absl::StrCat("line ", record.line) : record.where;
  const std::optional<double> latitude = ParseFinite(record.latitude), longitude = ParseFinite(record.longitude);
  const std::optional<double> magnitude = ParseFinite(record.magnitude);
  event.origin_time = record.time.value_or(absl::InfinitePast());
  event.epicenter = {latitude.value_or(0), Wrapped(longitude.value_or(0))};
  event.magnitude = magnitude.value_or(0);
  event.depth_km = ParseFinite(record.depth_km);
  if (event.depth_km.has_value() && !(*event.depth_km >= -10 && *event.depth_km <= 1000)) event.depth_km.reset();
  if (!record.depth_km.empty() && !event.depth_km.has_value())
    text_.left_out.push_back({record.line, At(record, absl::StrCat("depth '", record.depth_km, "' is none"))});

  std::string type = absl::AsciiStrToLower(text(record.type, "type"));
  const bool whole = record.time.has_value() && latitude.has_value() && longitude.has_value() && magnitude.has_value();
  if (event.deleted && !whole && !event.source_event_id.empty()) type = "deleted";
  if (!IsEarthquakeType(type)) {
    std::string id = std::move(event.source_event_id);
    if (id.empty() && record.time.has_value() && latitude.has_value() && longitude.has_value()) {
      id = DerivedId(event, ToTheMinute(text_.format));
    }
    text_.others.push_back({record.line, std::move(type), std::move(event.source), std::move(id), record.updated});
    return;
  }
  if (!record.time.has_value()) return Lose(record, NoTime(record));
  if (*record.time > options_.now + kClockTolerance)
    return Lose(record, absl::StrCat("time '", record.time_text, "' lies in the future"));
  if (!magnitude.has_value()) return Lose(record, NotANumber("magnitude", record.magnitude));
  if (!latitude.has_value()) return Lose(record, NotANumber("latitude", record.latitude));
  if (!longitude.has_value()) return Lose(record, NotANumber("longitude", record.longitude));
  SeismicEvent named = event;
  if (named.source_event_id.empty()) named.source_event_id = "unnamed";
  if (const absl::Status status = ValidateEvent(named); !status.ok()) return Lose(record, status.message());
  text_.events.push_back(std::move(event));
  lines_.push_back(record.line);
}

std::vector<EventWithdrawal> Withdrawals(const CatalogueText& text) {
  std::vector<EventWithdrawal> withdrawals;
  for (const OtherEvent& other : text.others) {
    if (!other.id.empty()) withdrawals.push_back({other.source, other.id, other.updated});
  }
  return withdrawals;
}

absl::StatusOr<CatalogueText> CatalogueBuilder::Finish() && {
  if (!nameless_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(nameless_, " does not say which catalogue it is of: add --source NAME"));
  }
  BoundLostTimes(text_.events, lines_, text_.bad_lines);
  std::set<size_t> dropped = SettleIds();
  for (const auto& [index, other] : NameEvents(ToTheMinute(text_.format), text_.events)) {
    text_.bad_lines.push_back(NotKept(lines_[index], absl::StrCat("repeats line ", lines_[other])));
    dropped.insert(index);
  }
  std::vector<SeismicEvent> kept;
  std::set<std::pair<std::string, std::string>> listed;
  for (size_t i = 0; i < text_.events.size(); ++i) {
    if (dropped.count(i) > 0) continue;
    listed.emplace(text_.events[i].source, text_.events[i].source_event_id);
    kept.push_back(std::move(text_.events[i]));
  }
  text_.events = std::move(kept);
  for (OtherEvent& other : text_.others) {
    if (listed.count({other.source, other.id}) > 0) other.id.clear();
  }
  std::stable_sort(text_.bad_lines.begin(), text_.bad_lines.end(),
                   [](const BadEvent& a, const BadEvent& b) { return a.line < b.line; });
  return std::move(text_);
}

std::set<size_t> CatalogueBuilder::SettleIds() {
  std::map<std::pair<std::string, std::string>, std::vector<Listed>> by_id;
  for (size_t i = 0; i < text_.events.size(); ++i) {
    const SeismicEvent& event = text_.events[i];
    if (!event.source_event_id.empty())
      by_id[{event.source, event.source_event_id}].push_back({lines_[i], event.updated, i, true});
  }
  for (size_t i = 0; i < text_.others.size(); ++i) {
    const OtherEvent& other = text_.others[i];
    const auto events = by_id.find({other.source, other.id});
    if (events != by_id.end()) events->second.push_back({other.line, other.updated, i, false});
  }
  std::set<size_t> dropped;
  for (auto& [id, records] : by_id) {
    if (records.size() == 1) continue;
    std::stable_sort(records.begin(), records.end(), [](const Listed& a, const Listed& b) { return a.line < b.line; });
    const Listed& standing = StandingOf(records);
    for (const Listed& record : records) {
      if (!record.is_event || &record == &standing) continue;
      dropped.insert(record.index);
      text_.bad_lines.push_back(
          standing.is_event
              ? Superseded(text_.events[record.index], record.line, text_.events[standing.index], standing.line)
              : NotKept(record.line, absl::StrCat("line ", standing.line, " lists '", id.second, "' as ",
                                                  text_.others[standing.index].type)));
    }
  }
  return dropped;
}

}  // namespace tremorcast
