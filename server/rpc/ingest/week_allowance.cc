#include "server/rpc/ingest/week_allowance.h"

#include <cstddef>

#include "core/base/time_grid.h"

namespace tremorcast::rpc {

void WeekAllowance::Apply(absl::Time now, ObservationBatch* batch) {
  const absl::Time recent = WeekGrid::Service().Containing(now).begin - kWeekLength;
  const absl::CivilDay today = absl::ToCivilDay(now, absl::UTCTimeZone());
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < batch->rows.size(); ++i) {
    const absl::Time start = batch->rows[i].slot.start();
    if (batch->checked[i].verdict == Verdict::kRejected || start >= recent) continue;
    Used& used = used_[batch->station];
    if (used.day != today) used = {today, {}};
    const absl::Time week = WeekGrid::Service().Containing(start).begin;
    if (used.weeks.count(week) > 0) continue;
    if (used.weeks.size() < static_cast<size_t>(weeks_per_day_)) {
      used.weeks.insert(week);
    } else {
      batch->checked[i] = {Verdict::kRejected, RejectReason::kTooOld, -1};
    }
  }
}

}  // namespace tremorcast::rpc
