#pragma once

// Drops stored rows older than the retention, week by week, oldest first: only weeks of which every
// station is sealed and not dirty, so that each row is in a window that stays. Without `drop` it is
// a dry run: it counts and says what would go. Each change is one log line. Leader only. Errors:
// those of the store; a week whose table readers kept comes again.

#include <functional>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "core/operation/maintenance.h"
#include "server/jobs/job.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

class RetentionJob : public Job {
 public:
  // A rolling week is stitched from the rows of two weeks.
  static constexpr absl::Duration kShortestDrop = absl::Hours(24 * 15);

  struct Options {
    absl::Duration retention = absl::InfiniteDuration();  // infinite: nothing is ever too old
    bool drop = false;
    absl::Duration period = absl::Hours(1);

    // InvalidArgument: dropping without a retention, or with one below kShortestDrop.
    absl::Status Validate() const;
  };
  RetentionJob(Options options, MaintenanceStore& store, MaintenanceMetrics& metrics, const Log& log)
      : options_(options), store_(store), metrics_(metrics), log_(log) {}
  absl::string_view name() const override { return "retention"; }
  bool leader_only() const override { return true; }
  absl::Duration period() const override { return options_.period; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;

 private:
  absl::Status Drop(const ExpiredWeek& week, absl::Time now);
  void Tell(int droppable, int kept);

  const Options options_;
  MaintenanceStore& store_;
  MaintenanceMetrics& metrics_;
  const Log& log_;
  int told_droppable_ = 0, told_kept_ = 0;
};

}  // namespace tremorcast
