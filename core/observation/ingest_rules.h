#pragma once

// Rules of ingestion that hold for every store. Pure functions.

#include <algorithm>
#include <cstddef>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

#include "core/base/status_macros.h"
#include "core/observation/observation.h"

namespace tremorcast {

// The store remembers a batch id for this long; afterwards the keys of its rows decide.
inline constexpr absl::Duration kBatchRecordLifetime = absl::Hours(35 * 24);

// A batch spread wider is a mistake of its sender: each week it touches costs a partition.
inline constexpr int kMaxWeeksPerBatch = 520;

// When a row counts as known: see Delivery.
inline absl::Time RowAvailableAt(Delivery delivery, absl::Time received_at, Slot slot,
                                 absl::Duration backfill_latency) {
  return delivery == Delivery::kBackfill ? slot.end() + backfill_latency : received_at;
}

// False when a rejection may be cured, by registering or correcting the station or by a sender who
// may send older rows: then neither the batch id nor the position is kept, so that it may be sent
// again.
inline bool BatchIsRecorded(const ObservationBatch& batch) {
  return std::none_of(batch.checked.begin(), batch.checked.end(), [](const RowVerdict& row) {
    return row.verdict == Verdict::kRejected &&
           (row.reason == RejectReason::kUnknownStation || row.reason == RejectReason::kStationNotValid ||
            row.reason == RejectReason::kTooOld);
  });
}

// InvalidArgument when the parts of a batch do not fit together; nothing of such a batch may be
// stored.
inline absl::Status ValidateBatch(const ObservationBatch& batch) {
  const auto fail = [&](absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch ", batch.batch_id, " of station ", batch.station.value(), ": ", what));
  };
  RETURN_IF_ERROR(ValidateId("station id", batch.station.value()));
  if (batch.batch_id.empty()) return fail("empty batch id");
  if (batch.content_hash.size() != 32) return fail("the content hash must have 32 bytes");
  if (batch.checked.size() != batch.rows.size()) return fail("as many verdicts as rows are needed");
  std::vector<int64_t> weeks;
  for (size_t i = 0; i < batch.rows.size(); ++i) {
    if (batch.checked[i].verdict == Verdict::kRejected) continue;
    const ObservationRow& row = batch.rows[i];
    if (row.signal != Signal::kMagn && row.signal != Signal::kSound)
      return fail(absl::StrCat("rows[", i, "]: unknown signal"));
    if (row.first_value + static_cast<size_t>(FeatureCount(row.signal)) > batch.values.size()) {
      return fail(absl::StrCat("rows[", i, "]: values missing"));
    }
    const int64_t week = absl::ToUnixSeconds(WeekGrid::Service().Containing(row.slot.start()).begin);
    if (weeks.empty() || weeks.back() != week) weeks.push_back(week);
  }
  std::sort(weeks.begin(), weeks.end());
  if (std::unique(weeks.begin(), weeks.end()) - weeks.begin() > kMaxWeeksPerBatch) {
    return fail(absl::StrCat("rows of more than ", kMaxWeeksPerBatch, " weeks"));
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
