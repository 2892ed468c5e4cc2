#include "cli/text/regions_json.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <nlohmann/json.hpp>

namespace tremorcast::cli {
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

Region FromArea(const Json& area) {
  const auto lat = area.at("lat").get<std::vector<double>>(), lon = area.at("lon").get<std::vector<double>>();
  Region region;
  region.id = RegionId(absl::StrCat("area-", IdText(area.at("area"))));
  region.title = absl::StrFormat("Area %s (%g-%g N, %g-%g E)", IdText(area.at("area")), lat.at(0), lat.at(1), lon.at(0),
                                 lon.at(1));
  region.polygon = BoxPolygon(lat.at(0), lat.at(1), lon.at(0), lon.at(1));
  AddStations(area, region);
  return region;
}

Region FromOwn(const Json& own) {
  Region region;
  region.id = RegionId(IdText(own.at("id")));
  region.title = own.value("title", region.id.value());
  if (own.contains("box")) {
    const auto box = own.at("box").get<std::vector<double>>();
    region.polygon = BoxPolygon(box.at(0), box.at(1), box.at(2), box.at(3));
  } else {
    for (const Json& point : own.at("polygon"))
      region.polygon.push_back({point.at(0).get<double>(), point.at(1).get<double>()});
  }
  region.whole_network = own.value("whole_network", false);
  region.simulated = own.value("simulated", false);
  AddStations(own, region);
  return region;
}

Region FromFeature(const Json& feature) {
  const Json& properties = feature.at("properties");
  const Json& geometry = feature.at("geometry");
  Region region;
  region.id = RegionId(IdText(feature.contains("id") ? feature.at("id") : properties.at("id")));
  region.title = properties.value("title", properties.value("name", region.id.value()));
  if (geometry.at("type") != "Polygon") throw std::out_of_range("its geometry is no Polygon");
  if (geometry.at("coordinates").size() != 1) throw std::out_of_range("a polygon with holes is no region");
  for (const Json& point : geometry.at("coordinates").at(0)) {  // longitude first
    region.polygon.push_back({point.at(1).get<double>(), point.at(0).get<double>()});
  }
  if (region.polygon.size() > 1 && region.polygon.front() == region.polygon.back()) region.polygon.pop_back();
  region.whole_network = properties.value("whole_network", false);
  region.simulated = properties.value("simulated", false);
  AddStations(properties, region);
  return region;
}

}  // namespace

absl::StatusOr<std::vector<Region>> ReadRegions(absl::string_view text) {
  std::vector<Region> regions;
  size_t index = 0;
  try {
    const Json json = Json::parse(text.begin(), text.end());
    Region (*read)(const Json&) = nullptr;
    const Json* list = &json;
    if (json.is_array()) {
      read = FromArea;
    } else if (json.value("type", "") == "FeatureCollection") {
      read = FromFeature;
      list = &json.at("features");
    } else {
      read = FromOwn;
      list = &json.at("regions");
    }
    std::set<RegionId> ids;
    for (const Json& one : *list) {
      Region region = read(one);
      if (absl::Status status = ValidateRegion(region); !status.ok()) {
        return absl::InvalidArgumentError(absl::StrCat("region ", index, ": ", status.message()));
      }
      if (!ids.insert(region.id).second)
        return absl::InvalidArgumentError(absl::StrCat("region ", region.id.value(), " appears twice"));
      regions.push_back(std::move(region));
      ++index;
    }
  } catch (const std::exception& error) {  // of the JSON library
    return absl::InvalidArgumentError(absl::StrCat("region ", index, ": ", error.what()));
  }
  if (regions.empty()) return absl::InvalidArgumentError("holds no region");
  return regions;
}

Region WholeBox(absl::Span<const Region> regions) {
  double south = 90, north = -90, west = 180, east = -180;
  for (const Region& region : regions) {
    for (const GeoPoint& p : region.polygon) {
      south = std::min(south, p.latitude_deg);
      north = std::max(north, p.latitude_deg);
      west = std::min(west, p.longitude_deg);
      east = std::max(east, p.longitude_deg);
    }
  }
  Region box;
  box.id = RegionId("whole-box");
  box.title = absl::StrFormat("Whole box (%g-%g N, %g-%g E)", south, north, west, east);
  box.polygon = BoxPolygon(south, north, west, east);
  box.whole_network = true;
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

}  // namespace tremorcast::cli
