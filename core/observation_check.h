#pragma once

// The verdict a row gets before it reaches the store: accepted for storing, or rejected with a reason. Pure; thread
// safe.
//
// The order of the checks is fixed, so that the same row always gets the same reason: signal, number of values, grid,
// future, retention, finite values, station known, station in service. Faults of the row itself come before those that
// registering the station would cure.

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "absl/types/span.h"

#include "core/feature_schema.h"
#include "core/network.h"
#include "core/observation.h"

namespace tremorcast {

// A row as sent. Times are whole Unix seconds plus nanoseconds, so that no rounding hides an off-grid time.
struct SentRow {
  std::optional<Signal> signal;
  bool has_time = false;
  int64_t unix_seconds = 0;
  int32_t nanoseconds = 0;
  absl::Span<const float> values;
};

class ObservationCheck {
 public:
  // `station` is null when the station is not registered; it must outlive the check.
  ObservationCheck(const Station* station, const ObservationLimits& limits, absl::Time now)
      : station_(station), limits_(limits), now_(now) {}

  // kAccepted, or kRejected with its reason. `*slot` is set when the time lies on the grid.
  RowVerdict Check(const SentRow& row, Slot* slot) const;

 private:
  const Station* station_;
  ObservationLimits limits_;
  absl::Time now_;
};

// Index of the first NaN or infinite value, or -1.
int32_t FirstNotFinite(absl::Span<const float> values);

// The field at fault of row `row` in its batch: "rows[17].values[3]", "rows[2].slot_time", "station". Empty unless
// rejected.
std::string FieldPath(int64_t row, const RowVerdict& verdict);

}  // namespace tremorcast
