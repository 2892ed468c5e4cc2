#include "core/observation_check.h"

#include <bit>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace tremorcast {
namespace {

constexpr int64_t kSlotSeconds = 600;
// 0001-01-01 and 9999-12-31, the range of google.protobuf.Timestamp; outside it a time is no time at all.
constexpr int64_t kMinSeconds = -62135596800;
constexpr int64_t kMaxSeconds = 253402300799;

RowVerdict Rejected(RejectReason reason, int32_t value_index = -1) { return {Verdict::kRejected, reason, value_index}; }

}  // namespace

RowVerdict ObservationCheck::Check(const SentRow& row, Slot* slot) const {
  if (!row.signal.has_value()) return Rejected(RejectReason::kUnknownSignal);
  if (row.values.size() != static_cast<size_t>(FeatureCount(*row.signal))) {
    return Rejected(RejectReason::kWrongValueCount);
  }
  if (!row.has_time || row.nanoseconds != 0 || row.unix_seconds < kMinSeconds || row.unix_seconds > kMaxSeconds ||
      row.unix_seconds % kSlotSeconds != 0) {
    return Rejected(RejectReason::kOffGrid);
  }
  slot->index = row.unix_seconds / kSlotSeconds;
  if (const RejectReason reason = CheckSlot(*slot, now_, limits_); reason != RejectReason::kNone)
    return Rejected(reason);
  if (const int32_t index = FirstNotFinite(row.values); index >= 0) return Rejected(RejectReason::kNotFinite, index);
  if (station_ == nullptr) return Rejected(RejectReason::kUnknownStation);
  if (slot->start() < station_->valid_from || slot->start() >= station_->valid_to) {
    return Rejected(RejectReason::kStationNotValid);
  }
  return {};
}

int32_t FirstNotFinite(absl::Span<const float> values) {
  constexpr uint32_t kExponent = 0x7f800000;
  // Rows are almost always finite: one pass without branches, and a second one only to name the culprit.
  uint32_t found = 0;
  for (const float value : values)
    found |= static_cast<uint32_t>((std::bit_cast<uint32_t>(value) & kExponent) == kExponent);
  if (found == 0) return -1;
  for (size_t i = 0; i < values.size(); ++i) {
    if ((std::bit_cast<uint32_t>(values[i]) & kExponent) == kExponent) return static_cast<int32_t>(i);
  }
  return -1;
}

std::string FieldPath(int64_t row, const RowVerdict& verdict) {
  if (verdict.verdict != Verdict::kRejected) return "";
  switch (verdict.reason) {
    case RejectReason::kNone:
      return absl::StrCat("rows[", row, "]");
    case RejectReason::kUnknownStation:
      return "station";
    case RejectReason::kUnknownSignal:
      return absl::StrCat("rows[", row, "].signal");
    case RejectReason::kWrongValueCount:
      return absl::StrCat("rows[", row, "].values");
    case RejectReason::kNotFinite:
      return absl::StrCat("rows[", row, "].values[", verdict.value_index, "]");
    case RejectReason::kOffGrid:
    case RejectReason::kInFuture:
    case RejectReason::kBeyondRetention:
    case RejectReason::kStationNotValid:
      return absl::StrCat("rows[", row, "].slot_time");
  }
  return "";
}

}  // namespace tremorcast
