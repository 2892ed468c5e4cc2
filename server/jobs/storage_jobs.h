#pragma once

// Jobs that keep the tables in order: partitions made ahead of live rows, and weeks sealed into
// windows once they have ended. Leader only. Errors: those of the stores.

#include <functional>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/base/time_grid.h"
#include "core/ports/observation_store.h"
#include "core/ports/window_store.h"
#include "server/jobs/job.h"
#include "server/pipeline/network_directory.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

class PartitionJob : public Job {
 public:
  struct Options {
    int weeks_ahead = 4;
    absl::Duration period = absl::Hours(1);
  };
  PartitionJob(Options options, ObservationStore& store) : options_(options), store_(store) {}
  absl::string_view name() const override { return "partitions"; }
  bool leader_only() const override { return true; }
  absl::Duration period() const override { return options_.period; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;

 private:
  const Options options_;
  ObservationStore& store_;
};

// Seals every (station, week) that ended at least `grace` ago and has rows but no window, oldest
// first, then gives dirty weeks a new revision. A week that is dirtied again meanwhile comes again
// with the next tick.
class SealJob : public Job {
 public:
  struct Options {
    absl::Duration grace = absl::Minutes(20);  // rows of the last slots are still on their way
    // Without rows for this long: history on its way in, hour by hour, is sealed once and not again
    // with each batch.
    absl::Duration quiet = absl::ZeroDuration();
    int batch = 500;  // pairs asked for at a time
    absl::Duration period = absl::Seconds(10);
  };
  SealJob(Options options, WindowStore& windows, NetworkDirectory& network, WindowMetrics& metrics, const Log& log)
      : options_(options), windows_(windows), network_(network), metrics_(metrics), log_(log) {}
  absl::string_view name() const override { return "seal"; }
  bool leader_only() const override { return true; }
  absl::Duration period() const override { return options_.period; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;

 private:
  // Seals pairs until `list` names none that was not tried in this tick. The store being away ends
  // it; another failure keeps that pair alone from its window.
  absl::Status SealAll(const std::function<absl::StatusOr<std::vector<StationWeek>>()>& list, absl::Time now,
                       const std::function<bool()>& may_continue, int& sealed);
  absl::Status ExportCompleteness(absl::Time now);

  const Options options_;
  WindowStore& windows_;
  NetworkDirectory& network_;
  WindowMetrics& metrics_;
  const Log& log_;
  absl::Time exported_week_ = absl::InfinitePast();  // of the completeness gauges
};

}  // namespace tremorcast
