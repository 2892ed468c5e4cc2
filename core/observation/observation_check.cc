#include "core/observation/observation_check.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tremorcast {
namespace {

constexpr uint32_t kExponent = 0x7f800000;  // all ones: infinity or NaN

bool IsFinite(float value) { return (std::bit_cast<uint32_t>(value) & kExponent) != kExponent; }

RowVerdict Reject(RejectReason reason, int value_index = -1) { return {Verdict::kRejected, reason, value_index}; }

}  // namespace

int FirstNotFinite(absl::Span<const float> values) {
  // One pass without a branch per value; the position is looked for only when something is wrong.
  uint32_t bad = 0;
  for (const float value : values) bad |= static_cast<uint32_t>(!IsFinite(value));
  if (bad == 0) return -1;
  const auto it = std::find_if_not(values.begin(), values.end(), IsFinite);
  return static_cast<int>(it - values.begin());
}

RowVerdict CheckRow(const SentRow& row, const RowCheckContext& context) {
  if (context.station_validity.empty()) return Reject(RejectReason::kUnknownStation);
  if (!row.signal.has_value()) return Reject(RejectReason::kUnknownSignal);
  if (row.values.size() != static_cast<size_t>(FeatureCount(*row.signal)))
    return Reject(RejectReason::kWrongValueCount);
  const Slot slot = SlotContaining(row.slot_start);
  if (slot.start() != row.slot_start) return Reject(RejectReason::kOffGrid);
  if (const RejectReason reason = CheckSlot(slot, context.now, context.limits); reason != RejectReason::kNone) {
    return Reject(reason);
  }
  const bool valid = std::any_of(context.station_validity.begin(), context.station_validity.end(),
                                 [&](const Interval& interval) { return interval.Contains(row.slot_start); });
  if (!valid) return Reject(RejectReason::kStationNotValid);
  if (const int index = FirstNotFinite(row.values); index >= 0) return Reject(RejectReason::kNotFinite, index);
  return {};
}

}  // namespace tremorcast
