#pragma once

// Batches of made-up rows for tests. The values of a row are a function of station, slot, signal
// and `salt`, so that equal calls make equal rows and another salt makes a conflicting one.

#include <string>

#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

#include "core/base/digest.h"
#include "core/base/time_grid.h"
#include "core/observation/feature_schema.h"
#include "core/observation/observation.h"

namespace tremorcast {

// A Sunday 00:00 UTC+8 well in the past, and the slot `n` after it.
inline absl::Time TestWeek() { return WeekGrid::Service().Containing(absl::FromUnixSeconds(1'607'300'000)).begin; }
inline Slot TestSlot(int64_t n) { return Slot{SlotContaining(TestWeek()).index + n}; }

inline float TestValue(Slot slot, Signal signal, int channel, int salt = 0) {
  return static_cast<float>(slot.index % 1000) * 0.37f + static_cast<float>(channel) * 1.5f +
         (signal == Signal::kSound ? 0.25f : 0.f) + static_cast<float>(salt) * 0.001f;
}

class BatchMaker {
 public:
  BatchMaker(const std::string& station, const std::string& id) {
    batch_.station = StationId(station);
    batch_.batch_id = id;
    batch_.source = "logger";
    batch_.received_at = TestWeek() + absl::Hours(24);
  }

  BatchMaker& Row(Slot slot, Signal signal = Signal::kMagn, int salt = 0) {
    batch_.rows.push_back({slot, signal, static_cast<uint32_t>(batch_.values.size())});
    batch_.checked.push_back({});
    for (int c = 0; c < FeatureCount(signal); ++c) batch_.values.push_back(TestValue(slot, signal, c, salt));
    return *this;
  }
  // Rows [first, first + count) of TestWeek.
  BatchMaker& Rows(int64_t first, int64_t count, Signal signal = Signal::kMagn, int salt = 0) {
    for (int64_t n = first; n < first + count; ++n) Row(TestSlot(n), signal, salt);
    return *this;
  }
  BatchMaker& Rejected(RejectReason reason, int value_index = -1) {
    batch_.rows.push_back({Slot{0}, Signal::kMagn, 0});
    batch_.checked.push_back({Verdict::kRejected, reason, value_index});
    return *this;
  }
  BatchMaker& ReceivedAt(absl::Time t) {
    batch_.received_at = t;
    return *this;
  }
  BatchMaker& Backfill() {
    batch_.delivery = Delivery::kBackfill;
    return *this;
  }
  BatchMaker& Position(const std::string& token, const std::string& source = "logger") {
    batch_.position = token;
    batch_.source = source;
    return *this;
  }

  ObservationBatch Make() const {
    ObservationBatch batch = batch_;
    Sha256Stream stream;
    for (const ObservationRow& row : batch.rows) {
      stream.Update(absl::StrCat(row.slot.index, "/", static_cast<int>(row.signal), "/", row.first_value, ";"));
    }
    stream.Update(
        absl::string_view(reinterpret_cast<const char*>(batch.values.data()), batch.values.size() * sizeof(float)));
    batch.content_hash = stream.Finish();
    return batch;
  }

 private:
  ObservationBatch batch_;
};

}  // namespace tremorcast
