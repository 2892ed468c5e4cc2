#include "formats/quakeml.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>

#include "core/base/number_text.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "core/readers/civil_text.h"
#include "formats/xml_text.h"

namespace tremorcast {
namespace {

// Of several origins or magnitudes the one that the event prefers.
pugi::xml_node Preferred(const pugi::xml_node& event, absl::string_view name, absl::string_view preference) {
  const std::string wanted = TextAt(event, preference);
  for (const pugi::xml_node& child : event.children()) {
    if (LocalName(child) == name && !wanted.empty() && wanted == child.attribute("publicID").value()) return child;
  }
  return Child(event, name);
}

// "smi:webservices.ingv.it/fdsnws/event/1/query?eventId=123" -> "123", "smi:nz.org.geonet/2024p1" -> "2024p1".
std::string IdOf(absl::string_view public_id) {
  const std::string lower_text = absl::AsciiStrToLower(public_id);
  const absl::string_view lower = lower_text;
  for (absl::string_view key : {"eventid=", "evid="}) {
    if (const size_t at = lower.find(key); at != absl::string_view::npos) {
      public_id.remove_prefix(at + key.size());
      return std::string(public_id.substr(0, public_id.find('&')));
    }
  }
  const size_t slash = public_id.find_last_of("/#");
  return std::string(slash == absl::string_view::npos ? public_id : public_id.substr(slash + 1));
}

std::string SourceOf(const pugi::xml_node& event, const pugi::xml_node& origin, const pugi::xml_node& magnitude) {
  if (absl::StrContains(event.attribute("publicID").value(), "usgs.gov")) return "comcat";
  for (const pugi::xml_node& node : {event, origin, magnitude}) {
    const std::string agency = TextAt(node, "creationInfo/agencyID");
    if (!agency.empty()) return absl::StrCat("fdsn:", absl::AsciiStrToLower(agency));
  }
  // "smi:AUTHORITY/...": whose name space the id is of.
  absl::string_view authority = event.attribute("publicID").value();
  const bool named = absl::ConsumePrefix(&authority, "smi:") || absl::ConsumePrefix(&authority, "quakeml:");
  authority = authority.substr(0, authority.find('/'));
  return named && !authority.empty() && authority != "local" ? absl::StrCat("fdsn:", absl::AsciiStrToLower(authority))
                                                             : "";
}

std::string Kilometres(const std::string& metres) {
  const std::optional<double> value = ParseFinite(metres);
  return value.has_value() ? absl::StrCat(*value / 1000) : metres;
}

EventRecord Record(const pugi::xml_node& event) {
  const pugi::xml_node origin = Preferred(event, "origin", "preferredOriginID");
  const pugi::xml_node magnitude = Preferred(event, "magnitude", "preferredMagnitudeID");
  EventRecord record;
  record.source = SourceOf(event, origin, magnitude);
  record.id = IdOf(event.attribute("publicID").value());
  record.time_text = TextAt(origin, "time/value");
  record.time = ParseCatalogueTime(record.time_text, absl::UTCTimeZone());
  record.latitude = TextAt(origin, "latitude/value");
  record.longitude = TextAt(origin, "longitude/value");
  record.depth_km = Kilometres(TextAt(origin, "depth/value"));
  record.magnitude = TextAt(magnitude, "mag/value");
  record.magnitude_type = TextAt(magnitude, "type");
  record.place = TextAt(event, "description/text");
  record.type = TextAt(event, "type");
  record.deleted = TextAt(origin, "evaluationStatus") == "rejected";
  record.where = absl::StrCat("event ", record.id);
  return record;
}

}  // namespace

absl::StatusOr<CatalogueText> ReadQuakeml(absl::string_view text, const CatalogueOptions& options) {
  pugi::xml_document document;
  RETURN_IF_ERROR(LoadXml(text, document));
  const pugi::xml_node events = Child(Child(document, "quakeml"), "eventParameters");
  if (!events) {
    return absl::InvalidArgumentError(
        absl::StrCat("is XML, but no QuakeML: <", document.document_element().name(), "> without <eventParameters>"));
  }
  // The last part of a publicID is what the agency's other formats call the event. Where two events of
  // a file end alike, each keeps the whole.
  std::map<std::string, std::set<std::string>> called;
  for (const pugi::xml_node& event : events.children()) {
    if (LocalName(event) != "event") continue;
    const std::string whole = event.attribute("publicID").value();
    called[IdOf(whole)].insert(whole);
  }
  CatalogueBuilder builder(CatalogueFormat::kQuakeml, options);
  LineCounter lines(text);
  for (const pugi::xml_node& event : events.children()) {
    if (LocalName(event) != "event") continue;
    EventRecord record = Record(event);
    if (called[record.id].size() > 1) record.id = event.attribute("publicID").value();
    record.line = lines.LineOf(event);
    builder.Add(std::move(record));
  }
  return std::move(builder).Finish();
}

}  // namespace tremorcast
