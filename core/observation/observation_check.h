#pragma once

// What one row as sent deserves, before the store sees it. The ingest path calls this for every
// row: pure, thread safe, no allocation. A row that passes may still become duplicate, conflict or
// late in the store.

#include <optional>

#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/observation/observation.h"

namespace tremorcast {

// A row of one station, as the client sent it. `values` is in the client's column order; not owned.
struct SentRow {
  absl::Time slot_start;
  std::optional<Signal> signal;  // nothing when the client's signal is unknown
  absl::Span<const float> values;
};

// What the check needs to know; the same for all rows of a batch.
struct RowCheckContext {
  // The station's validity intervals; empty = the station is unknown. Not owned.
  absl::Span<const Interval> station_validity;
  absl::Time now;
  ObservationLimits limits;
};

// kAccepted, or kRejected with the first reason that holds: station, signal, count of values, time
// grid, future, retention, validity, finiteness.
RowVerdict CheckRow(const SentRow& row, const RowCheckContext& context);

// Index of the first NaN or infinity, or -1.
int FirstNotFinite(absl::Span<const float> values);

}  // namespace tremorcast
