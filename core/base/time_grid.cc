#include "core/base/time_grid.h"

#include <absl/status/status.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include "core/base/calendar_range.h"

namespace tremorcast {
namespace {

// Floor of numerator / denominator; absl truncates towards zero, which puts times before the origin
// one window late.
int64_t FloorDivide(absl::Duration numerator, absl::Duration denominator) {
  absl::Duration remainder;
  const int64_t quotient = absl::IDivDuration(numerator, denominator, &remainder);
  return remainder < absl::ZeroDuration() ? quotient - 1 : quotient;
}

bool OnSlotGrid(absl::Duration d) {
  return absl::Trunc(d, kSlotLength) == d && d < absl::InfiniteDuration() && d > -absl::InfiniteDuration();
}

}  // namespace

absl::StatusOr<Slot> SlotAt(absl::Time t) {
  const Slot slot = SlotContaining(t);
  if (slot.start() != t) {
    return absl::InvalidArgumentError(absl::StrCat(FormatUtc(t), " is not on the ten-minute grid"));
  }
  return slot;
}

Slot SlotContaining(absl::Time t) { return Slot{FloorDivide(t - absl::UnixEpoch(), kSlotLength)}; }

bool Overlaps(const Interval& a, const Interval& b) {
  return !a.empty() && !b.empty() && a.begin < b.end && b.begin < a.end;
}

const WeekGrid& WeekGrid::Service() {
  // 1970-01-04 was a Sunday; 00:00 UTC+8 is 16:00 UTC of the day before.
  static const WeekGrid* const grid = new WeekGrid(absl::UnixEpoch() + absl::Hours(2 * 24 + 16), kWeekLength);
  return *grid;
}

absl::StatusOr<WeekGrid> WeekGrid::Create(absl::Time origin, absl::Duration length) {
  if (length <= absl::ZeroDuration()) return absl::InvalidArgumentError("window length must be positive");
  if (!OnSlotGrid(length)) return absl::InvalidArgumentError("window length must be a multiple of ten minutes");
  if (!OnSlotGrid(origin - absl::UnixEpoch())) {
    return absl::InvalidArgumentError("window origin must lie on the ten-minute grid");
  }
  return WeekGrid(origin, length);
}

Interval WeekGrid::Containing(absl::Time t) const {
  const absl::Time begin = origin_ + FloorDivide(t - origin_, length_) * length_;
  return {begin, begin + length_};
}

Interval WeekGrid::At(absl::Time start, int64_t weeks) const {
  const absl::Time begin = start + weeks * length_;
  return {begin, begin + length_};
}

bool WeekGrid::IsStart(absl::Time t) const { return Containing(t).begin == t; }

int64_t WeekGrid::WeeksBetween(absl::Time from, absl::Time to) const {
  return FloorDivide(to - origin_, length_) - FloorDivide(from - origin_, length_);
}

absl::TimeZone NetworkTimeZone() { return absl::FixedTimeZone(8 * 60 * 60); }

std::string FormatNetworkTime(absl::Time t) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*S%Ez", t, NetworkTimeZone());
}

std::string LocalMinute(absl::Time t) { return absl::FormatTime("%Y-%m-%d %H:%M", t, NetworkTimeZone()); }

std::string FormatUtc(absl::Time t) { return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", t, absl::UTCTimeZone()); }

absl::StatusOr<absl::Time> ParseTime(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  absl::Time t;
  // absl also reads "infinite-past"; from outside text that is a mistake.
  if (!text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text.front()))) {
    if (absl::ParseTime(absl::RFC3339_full, text, &t, nullptr) && InCalendar(t)) return t;
    for (const absl::string_view format : {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%E*S"}) {
      if (absl::ParseTime(format, text, NetworkTimeZone(), &t, nullptr) && InCalendar(t)) return t;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is not a time: write 2020-12-06T00:00:00+08:00, or 2020-12-06 00:00 for UTC+8"));
}

}  // namespace tremorcast
