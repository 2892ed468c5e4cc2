#pragma once

// google.protobuf.Timestamp <-> absl::Time. Unset stands for "open" where a field allows it. Pure;
// thread safe.

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <google/protobuf/timestamp.pb.h>

#include "core/base/time_grid.h"

namespace tremorcast::rpc {

// `t` must be finite; times outside years 1 to 9999 are clamped.
void SetTimestamp(absl::Time t, google::protobuf::Timestamp* proto);
// Does nothing for an infinite time: it stays unset.
template <typename Mutable>
void SetIfFinite(absl::Time t, Mutable&& mutable_timestamp) {
  if (t != absl::InfinitePast() && t != absl::InfiniteFuture()) SetTimestamp(t, mutable_timestamp());
}

// InvalidArgument naming `field`: outside years 1 to 9999 or nanoseconds outside [0, 1e9).
absl::StatusOr<absl::Time> ToTime(absl::string_view field, const google::protobuf::Timestamp& proto);

// [start, end), each open when null. InvalidArgument when it ends before it starts.
absl::StatusOr<Interval> MakeTimeRange(const google::protobuf::Timestamp* start,
                                       const google::protobuf::Timestamp* end);
// The same out of a request's optional start_time and end_time.
template <typename Request>
absl::StatusOr<Interval> TimeRange(const Request& request) {
  return MakeTimeRange(request.has_start_time() ? &request.start_time() : nullptr,
                       request.has_end_time() ? &request.end_time() : nullptr);
}

}  // namespace tremorcast::rpc
