#include "core/forecast/coverage.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace tremorcast {
namespace {

// What is known of one signal's row in each slot.
struct RowMarks {
  std::vector<uint8_t> present;  // some value is there
  std::vector<uint8_t> zero;     // every value is zero
  std::vector<uint8_t> repeats;  // equals the row before it, gaps skipped
};

RowMarks MarkRows(const StationWindow& window, Signal signal) {
  const size_t slots = static_cast<size_t>(window.slots);
  RowMarks marks{std::vector<uint8_t>(slots, 0), std::vector<uint8_t>(slots, 1), std::vector<uint8_t>(slots, 1)};
  const int first = FirstChannel(signal);
  for (int c = first; c < first + FeatureCount(signal); ++c) {
    const absl::Span<const float> values = window.channel(c);
    for (size_t t = 0; t < slots; ++t) {
      if (!std::isnan(values[t])) marks.present[t] = 1;
      if (values[t] != 0.0f) marks.zero[t] = 0;
    }
  }
  for (int c = first; c < first + FeatureCount(signal); ++c) {
    const absl::Span<const float> values = window.channel(c);
    const float* before = nullptr;
    for (size_t t = 0; t < slots; ++t) {
      if (!marks.present[t]) continue;
      if (before == nullptr || *before != values[t]) marks.repeats[t] = 0;
      before = &values[t];
    }
  }
  return marks;
}

// Slots whose row does not count: zero rows, and all but the first of a long run of equal rows.
std::vector<uint8_t> DeadSlots(const RowMarks& marks, int stale_run_slots) {
  const size_t slots = marks.present.size();
  std::vector<uint8_t> dead(slots, 0);
  std::vector<size_t> run;
  const auto close_run = [&] {
    if (run.size() > static_cast<size_t>(stale_run_slots)) {
      for (size_t i = 1; i < run.size(); ++i) dead[run[i]] = 1;
    }
    run.clear();
  };
  for (size_t t = 0; t < slots; ++t) {
    if (!marks.present[t]) continue;
    if (marks.zero[t]) dead[t] = 1;
    if (!marks.repeats[t]) close_run();
    run.push_back(t);
  }
  close_run();
  return dead;
}

}  // namespace

StationWindow MaskDeadSensors(const StationWindow& window, const CoveragePolicy& policy) {
  StationWindow masked = window;
  for (const Signal signal : {Signal::kMagn, Signal::kSound}) {
    const RowMarks marks = MarkRows(window, signal);
    const std::vector<uint8_t> dead = DeadSlots(marks, policy.stale_run_slots);
    int rows = 0;
    for (size_t t = 0; t < dead.size(); ++t) {
      if (marks.present[t] && !dead[t]) ++rows;
    }
    masked.rows_present[static_cast<size_t>(signal)] = rows;
    if (std::find(dead.begin(), dead.end(), 1) == dead.end()) continue;
    for (int c = FirstChannel(signal); c < FirstChannel(signal) + FeatureCount(signal); ++c) {
      float* values = masked.values.data() + static_cast<size_t>(c) * masked.slots;
      for (size_t t = 0; t < dead.size(); ++t) {
        if (dead[t]) values[t] = kMissing;
      }
    }
  }
  return masked;
}

bool StationUsable(const StationWindow& window, const CoveragePolicy& policy) {
  int covered = 0;
  for (int c = 0; c < kFeatures; ++c) {
    const absl::Span<const float> values = window.channel(c);
    const auto present = std::count_if(values.begin(), values.end(), [](float v) { return !std::isnan(v); });
    if (static_cast<double>(present) >= policy.min_slot_fraction * window.slots) ++covered;
  }
  // The small term keeps 0.80 * 95 = 76 from asking for 77.
  return covered >= policy.min_feature_fraction * kFeatures - 1e-9;
}

ForecastStatus RegionStatus(int usable, int enrolled, const CoveragePolicy& policy) {
  if (enrolled <= 0 || usable <= 0) return ForecastStatus::kInsufficientData;
  const double needed = std::min<double>(
      enrolled, std::max(static_cast<double>(policy.ok_min_stations), policy.ok_min_fraction * enrolled));
  if (usable >= needed - 1e-9) return ForecastStatus::kOk;
  if (usable >= policy.degraded_min_fraction * enrolled - 1e-9) return ForecastStatus::kDegraded;
  return ForecastStatus::kInsufficientData;
}

}  // namespace tremorcast
