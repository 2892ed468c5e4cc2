#pragma once

// Page tokens: opaque to clients. A token holds where the next page starts and a digest of the
// query it belongs to, so that a token used with other filters is refused instead of giving a page
// of something else. It is no secret and no permission. Pure; thread safe.

#include <cstdint>
#include <string>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace tremorcast::rpc {

// `query` holds the request's filters in any fixed form.
std::string MakePageToken(absl::string_view query, absl::string_view cursor);
// The cursor; "" for an empty token (first page). InvalidArgument: malformed, or made for another
// query.
absl::StatusOr<std::string> ParsePageToken(absl::string_view query, absl::string_view token);

// 0 means `standard`; above `most` is cut to it (AIP-158). InvalidArgument below 0.
absl::StatusOr<int> PageSize(int32_t requested, int standard, int most);

}  // namespace tremorcast::rpc
