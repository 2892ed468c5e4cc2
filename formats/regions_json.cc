#include "formats/regions_json.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <nlohmann/json.hpp>

#include "core/base/plain_text.h"
#include "core/base/status_macros.h"
#include "core/network/rings.h"
#include "formats/json_text.h"

namespace tremorcast {
namespace {

using Json = nlohmann::json;

// Station numbers are ids too, because AETA lists them without quotes.
std::string IdText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : absl::StrCat(value.get<int64_t>());
}

void AddStations(const Json& from, Region& region) {
  if (!from.contains("stations")) return;
  for (const Json& station : from.at("stations")) region.stations.emplace_back(IdText(station));
}

// A member that is misspelt would be left out without a word. What GeoJSON's properties hold is anybody's.
void Know(const Json& one, std::initializer_list<absl::string_view> members) {
  for (const auto& [name, value] : one.items()) {
    if (std::find(members.begin(), members.end(), name) == members.end())
      throw std::out_of_range(absl::StrCat("has a member '", name, "' that nothing here reads"));
  }
}

std::vector<GeoPoint> Box(double south, double north, double west, double east) {
  if (!(south < north)) throw std::out_of_range(absl::StrCat("its box begins north of its end, at ", south));
  return BoxPolygon(south, north, west, east);
}

Region FromArea(const Json& area) {
  Know(area, {"area", "lat", "lon", "stations"});
  const auto lat = area.at("lat").get<std::vector<double>>(), lon = area.at("lon").get<std::vector<double>>();
  Region region;
  region.id = RegionId(absl::StrCat("area-", IdText(area.at("area"))));
  region.title = absl::StrFormat("Area %s (%g-%g N, %g-%g E)", IdText(area.at("area")), lat.at(0), lat.at(1), lon.at(0),
                                 lon.at(1));
  region.polygon = Box(lat.at(0), lat.at(1), lon.at(0), lon.at(1));
  AddStations(area, region);
  return region;
}

Region FromOwn(const Json& own) {
  Know(own, {"id", "title", "box", "polygon", "stations", "whole_network", "simulated"});
  if (own.contains("box") && own.contains("polygon")) throw std::out_of_range("has both a box and a polygon");
  Region region;
  region.id = RegionId(IdText(own.at("id")));
  region.title = own.value("title", region.id.value());
  if (own.contains("box")) {
    const auto box = own.at("box").get<std::vector<double>>();
    region.polygon = Box(box.at(0), box.at(1), box.at(2), box.at(3));
  } else {
    for (const Json& point : own.at("polygon"))
      region.polygon.push_back({point.at(0).get<double>(), point.at(1).get<double>()});
  }
  region.whole_network = own.value("whole_network", false);
  region.simulated = own.value("simulated", false);
  AddStations(own, region);
  return region;
}

// A ring of GeoJSON: longitude first, its first point again at its end.
std::vector<GeoPoint> Ring(const Json& json) {
  std::vector<GeoPoint> ring;
  for (const Json& point : json) ring.push_back({point.at(1).get<double>(), point.at(0).get<double>()});
  if (ring.size() > 1 && ring.front() == ring.back()) ring.pop_back();
  if (ring.size() < 3) throw std::out_of_range("a ring needs at least 3 points");
  return UnwrapRing(std::move(ring));
}

// Whether all points of a ring, or any of them, lie in another.
bool Holds(const DrawnRing& outer, const std::vector<GeoPoint>& ring, bool all) {
  Region region;
  region.polygon = outer.points;
  const auto inside = [&](const GeoPoint& p) {
    return RegionContains(region, {p.latitude_deg, std::remainder(p.longitude_deg, 360)});
  };
  return all ? std::all_of(ring.begin(), ring.end(), inside) : std::any_of(ring.begin(), ring.end(), inside);
}

// Rings that belong together lie within half a turn of each other. The first is the outer one.
void AddRings(const Json& polygon, std::vector<DrawnRing>& rings) {
  const size_t outer = rings.size();
  for (const Json& json : polygon) {
    std::vector<GeoPoint> ring = Ring(json);
    if (!rings.empty()) {
      const double apart = ring.front().longitude_deg - rings.front().points.front().longitude_deg;
      const double turn = apart > 180 ? -360 : apart < -180 ? 360 : 0;
      for (GeoPoint& point : ring) point.longitude_deg += turn;
    }
    const bool hole = rings.size() > outer;
    if (hole && !Holds(rings[outer], ring, /*all=*/false)) throw std::out_of_range("a hole lies outside its polygon");
    for (size_t i = outer + 1; i < rings.size(); ++i) {
      if (Holds(rings[i], ring, true) || Holds({ring, true}, rings[i].points, true))
        throw std::out_of_range("a hole lies inside another");
    }
    rings.push_back({std::move(ring), hole});
  }
}

Region FromFeature(const Json& feature) {
  // RFC 7946: either may be null.
  const Json& stated = feature.at("properties");
  const Json properties = stated.is_null() ? Json::object() : stated;
  const Json& geometry = feature.at("geometry");
  if (!geometry.is_object()) throw std::out_of_range("has no geometry");
  Region region;
  region.id = RegionId(IdText(feature.contains("id") ? feature.at("id") : properties.at("id")));
  region.title = properties.value("title", properties.value("name", region.id.value()));
  const Json& type = geometry.at("type");
  if (type != "Polygon" && type != "MultiPolygon")
    throw std::out_of_range("its geometry is no Polygon or MultiPolygon");
  std::vector<DrawnRing> rings;
  if (type == "Polygon") {
    AddRings(geometry.at("coordinates"), rings);
  } else {
    for (const Json& polygon : geometry.at("coordinates")) AddRings(polygon, rings);
  }
  if (rings.empty()) throw std::out_of_range("its geometry has no ring");
  region.polygon = UnwrapRing(JoinRings(std::move(rings)));
  region.whole_network = properties.value("whole_network", false);
  region.simulated = properties.value("simulated", false);
  AddStations(properties, region);
  return region;
}

// "feature 2 (Fiji)": where a fault is, by what can be known of its name.
std::string Where(absl::string_view noun, size_t index, const Json& one) {
  std::string where = absl::StrCat(noun, " ", index);
  if (!one.is_object()) return where;
  for (const Json* from : {&one, one.contains("properties") ? &one.at("properties") : &one}) {
    for (const char* key : {"id", "area", "title", "name"}) {
      if (!from->is_object() || !from->contains(key)) continue;
      const Json& name = from->at(key);
      if (name.is_string() || name.is_number())
        return absl::StrCat(where, " (", name.is_string() ? name.get<std::string>() : name.dump(), ")");
    }
  }
  return where;
}

// Area, feature or region of our own. The title of an area is made, not read.
RegionsText::Said SaidOf(const Json& one) {
  const Json& from = one.contains("properties") ? one.at("properties") : one;
  return {from.contains("title") || from.contains("name"), from.contains("stations"), from.contains("whole_network"),
          from.contains("simulated")};
}

}  // namespace

absl::StatusOr<RegionsText> ReadRegionsText(absl::string_view text) {
  ASSIGN_OR_RETURN(const Json json, ParseJsonText(text));
  Region (*read)(const Json&) = FromOwn;
  const char* noun = "region";
  const char* member = "regions";
  if (json.is_object() && json.contains("type") && json["type"] == "FeatureCollection") {
    read = FromFeature;
    noun = "feature";
    member = "features";
  }
  if (json.is_array()) {
    read = FromArea;
    noun = "area";
  } else if (!json.is_object() || !json.contains(member) || !json[member].is_array()) {
    return absl::InvalidArgumentError(absl::StrCat("has no list \"", member, "\""));
  }
  const Json& list = json.is_array() ? json : json[member];
  RegionsText read_text;
  std::set<RegionId> ids;
  for (size_t index = 0; index < list.size(); ++index) {
    const std::string where = Where(noun, index, list[index]);
    const auto fault = [&](absl::string_view why) {
      return absl::InvalidArgumentError(absl::StrCat(where, ": ", why));
    };
    try {
      Region region = read(list[index]);
      region.title = std::string(absl::StripAsciiWhitespace(MadePlain(region.title, ' ')));
      if (const absl::Status status = ValidateRegion(region); !status.ok()) return fault(status.message());
      if (!ids.insert(region.id).second) return fault(absl::StrCat("region ", region.id.value(), " appears twice"));
      read_text.regions.push_back(std::move(region));
      read_text.said.push_back(SaidOf(list[index]));
    } catch (const std::exception& error) {  // of the JSON library, or our own above
      return fault(PlainJsonFault(error.what()));
    }
  }
  if (read_text.regions.empty()) return absl::InvalidArgumentError("holds no region");
  return read_text;
}

absl::StatusOr<std::vector<Region>> ReadRegions(absl::string_view text) {
  ASSIGN_OR_RETURN(RegionsText read, ReadRegionsText(text));
  return std::move(read.regions);
}

Region WholeBox(absl::Span<const Region> regions) {
  Region box;
  box.id = RegionId("whole-box");
  box.polygon = BoxAround(regions);
  box.whole_network = true;
  if (box.polygon.empty()) return box;
  const GeoPoint &southwest = box.polygon[0], &northeast = box.polygon[2];
  box.title = absl::StrFormat("Whole box (%g-%g N, %g-%g E)", southwest.latitude_deg, northeast.latitude_deg,
                              southwest.longitude_deg, northeast.longitude_deg);
  return box;
}

std::string WriteRegions(absl::Span<const Region> regions) {
  Json list = Json::array();
  for (const Region& region : regions) {
    Json polygon = Json::array(), stations = Json::array();
    for (const GeoPoint& p : region.polygon) polygon.push_back({p.latitude_deg, p.longitude_deg});
    for (const StationId& station : region.stations) stations.push_back(station.value());
    list.push_back({{"id", region.id.value()},
                    {"title", region.title},
                    {"polygon", polygon},
                    {"stations", stations},
                    {"whole_network", region.whole_network},
                    {"simulated", region.simulated}});
  }
  return Json{{"regions", list}}.dump(1) + "\n";
}

}  // namespace tremorcast
