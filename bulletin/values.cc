#include "bulletin/values.h"

#include "core/base/ids.h"

namespace tremorcast::bulletin {

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

SeismicEvent ToEvent(const v1::SeismicEvent& proto) {
  SeismicEvent event;
  event.source = proto.source();
  event.source_event_id = proto.source_event_id();
  event.origin_time = ToTime(proto.origin_time());
  event.epicenter = {proto.epicenter().latitude_degrees(), proto.epicenter().longitude_degrees()};
  if (proto.has_depth_km()) event.depth_km = proto.depth_km();
  event.magnitude = proto.magnitude();
  event.magnitude_type = proto.magnitude_type();
  event.place = proto.place();
  event.deleted = proto.deleted();
  event.joined.assign(proto.joined_decisions().begin(), proto.joined_decisions().end());
  event.apart.assign(proto.apart_decisions().begin(), proto.apart_decisions().end());
  event.withdrawn = proto.withdrawn();
  if (proto.has_update_time()) event.updated = ToTime(proto.update_time());
  return event;
}

Region ToRegion(const v1::Region& proto) {
  Region region;
  region.id = RegionId(LastPart(proto.name()));
  for (const v1::GeoPoint& point : proto.polygon().points()) {
    region.polygon.push_back({point.latitude_degrees(), point.longitude_degrees()});
  }
  region.whole_network = proto.whole_network();
  region.simulated = proto.simulated();
  return region;
}

}  // namespace tremorcast::bulletin
