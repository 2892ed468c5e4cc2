#include "core/base/duration_text.h"

#include <absl/status/status.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

namespace tremorcast {

absl::StatusOr<absl::Duration> ParseDurationText(absl::string_view text) {
  absl::Duration duration;
  double number = 0;
  if (!text.empty() && (text.back() == 'd' || text.back() == 'w') &&
      absl::SimpleAtod(text.substr(0, text.size() - 1), &number)) {
    duration = number * absl::Hours(text.back() == 'd' ? 24 : 7 * 24);
  } else if (!absl::ParseDuration(text, &duration)) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no duration; write 90s, 1h30m, 7d or 1w"));
  }
  if (duration < absl::ZeroDuration()) return absl::InvalidArgumentError("a duration must not be negative");
  if (duration == absl::InfiniteDuration()) return absl::InvalidArgumentError("a duration must have an end");
  return duration;
}

}  // namespace tremorcast
