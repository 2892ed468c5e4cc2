#include "server/rpc/wire/convert_network.h"

#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "server/rpc/wire/convert_time.h"
#include "server/rpc/wire/resource_names.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

std::vector<std::string> Paths(const google::protobuf::FieldMask& mask, std::vector<std::string> all) {
  if (mask.paths().empty()) return all;
  return {mask.paths().begin(), mask.paths().end()};
}

absl::Status NotWritable(absl::string_view path, absl::string_view what) {
  return InvalidField("update_mask", absl::StrCat("\"", path, "\" is no field of a ", what, " that can be written"));
}

// One bound of a validity interval; unset is open.
absl::Status SetBound(absl::string_view field, bool set, const google::protobuf::Timestamp& proto, absl::Time open,
                      absl::Time* bound) {
  *bound = open;
  if (!set) return absl::OkStatus();
  const auto time = ToTime(field, proto);
  if (time.ok()) *bound = *time;
  return time.status();
}

absl::Status SetStationField(const v1::Station& proto, const std::string& path, Station* station) {
  if (path == "name") return absl::OkStatus();  // identifies it, already there
  if (path == "title") {
    station->title = proto.title();
  } else if (path == "location") {
    if (!proto.has_location()) return InvalidField("station.location", "is required");
    station->location = ToPoint(proto.location());
  } else if (path == "magn_updating") {
    station->magn_updating = proto.magn_updating();
  } else if (path == "sound_updating") {
    station->sound_updating = proto.sound_updating();
  } else if (path == "valid_from_time") {
    return SetBound("station.valid_from_time", proto.has_valid_from_time(), proto.valid_from_time(),
                    absl::InfinitePast(), &station->valid_from);
  } else if (path == "valid_to_time") {
    return SetBound("station.valid_to_time", proto.has_valid_to_time(), proto.valid_to_time(), absl::InfiniteFuture(),
                    &station->valid_to);
  } else if (path == "simulated") {
    station->simulated = proto.simulated();
  } else {
    return NotWritable(path, "station");
  }
  return absl::OkStatus();
}

absl::Status SetRegionField(const v1::Region& proto, const std::string& path, Region* region) {
  if (path == "name") return absl::OkStatus();
  if (path == "title") {
    region->title = proto.title();
  } else if (path == "polygon") {
    region->polygon.clear();
    for (const v1::GeoPoint& point : proto.polygon().points()) region->polygon.push_back(ToPoint(point));
  } else if (path == "stations") {
    region->stations.clear();
    for (int i = 0; i < proto.stations_size(); ++i) {
      ASSIGN_OR_RETURN(auto id, ParseStationName(absl::StrCat("region.stations[", i, "]"), proto.stations(i)));
      region->stations.push_back(std::move(id));
    }
  } else if (path == "whole_network") {
    region->whole_network = proto.whole_network();
  } else if (path == "simulated") {
    region->simulated = proto.simulated();
  } else {
    return NotWritable(path, "region");
  }
  return absl::OkStatus();
}

// The core's own validation, as a fault of the field that holds the resource.
absl::Status AsField(absl::string_view field, const absl::Status& status) {
  return status.ok() ? status : InvalidField(field, status.message());
}

}  // namespace

void FillPoint(const GeoPoint& point, v1::GeoPoint* proto) {
  proto->set_latitude_degrees(point.latitude_deg);
  proto->set_longitude_degrees(point.longitude_deg);
}

void FillPolygon(const std::vector<GeoPoint>& polygon, v1::Polygon* proto) {
  for (const GeoPoint& point : polygon) FillPoint(point, proto->add_points());
}

GeoPoint ToPoint(const v1::GeoPoint& proto) { return {proto.latitude_degrees(), proto.longitude_degrees()}; }

void FillStation(const Station& station, v1::Station* proto) {
  proto->set_name(StationName(station.id));
  proto->set_title(station.title);
  FillPoint(station.location, proto->mutable_location());
  proto->set_magn_updating(station.magn_updating);
  proto->set_sound_updating(station.sound_updating);
  SetIfFinite(station.valid_from, [&] { return proto->mutable_valid_from_time(); });
  SetIfFinite(station.valid_to, [&] { return proto->mutable_valid_to_time(); });
  proto->set_simulated(station.simulated);
  proto->set_revision(station.revision);
}

void FillRegion(const Region& region, v1::Region* proto) {
  proto->set_name(RegionName(region.id));
  proto->set_title(region.title);
  FillPolygon(region.polygon, proto->mutable_polygon());
  for (const StationId& station : region.stations) proto->add_stations(StationName(station));
  proto->set_whole_network(region.whole_network);
  proto->set_simulated(region.simulated);
  proto->set_revision(region.revision);
}

absl::StatusOr<Station> MergeStation(const v1::Station& proto, const google::protobuf::FieldMask& mask, Station base) {
  for (const std::string& path : Paths(mask, {"title", "location", "magn_updating", "sound_updating", "valid_from_time",
                                              "valid_to_time", "simulated"})) {
    RETURN_IF_ERROR(SetStationField(proto, path, &base));
  }
  RETURN_IF_ERROR(AsField("station", ValidateStation(base)));
  return base;
}

absl::StatusOr<Region> MergeRegion(const v1::Region& proto, const google::protobuf::FieldMask& mask, Region base) {
  for (const std::string& path : Paths(mask, {"title", "polygon", "stations", "whole_network", "simulated"})) {
    RETURN_IF_ERROR(SetRegionField(proto, path, &base));
  }
  RETURN_IF_ERROR(AsField("region", ValidateRegion(base)));
  return base;
}

}  // namespace tremorcast::rpc
