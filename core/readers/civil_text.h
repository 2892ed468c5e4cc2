#pragma once

// Times as catalogues print them. Pure.

#include <optional>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

namespace tremorcast {

// "2022/5/3 9:33", "2016-12-25 07:26:06", "2013-01-18T12:42:50.810Z", "2013-01-18T20:42:50+08:00":
// one or two digits per part, '/' or '-' in the date, a space or 'T' before the time, seconds and
// their fraction optional. "Z", "UTC" or an offset after the time counts, else `zone`. What
// catalogues round up to is read as it is meant: second 60 is the next minute, 24:00:00 the next
// day. Nothing for anything else, 31 June and times outside years 1 to 9999 of UTC included.
std::optional<absl::Time> ParseCatalogueTime(absl::string_view text, absl::TimeZone zone);

}  // namespace tremorcast
