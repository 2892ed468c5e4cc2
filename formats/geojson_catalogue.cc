#include "formats/geojson_catalogue.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/time/time.h>
#include <nlohmann/json.hpp>

#include "core/base/status_macros.h"
#include "core/readers/civil_text.h"
#include "formats/json_text.h"

namespace tremorcast {
namespace {

using Json = nlohmann::json;

// The first of these members that says something; null where none does.
const Json& First(const Json& object, std::initializer_list<const char*> names) {
  static const Json& nothing = *new Json();
  for (const char* name : names) {
    const auto at = object.find(name);
    if (at != object.end() && !at->is_null()) return *at;
  }
  return nothing;
}

std::string Text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() ? value.dump() : "";
}

std::string Coordinate(const Json& coordinates, size_t index) {
  return coordinates.is_array() && index < coordinates.size() ? Text(coordinates[index]) : "";
}

// ComCat counts milliseconds since 1970, others write it out.
std::optional<absl::Time> TimeOf(const Json& time) {
  return time.is_number() ? std::optional<absl::Time>(absl::UnixEpoch() + absl::Milliseconds(time.get<double>()))
                          : ParseCatalogueTime(Text(time), absl::UTCTimeZone());
}

// Each publisher names the id otherwise; "" is none that is known here.
std::string Publisher(const Json& properties) {
  if (properties.contains("unid")) return "emsc";
  if (properties.contains("publicID") || properties.contains("publicid")) return "geonet";
  if (properties.contains("eventId")) return "ingv";
  return properties.contains("net") && properties.contains("code") ? "comcat" : "";
}

EventRecord Record(const Json& feature, int64_t number) {
  static const Json& empty = *new Json(Json::object());
  const Json& given = First(feature, {"properties"});
  const Json& properties = given.is_object() ? given : empty;
  const Json& geometry = First(feature, {"geometry"});
  const Json& coordinates = First(geometry.is_object() ? geometry : empty, {"coordinates"});
  EventRecord record;
  record.line = number;
  record.source = Publisher(properties);
  record.id = Text(First(feature, {"id"}));
  if (record.id.empty() || record.source != "comcat") {
    const std::string own = Text(First(properties, {"unid", "publicID", "publicid", "eventId"}));
    if (!own.empty()) record.id = own;
  }
  record.where = absl::StrCat("feature ", number, record.id.empty() ? "" : absl::StrCat(" (", record.id, ")"));
  const Json& time = First(properties, {"time", "origintime", "originTime"});
  record.time_text = Text(time);
  record.time = TimeOf(time);
  record.updated = TimeOf(First(properties, {"updated", "lastupdate", "modificationtime"}));
  record.longitude = Coordinate(coordinates, 0);
  record.latitude = Coordinate(coordinates, 1);
  record.depth_km = Text(First(properties, {"depth"}));  // EMSC's third coordinate is a height
  if (record.depth_km.empty()) record.depth_km = Coordinate(coordinates, 2);
  record.magnitude = Text(First(properties, {"mag", "magnitude"}));
  record.magnitude_type = Text(First(properties, {"magType", "magtype", "magnitudetype"}));
  record.place = Text(First(properties, {"place", "flynn_region", "locality"}));
  record.type = Text(First(properties, {"type", "evtype", "eventtype"}));
  record.deleted = absl::EqualsIgnoreCase(Text(First(properties, {"status", "quality"})), "deleted");
  return record;
}

}  // namespace

absl::StatusOr<CatalogueText> ReadGeojsonCatalogue(absl::string_view text, const CatalogueOptions& options) {
  ASSIGN_OR_RETURN(const Json json, ParseJsonText(text));
  if (!json.is_object() || !First(json, {"features"}).is_array())
    return absl::InvalidArgumentError("is JSON, but no GeoJSON of earthquakes: it has no list \"features\"");
  CatalogueBuilder builder(CatalogueFormat::kGeojson, options);
  int64_t number = 0;
  for (const Json& feature : json["features"]) {
    EventRecord record;
    record.line = ++number;
    record.where = absl::StrCat("feature ", number);
    if (feature.is_object()) {
      builder.Add(Record(feature, number));
    } else {
      builder.Lose(record, "is no object");
    }
  }
  return std::move(builder).Finish();
}

}  // namespace tremorcast
