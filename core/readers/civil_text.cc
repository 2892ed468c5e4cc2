#include "core/readers/civil_text.h"

#include <cmath>
#include <cstdint>

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/strip.h>
#include <absl/time/civil_time.h>

#include "core/base/calendar_range.h"

namespace tremorcast {
namespace {

// Takes 1 to `digits` digits off the front.
bool TakeNumber(absl::string_view& text, size_t digits, int& value) {
  size_t n = 0;
  while (n < digits && n < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[n]))) ++n;
  if (n == 0 || !absl::SimpleAtoi(text.substr(0, n), &value)) return false;
  text.remove_prefix(n);
  return true;
}

bool TakeAny(absl::string_view& text, absl::string_view allowed) {
  if (text.empty() || allowed.find(text[0]) == absl::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// Takes "Z", "UTC", "+08", "+0800" or "+08:00" off the front, after spaces. False where something
// else stands there; `zone` stays where nothing does.
bool TakeZone(absl::string_view& text, absl::TimeZone& zone) {
  text = absl::StripLeadingAsciiWhitespace(text);
  if (text.empty()) return true;
  if (absl::ConsumePrefix(&text, "Z") || absl::ConsumePrefix(&text, "UTC")) {
    zone = absl::UTCTimeZone();
    return true;
  }
  const int sign = text[0] == '-' ? -1 : 1;
  int hours = 0, minutes = 0;
  if (!TakeAny(text, "+-") || text.size() < 2 || !TakeNumber(text, 2, hours)) return false;
  absl::ConsumePrefix(&text, ":");
  if (!text.empty() && (text.size() != 2 || !TakeNumber(text, 2, minutes))) return false;
  if (hours > 15 || minutes > 59) return false;
  zone = absl::FixedTimeZone(sign * (hours * 3600 + minutes * 60));
  return true;
}

}  // namespace

std::optional<absl::Time> ParseCatalogueTime(absl::string_view text, absl::TimeZone zone) {
  text = absl::StripAsciiWhitespace(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!TakeNumber(text, 4, year) || !TakeAny(text, "/-") || !TakeNumber(text, 2, month) || !TakeAny(text, "/-") ||
      !TakeNumber(text, 2, day) || !TakeAny(text, " T") || !TakeNumber(text, 2, hour) || !TakeAny(text, ":") ||
      !TakeNumber(text, 2, minute)) {
    return std::nullopt;
  }
  double fraction = 0;
  if (TakeAny(text, ":")) {
    if (!TakeNumber(text, 2, second)) return std::nullopt;
    if (!text.empty() && text[0] == '.') {
      size_t n = 1;
      while (n < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[n]))) ++n;
      if (n == 1 || !absl::SimpleAtod(text.substr(0, n), &fraction)) return std::nullopt;
      text.remove_prefix(n);
    }
  }
  if (!TakeZone(text, zone) || !text.empty()) return std::nullopt;
  const absl::CivilDay date(year, month, day);
  if (date.month() != month || date.day() != day) return std::nullopt;
  const bool midnight = hour == 24 && minute == 0 && second == 0 && fraction == 0;
  if ((hour > 23 && !midnight) || minute > 59 || second > 60) return std::nullopt;
  const absl::CivilSecond civil = absl::CivilSecond(date) + hour * 3600 + minute * 60 + second;
  const absl::Time t = absl::FromCivil(civil, zone) + absl::Microseconds(std::llround(fraction * 1e6));
  if (!InCalendar(t)) return std::nullopt;
  return t;
}

}  // namespace tremorcast
