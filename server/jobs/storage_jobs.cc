#include "server/jobs/storage_jobs.h"

#include <map>
#include <set>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

bool StoreIsAway(const absl::Status& status) { return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status); }

}  // namespace

absl::Status PartitionJob::Tick(absl::Time now, const std::function<bool()>&) {
  const WeekGrid& grid = WeekGrid::Service();
  const absl::Time week = grid.Containing(now).begin;
  return store_.EnsurePartitions({grid.At(week, -1).begin, grid.At(week, options_.weeks_ahead).end});
}

absl::Status SealJob::Tick(absl::Time now, const std::function<bool()>& may_continue) {
  int sealed = 0;
  const absl::Status fresh =
      SealAll([&] { return windows_.Unsealed(now - options_.grace, now - options_.quiet, options_.batch); }, now,
              may_continue, sealed);
  if (StoreIsAway(fresh) || absl::IsCancelled(fresh)) return fresh;
  const absl::Status dirty =
      SealAll([&] { return windows_.Dirty(now - options_.quiet, options_.batch); }, now, may_continue, sealed);
  if (StoreIsAway(dirty) || absl::IsCancelled(dirty)) return dirty;
  ASSIGN_OR_RETURN(std::vector<StationWeek> left, windows_.Dirty(absl::InfiniteFuture(), options_.batch));
  metrics_.dirty.Set(static_cast<double>(left.size()));
  if (sealed > 0) {
    log_.Info(absl::StrCat("sealed ", sealed, " station-weeks"),
              {{"event", "seal"}, {"station_weeks", absl::StrCat(sealed)}});
  }
  const absl::Time week = WeekGrid::Service().Containing(now - options_.grace).begin;
  if (sealed > 0 || week != exported_week_) {
    RETURN_IF_ERROR(ExportCompleteness(now));
    exported_week_ = week;
  }
  return fresh.ok() ? dirty : fresh;
}

absl::Status SealJob::SealAll(const std::function<absl::StatusOr<std::vector<StationWeek>>()>& list, absl::Time now,
                              const std::function<bool()>& may_continue, int& sealed) {
  absl::Status first_failure;
  std::set<StationWeek> tried;
  while (true) {
    ASSIGN_OR_RETURN(std::vector<StationWeek> pairs, list());
    bool anything_new = false;
    for (const StationWeek& pair : pairs) {
      if (!may_continue()) return absl::CancelledError("stopped between two station-weeks");
      // What comes back (it failed, or got rows again meanwhile) waits for the next tick.
      if (!tried.insert(pair).second) continue;
      anything_new = true;
      const absl::Time start = absl::Now();
      const absl::StatusOr<WindowInfo> window = windows_.Seal(pair.station, pair.week, now);
      if (StoreIsAway(window.status())) return window.status();
      if (!window.ok()) {
        log_.Error(absl::StrCat("cannot seal station ", pair.station.value(), ", week ", FormatUtc(pair.week), ": ",
                                window.status().ToString()),
                   {{"event", "seal"}, {"station", pair.station.value()}});
        first_failure.Update(window.status());
        continue;
      }
      metrics_.seal_seconds.Observe(absl::ToDoubleSeconds(absl::Now() - start));
      ++sealed;
    }
    if (!anything_new) return first_failure;
  }
}

absl::Status SealJob::ExportCompleteness(absl::Time now) {
  const WeekGrid& grid = WeekGrid::Service();
  const Interval week = grid.At(grid.Containing(now - options_.grace).begin, -1);
  // As known now.
  ASSIGN_OR_RETURN(std::vector<WindowInfo> windows,
                   windows_.ListAsOfIssue({week.begin, week.begin + absl::Microseconds(1)}, now - week.end));
  std::map<StationId, double> fraction;
  for (const WindowInfo& info : windows) {
    fraction[info.key.station] = (info.rows_present[0] + info.rows_present[1]) / (2.0 * grid.slots());
  }
  const std::shared_ptr<const NetworkSnapshot> network = network_.Snapshot();
  for (const Region& region : network->regions()) {
    const std::vector<Station> enrolled = network->Enrolled(region, week);
    double sum = 0;
    for (const Station& station : enrolled) {
      const auto known = fraction.find(station.id);
      if (known != fraction.end()) sum += known->second;
    }
    metrics_.completeness.Set({region.id.value()}, enrolled.empty() ? 0 : sum / static_cast<double>(enrolled.size()));
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
