#pragma once

// How far the stations' features have moved away from those that the network's champion was trained
// on: the worst population stability index of each signal's features (core/observation/drift.h),
// the newest weeks against the champion's training period, all stations together. It says that
// sensors changed, not that skill fell.
//
// Leader only: it reads windows by the hundred, when there is another champion or another sealed
// week. Blocks on the stores. Errors: those of the stores. Without a champion, or without windows
// on one side, nothing is exported.

#include <functional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/ports/model_registry.h"
#include "core/ports/window_store.h"
#include "server/jobs/job.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

class DriftJob : public Job {
 public:
  struct Options {
    int recent_weeks = 4;
    int most_windows = 200;  // read of either side, spread evenly
    int stride = 36;         // every so many slots: neighbours tell little new
    int bins = 10;
    absl::Duration period = absl::Minutes(10);
  };
  DriftJob(Options options, WindowStore& windows, ModelRegistry& registry, ForecastMetrics& metrics)
      : options_(options), windows_(windows), registry_(registry), metrics_(metrics) {}
  absl::string_view name() const override { return "drift"; }
  bool leader_only() const override { return true; }
  absl::Duration period() const override { return options_.period; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;

 private:
  using Samples = std::vector<std::vector<float>>;  // per channel; NaN where a slot has no row
  absl::StatusOr<Samples> Read(absl::Span<const WindowInfo> windows, const std::function<bool()>& may_continue);

  const Options options_;
  WindowStore& windows_;
  ModelRegistry& registry_;
  ForecastMetrics& metrics_;
  std::string done_;  // the champion and week that were looked at last
};

}  // namespace tremorcast
