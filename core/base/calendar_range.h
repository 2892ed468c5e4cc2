#pragma once

// The times that RFC 3339 can write, protobuf's Timestamp may hold and the ten-minute grid can
// count: years 1 to 9999 of UTC. Whatever comes from outside is held against this, because beyond
// it slot arithmetic overflows. Pure.

#include <cstdint>

#include <absl/time/time.h>

namespace tremorcast {

inline constexpr int64_t kFirstCalendarSecond = -62135596800;  // 0001-01-01T00:00:00Z
inline constexpr int64_t kLastCalendarSecond = 253402300799;   // 9999-12-31T23:59:59Z

// False for the infinite times, too.
inline bool InCalendar(absl::Time t) {
  return t >= absl::FromUnixSeconds(kFirstCalendarSecond) && t < absl::FromUnixSeconds(kLastCalendarSecond + 1);
}

}  // namespace tremorcast
