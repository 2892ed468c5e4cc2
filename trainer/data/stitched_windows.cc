#include "trainer/data/stitched_windows.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

// A slot has a row of a signal where any of the signal's features has a value.
std::array<int, kSignalCount> CountRows(const StationWindow& window) {
  std::array<int, kSignalCount> rows = {};
  int first = 0;
  for (int signal = 0; signal < kSignalCount; ++signal) {
    const int features = FeatureCount(static_cast<Signal>(signal));
    for (int slot = 0; slot < window.slots; ++slot) {
      bool present = false;
      for (int c = first; c < first + features && !present; ++c) {
        present = !std::isnan(
            window.values[static_cast<size_t>(c) * static_cast<size_t>(window.slots) + static_cast<size_t>(slot)]);
      }
      rows[static_cast<size_t>(signal)] += present ? 1 : 0;
    }
    first += features;
  }
  return rows;
}

}  // namespace

StitchedWindows::StitchedWindows(const std::vector<WindowKey>& weekly, absl::Duration later, WindowReader read_weekly)
    : later_(later), read_weekly_(std::move(read_weekly)) {
  std::set<std::pair<absl::Time, StationId>> begins;
  for (const WindowKey& key : weekly) {
    weekly_.emplace(std::pair(key.start, key.station), key);
    begins.emplace(key.start, key.station);
    begins.emplace(key.start - kWeekLength, key.station);
  }
  for (const auto& [week, station] : begins) keys_.push_back({station, week + later_, 1});
}

// The part of a week's window that lies in `out`, whose values are missing so far.
absl::Status StitchedWindows::Copy(const StationId& station, absl::Time week, StationWindow& out,
                                   absl::Time& available_at) const {
  const auto found = weekly_.find({week, station});
  if (found == weekly_.end()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::shared_ptr<const StationWindow> read, read_weekly_(found->second));
  if (read->slots != out.slots || read->values.size() != out.values.size()) {
    return absl::FailedPreconditionError(
        absl::StrCat("windows of station ", station.value(), " have ", read->slots, " and ", out.slots, " slots"));
  }
  available_at = std::max(available_at, read->available_at);
  const auto slots = static_cast<size_t>(out.slots);
  const auto shift = static_cast<std::ptrdiff_t>((week - out.key.start) / kSlotLength);  // of its first slot in `out`
  const auto from = static_cast<size_t>(std::max<std::ptrdiff_t>(0, -shift));
  const auto to = static_cast<size_t>(std::max<std::ptrdiff_t>(0, shift));
  const size_t count = slots - from - to;
  for (size_t c = 0; c * slots < out.values.size(); ++c) {
    std::copy_n(read->values.begin() + static_cast<std::ptrdiff_t>(c * slots + from), count,
                out.values.begin() + static_cast<std::ptrdiff_t>(c * slots + to));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const StationWindow>> StitchedWindows::Read(const WindowKey& key) const {
  const absl::Time week = key.start - later_;
  if (!weekly_.contains({week, key.station}) && !weekly_.contains({week + kWeekLength, key.station})) {
    return absl::InvalidArgumentError(
        absl::StrCat("no window of station ", key.station.value(), " from ", FormatUtc(key.start)));
  }
  auto window = std::make_shared<StationWindow>();
  window->key = key;
  window->slots = kSlotsPerWeek;
  window->values.assign(static_cast<size_t>(kFeatures) * kSlotsPerWeek, kMissing);
  RETURN_IF_ERROR(Copy(key.station, week, *window, window->available_at));
  RETURN_IF_ERROR(Copy(key.station, week + kWeekLength, *window, window->available_at));
  window->rows_present = CountRows(*window);
  window->content_hash = WindowContentHash(key.start, window->slots, window->values);
  return window;
}

}  // namespace tremorcast
