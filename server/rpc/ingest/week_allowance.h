#pragma once

// How many old weeks a station's writer may send rows of in a day. Each week of rows costs the
// database tables for ever, and a logger that sends its history, or whoever took its token, would
// open them without end. Kept in memory: each server counts for itself, and anew after a restart.
// Thread safe; never blocks.

#include <map>
#include <set>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "core/observation/observation.h"

namespace tremorcast::rpc {

class WeekAllowance {
 public:
  explicit WeekAllowance(int weeks_per_day) : weeks_per_day_(weeks_per_day) {}

  // Counts the weeks of the batch's rows that ended before the last one. Rows of weeks beyond the
  // station's allowance of the day, of UTC, become kTooOld; their neighbours stay as they are.
  void Apply(absl::Time now, ObservationBatch* batch);

 private:
  struct Used {
    absl::CivilDay day;
    std::set<absl::Time> weeks;
  };
  const int weeks_per_day_;
  absl::Mutex mutex_;
  std::map<StationId, Used> used_ ABSL_GUARDED_BY(mutex_);  // stations are registered, so they are few
};

}  // namespace tremorcast::rpc
