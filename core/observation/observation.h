#pragma once

// Rows as stations send them, and the verdict each one gets.
// Values are float32 in schema order: 51 for magn, 44 for sound. Batches are columnar so that a row
// costs no allocation.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "core/observation/feature_schema.h"

namespace tremorcast {

// LIVE rows are available from received_at on; BACKFILL rows from the slot's end plus a configured
// latency, so that history loaded today still has an "as of".
enum class Delivery : int8_t { kLive = 1, kBackfill = 2 };

enum class Verdict : int8_t {
  kAccepted = 1,   // stored
  kDuplicate = 2,  // the same values are stored already
  kConflict = 3,   // other values are stored already; the first are kept
  kLate = 4,       // stored, but its week was already sealed: the week is dirty and gets a new revision
  kRejected = 5,   // not stored, see reason
};

enum class RejectReason : int8_t {
  kNone = 0,
  kUnknownStation = 1,
  kUnknownSignal = 2,
  kWrongValueCount = 3,
  kNotFinite = 4,
  kOffGrid = 5,
  kInFuture = 6,
  kBeyondRetention = 7,
  kStationNotValid = 8,  // outside the station's validity interval
  kTooOld = 9,           // older than its sender may send
};

absl::string_view VerdictName(Verdict verdict);
absl::string_view RejectReasonName(RejectReason reason);

struct RowVerdict {
  Verdict verdict = Verdict::kAccepted;
  RejectReason reason = RejectReason::kNone;
  // Value at fault for kNotFinite (index in the row as sent), else -1. With the row index this
  // makes rows[17].values[3].
  int32_t value_index = -1;

  friend bool operator==(const RowVerdict&, const RowVerdict&) = default;
};

struct ObservationRow {
  Slot slot;
  Signal signal = Signal::kMagn;
  uint32_t first_value = 0;  // offset into ObservationBatch::values
};

// Rows of one station, checked against schema and clock, ready for the store.
struct ObservationBatch {
  StationId station;
  std::string batch_id;  // chosen by the client, unique per station; idempotency key
  std::string source;    // who sends, e.g. "datalogger-1" or "aeta-csv"; positions are kept per (station, source)
  std::string position;  // opaque client token stored in the same commit; empty = leave as it is
  Delivery delivery = Delivery::kLive;
  std::string content_hash;  // Sha256 over the batch as sent (32 bytes)
  absl::Time received_at;

  // One entry per row as sent. Rejected rows have a verdict and are never read by the store.
  std::vector<RowVerdict> checked;
  std::vector<ObservationRow> rows;  // same length as `checked`
  std::vector<float> values;         // FeatureCount(signal) floats per row that was not rejected

  absl::Span<const float> row_values(size_t i) const {
    return absl::MakeConstSpan(values).subspan(rows[i].first_value, FeatureCount(rows[i].signal));
  }
};

struct VerdictCounts {
  int64_t accepted = 0, duplicate = 0, conflict = 0, late = 0, rejected = 0;
  void Add(Verdict verdict, int64_t n = 1);
  VerdictCounts& operator+=(const VerdictCounts& other);
  int64_t total() const { return accepted + duplicate + conflict + late + rejected; }
  int64_t stored() const { return accepted + late; }
};

struct BatchResult {
  std::vector<RowVerdict> verdicts;  // one per row as sent
  bool replayed = false;             // the batch id was known with the same content: these are its first verdicts
};

// What one row may be at `now`. Pure.
struct ObservationLimits {
  absl::Duration max_future = absl::Minutes(20);        // clock skew of a data logger
  absl::Duration retention = absl::InfiniteDuration();  // off by default
  // Older rows are a mistake, or malice: each week of rows costs tables of the database for ever.
  absl::Duration rows_back = absl::Hours(24 * 7 * 1040);
};
// kNone when `slot` may be stored.
RejectReason CheckSlot(Slot slot, absl::Time now, const ObservationLimits& limits);

}  // namespace tremorcast
