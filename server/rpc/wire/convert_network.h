#pragma once

// Stations and regions: proto <-> core, and update masks. Pure; thread safe.

#include <vector>

#include <absl/status/statusor.h>
#include <google/protobuf/field_mask.pb.h>

#include "core/network/station_network.h"
#include "tremorcast/v1/geography.pb.h"
#include "tremorcast/v1/network_service.pb.h"

namespace tremorcast::rpc {

void FillPoint(const GeoPoint& point, v1::GeoPoint* proto);
void FillPolygon(const std::vector<GeoPoint>& polygon, v1::Polygon* proto);
GeoPoint ToPoint(const v1::GeoPoint& proto);

void FillStation(const Station& station, v1::Station* proto);
void FillRegion(const Region& region, v1::Region* proto);

// `proto` laid over `base` (the stored one, or a new one with its id): the fields of `mask`, or all
// when it is empty. The result is valid. Errors: InvalidArgument naming the field, also for a mask
// path that is unknown or cannot be written.
absl::StatusOr<Station> MergeStation(const v1::Station& proto, const google::protobuf::FieldMask& mask, Station base);
absl::StatusOr<Region> MergeRegion(const v1::Region& proto, const google::protobuf::FieldMask& mask, Region base);

}  // namespace tremorcast::rpc
