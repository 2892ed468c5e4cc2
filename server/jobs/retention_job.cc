#include "server/jobs/retention_job.h"

#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/base/time_grid.h"

namespace tremorcast {

absl::Status RetentionJob::Options::Validate() const {
  if (!drop) return absl::OkStatus();
  if (retention == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError("rows cannot be dropped without a retention that says which");
  }
  if (retention < kShortestDrop) {
    return absl::InvalidArgumentError(absl::StrCat("with a retention below ", absl::FormatDuration(kShortestDrop),
                                                   " rows would be dropped that windows are still made of"));
  }
  return absl::OkStatus();
}

absl::Status RetentionJob::Tick(absl::Time now, const std::function<bool()>& may_continue) {
  if (options_.retention == absl::InfiniteDuration()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<ExpiredWeek> weeks, store_.ExpiredWeeks(now - options_.retention));
  int droppable = 0, kept = 0;
  absl::Status failure;
  for (const ExpiredWeek& week : weeks) {
    if (!may_continue()) return absl::CancelledError("stopped between two weeks");
    if (!week.droppable()) {
      ++kept;
    } else if (!options_.drop) {
      ++droppable;
    } else if (absl::Status dropped = Drop(week, now); absl::IsFailedPrecondition(dropped)) {
      ++kept;
      log_.Warning(dropped.message(), {{"event", "retention"}});
    } else if (!dropped.ok()) {
      ++droppable;
      failure.Update(dropped);
    }
  }
  Tell(droppable, kept);
  return failure;
}

absl::Status RetentionJob::Drop(const ExpiredWeek& week, absl::Time now) {
  ASSIGN_OR_RETURN(const int64_t rows, store_.DropWeek(week.week, now));
  metrics_.dropped_weeks.Increment();
  metrics_.dropped_rows.Increment(static_cast<double>(rows));
  log_.Info(absl::StrCat("dropped the ", rows, " rows of week ", FormatUtc(week.week), "; their windows stay"),
            {{"event", "retention"}, {"week", FormatUtc(week.week)}, {"rows", absl::StrCat(rows)}});
  return absl::OkStatus();
}

void RetentionJob::Tell(int droppable, int kept) {
  metrics_.expired_weeks.Set({"droppable"}, droppable);
  metrics_.expired_weeks.Set({"kept"}, kept);
  if (!options_.drop && droppable != told_droppable_ && droppable > 0) {
    log_.Info(absl::StrCat("weeks of rows older than the retention that --drop-expired would drop: ", droppable),
              {{"event", "retention"}});
  }
  if (kept != told_kept_ && kept > 0) {
    log_.Warning(absl::StrCat("weeks of rows older than the retention that are kept: ", kept,
                              "; a station's week is not sealed, or got rows since"),
                 {{"event", "retention"}});
  }
  told_droppable_ = droppable;
  told_kept_ = kept;
}

}  // namespace tremorcast
