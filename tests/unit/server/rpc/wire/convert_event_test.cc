#include "server/rpc/wire/convert_event.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast::rpc {
namespace {

using testing::HasSubstr;

SeismicEvent Quake() {
  SeismicEvent event;
  event.source = "cenc";
  event.source_event_id = "e1";
  event.origin_time = absl::FromUnixMillis(1607212800123);
  event.epicenter = {31.5, 104.2};
  event.magnitude = 4.2;
  event.magnitude_type = "ML";
  return event;
}

TEST(ConvertEventTest, GivesAnEventBackUnchangedAndKeepsAnUnknownDepthUnknown) {
  v1::SeismicEvent proto;
  FillEvent(Quake(), &proto);
  EXPECT_FALSE(proto.has_depth_km());
  EXPECT_EQ(*ToEvent("events[0]", proto), Quake());
  proto.set_depth_km(0);
  EXPECT_EQ(ToEvent("events[0]", proto)->depth_km, 0.0);
}

TEST(ConvertEventTest, NamesTheEventAtFault) {
  v1::SeismicEvent proto;
  FillEvent(Quake(), &proto);
  v1::SeismicEvent no_time = proto, nan = proto;
  no_time.clear_origin_time();
  nan.set_magnitude(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(std::string(ToEvent("events[3]", no_time).status().message()), HasSubstr("events[3].origin_time"));
  EXPECT_THAT(std::string(ToEvent("events[3]", nan).status().message()), HasSubstr("events[3]"));
}

}  // namespace
}  // namespace tremorcast::rpc
