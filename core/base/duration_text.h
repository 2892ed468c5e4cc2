#pragma once

// Durations as people type them. Pure.

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

namespace tremorcast {

// absl's durations, and days and weeks by themselves: "90s", "1h30m", "7d", "1.5w". InvalidArgument
// for anything else and for what is negative or infinite; the message can be shown behind the name
// of a flag.
absl::StatusOr<absl::Duration> ParseDurationText(absl::string_view text);

}  // namespace tremorcast
