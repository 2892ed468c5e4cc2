#pragma once

// A station's window: [95, slots] float32, NaN = missing, plus the bookkeeping that makes it
// replayable.
// StationWindow is immutable once built; share it by shared_ptr<const>.

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "core/observation/feature_schema.h"

namespace tremorcast {

inline constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// Names one revision of one window. start is on the service's week grid for sealed weeks, any slot
// for rolling windows.
struct WindowKey {
  StationId station;
  absl::Time start;
  int revision = 0;  // 1, 2, ...
  friend bool operator==(const WindowKey&, const WindowKey&) = default;
};

struct StationWindow {
  WindowKey key;
  int slots = kSlotsPerWeek;
  std::vector<float> values;  // [95, slots], channel major
  // Presence of a row per signal and slot, by SlotMask below.
  std::array<int, kSignalCount> rows_present = {0, 0};
  // Latest moment at which a row in it became available; InfinitePast when empty. Decides "as of".
  absl::Time available_at = absl::InfinitePast();
  absl::Time sealed_at = absl::InfinitePast();
  std::string content_hash;  // Sha256 (32 bytes) over start, slots and the value bytes (NaN canonical)

  Interval period() const { return {key.start, key.start + slots * kSlotLength}; }
  absl::Span<const float> channel(int c) const {
    return absl::MakeConstSpan(values).subspan(static_cast<size_t>(c) * slots, slots);
  }
  // Share of slots with a row, mean over both signals, 0..1.
  double slot_fraction() const { return slots == 0 ? 0.0 : (rows_present[0] + rows_present[1]) / (2.0 * slots); }
};

// Builds one window from rows given in any order. Rows outside [start, start + slots) are ignored;
// a repeated (signal, slot) keeps the first. Absent slots stay NaN: nothing is filled.
class WindowBuilder {
 public:
  WindowBuilder(StationId station, absl::Time start, int slots);
  // `values` has FeatureCount(signal) floats in schema order. available_at: see Delivery.
  void AddRow(Signal signal, Slot slot, absl::Span<const float> values, absl::Time available_at);
  StationWindow Build(int revision, absl::Time sealed_at) &&;

 private:
  StationWindow window_;
  std::vector<bool> present_;  // [2, slots]
};

std::string WindowContentHash(absl::Time start, int slots, absl::Span<const float> values);

// The published AETA weekly statistics (METHOD.md section 1): mean and max of one channel over all
// present samples of several windows. NaN when there is no sample.
struct ChannelStatistics {
  double mean = std::numeric_limits<double>::quiet_NaN();
  double max = std::numeric_limits<double>::quiet_NaN();
  int64_t samples = 0;
};
ChannelStatistics ChannelStatisticsOf(absl::Span<const StationWindow* const> windows, int channel);

}  // namespace tremorcast
