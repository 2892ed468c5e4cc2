#pragma once

// What the service says in messages, as values of the core. Nothing is checked: it has been, before
// it was stored. Pure and thread safe.

#include <absl/time/time.h>
#include <google/protobuf/timestamp.pb.h>

#include "core/catalogue/event.h"
#include "core/network/station_network.h"
#include "tremorcast/v1/catalog_service.pb.h"
#include "tremorcast/v1/network_service.pb.h"

namespace tremorcast::bulletin {

absl::Time ToTime(const google::protobuf::Timestamp& time);
SeismicEvent ToEvent(const v1::SeismicEvent& proto);
// Id, polygon and kind; no members.
Region ToRegion(const v1::Region& proto);

}  // namespace tremorcast::bulletin
