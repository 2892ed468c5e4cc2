#include "core/observation/observation.h"

namespace tremorcast {

absl::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAccepted:
      return "accepted";
    case Verdict::kDuplicate:
      return "duplicate";
    case Verdict::kConflict:
      return "conflict";
    case Verdict::kLate:
      return "late";
    case Verdict::kRejected:
      return "rejected";
  }
  return "unknown";
}

absl::string_view RejectReasonName(RejectReason reason) {
  switch (reason) {
    case RejectReason::kNone:
      return "none";
    case RejectReason::kUnknownStation:
      return "unknown_station";
    case RejectReason::kUnknownSignal:
      return "unknown_signal";
    case RejectReason::kWrongValueCount:
      return "wrong_value_count";
    case RejectReason::kNotFinite:
      return "not_finite";
    case RejectReason::kOffGrid:
      return "off_grid";
    case RejectReason::kInFuture:
      return "in_future";
    case RejectReason::kBeyondRetention:
      return "beyond_retention";
    case RejectReason::kStationNotValid:
      return "station_not_valid";
    case RejectReason::kTooOld:
      return "too_old";
  }
  return "unknown";
}

void VerdictCounts::Add(Verdict verdict, int64_t n) {
  switch (verdict) {
    case Verdict::kAccepted:
      accepted += n;
      return;
    case Verdict::kDuplicate:
      duplicate += n;
      return;
    case Verdict::kConflict:
      conflict += n;
      return;
    case Verdict::kLate:
      late += n;
      return;
    case Verdict::kRejected:
      rejected += n;
      return;
  }
}

VerdictCounts& VerdictCounts::operator+=(const VerdictCounts& other) {
  accepted += other.accepted;
  duplicate += other.duplicate;
  conflict += other.conflict;
  late += other.late;
  rejected += other.rejected;
  return *this;
}

RejectReason CheckSlot(Slot slot, absl::Time now, const ObservationLimits& limits) {
  if (slot.start() > now + limits.max_future) return RejectReason::kInFuture;
  if (slot.end() <= now - limits.retention) return RejectReason::kBeyondRetention;
  if (slot.start() < now - limits.rows_back) return RejectReason::kTooOld;
  return RejectReason::kNone;
}

}  // namespace tremorcast
