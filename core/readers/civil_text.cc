#include "core/readers/civil_text.h"

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
  if (absl::ConsumePrefix(&text, "Z")) zone = absl::UTCTimeZone();
  if (!text.empty()) return std::nullopt;
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  if (civil.month() != month || civil.day() != day || civil.hour() != hour || civil.minute() != minute ||
      civil.second() != second) {
    return std::nullopt;
  }
  const absl::Time t = absl::FromCivil(civil, zone) + absl::Milliseconds(static_cast<int64_t>(fraction * 1000 + .5));
  if (!InCalendar(t)) return std::nullopt;
  return t;
}

}  // namespace tremorcast
