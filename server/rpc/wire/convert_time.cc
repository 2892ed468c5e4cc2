#include "server/rpc/wire/convert_time.h"

#include <algorithm>
#include <cstdint>

#include "core/base/calendar_range.h"
#include "core/base/status_macros.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
void SetTimestamp(absl::Time t, google::protobuf::Timestamp* proto) {
  const int64_t seconds = absl::ToUnixSeconds(t);  // rounds down, so that nanoseconds are never negative
  proto->set_seconds(std::clamp(seconds, kFirstCalendarSecond, kLastCalendarSecond));
  if (seconds >= kFirstCalendarSecond && seconds <= kLastCalendarSecond) {
    proto->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(t - absl::FromUnixSeconds(seconds))));
  }
}

absl::StatusOr<absl::Time> ToTime(absl::string_view field, const google::protobuf::Timestamp& proto) {
  if (proto.seconds() < kFirstCalendarSecond || proto.seconds() > kLastCalendarSecond || proto.nanos() < 0 ||
      proto.nanos() >= 1000000000) {
    return InvalidField(field, "is not a time between the years 1 and 9999");
  }
  return absl::FromUnixSeconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

absl::StatusOr<Interval> MakeTimeRange(const google::protobuf::Timestamp* start,
                                       const google::protobuf::Timestamp* end) {
  Interval range = {absl::InfinitePast(), absl::InfiniteFuture()};
  if (start != nullptr) {
    ASSIGN_OR_RETURN(range.begin, ToTime("start_time", *start));
  }
  if (end != nullptr) {
    ASSIGN_OR_RETURN(range.end, ToTime("end_time", *end));
  }
  if (range.end < range.begin) return InvalidField("end_time", "lies before start_time");
  return range;
}

}  // namespace tremorcast::rpc
