#pragma once

// The ten-minute grid and the weeks on it (METHOD.md section 1). All intervals are half open.
// Pure value types, no clock reads; every function is thread safe.

#include <compare>
#include <cstdint>
#include <string>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

namespace tremorcast {

inline constexpr absl::Duration kSlotLength = absl::Minutes(10);
inline constexpr int kSlotsPerDay = 144;
inline constexpr int kSlotsPerWeek = 1008;
inline constexpr absl::Duration kWeekLength = absl::Hours(7 * 24);

// One ten-minute sample interval [start, start + 10 min). index = start in Unix seconds / 600.
struct Slot {
  int64_t index = 0;

  absl::Time start() const { return absl::FromUnixSeconds(index * 600); }
  absl::Time end() const { return absl::FromUnixSeconds((index + 1) * 600); }
  friend auto operator<=>(const Slot&, const Slot&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const Slot& slot) {
    return H::combine(std::move(state), slot.index);
  }
};

// InvalidArgument when `t` is not a multiple of ten minutes since the epoch.
absl::StatusOr<Slot> SlotAt(absl::Time t);
// The slot that holds `t`.
Slot SlotContaining(absl::Time t);

struct Interval {
  absl::Time begin;  // included
  absl::Time end;    // excluded

  bool empty() const { return end <= begin; }
  bool Contains(absl::Time t) const { return begin <= t && t < end; }
  absl::Duration length() const { return end - begin; }
  friend bool operator==(const Interval&, const Interval&) = default;
};

// Touching intervals do not overlap; an empty interval overlaps nothing.
bool Overlaps(const Interval& a, const Interval& b);

// A sequence of equal windows: [origin + k * length, origin + (k + 1) * length), k any integer.
// The service's weeks start Sunday 00:00 UTC+8; the published AETAAreaWeek weeks start on
// Wednesdays: same code, other origin.
class WeekGrid {
 public:
  // Sunday 00:00 UTC+8, seven days.
  static const WeekGrid& Service();
  // Both must lie on the slot grid and length must be positive, else InvalidArgument.
  static absl::StatusOr<WeekGrid> Create(absl::Time origin, absl::Duration length);

  absl::Duration length() const { return length_; }
  int slots() const { return static_cast<int>(length_ / kSlotLength); }
  // The window that holds `t`.
  Interval Containing(absl::Time t) const;
  // The window `weeks` after (or, negative, before) the one that starts at `start`.
  Interval At(absl::Time start, int64_t weeks) const;
  // True when `t` is the start of a window.
  bool IsStart(absl::Time t) const;
  // Number of windows from the one holding `from` to the one holding `to`.
  int64_t WeeksBetween(absl::Time from, absl::Time to) const;

 private:
  WeekGrid(absl::Time origin, absl::Duration length) : origin_(origin), length_(length) {}
  absl::Time origin_;
  absl::Duration length_;
};

// UTC+8 without daylight saving, the network's civil time.
absl::TimeZone NetworkTimeZone();
// "2020-12-06T00:00:00+08:00".
std::string FormatNetworkTime(absl::Time t);
// "2020-12-06 00:00", for readers who know that times are the network's.
std::string LocalMinute(absl::Time t);
// "2020-12-05T16:00:00Z".
std::string FormatUtc(absl::Time t);
// RFC 3339 with zone, or "YYYY-MM-DD" / "YYYY-MM-DD HH:MM[:SS]" read as UTC+8. InvalidArgument
// otherwise.
absl::StatusOr<absl::Time> ParseTime(absl::string_view text);

}  // namespace tremorcast
