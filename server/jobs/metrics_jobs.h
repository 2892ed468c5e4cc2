#pragma once

// Jobs that turn tables into gauges, so that a restarted or second replica shows the same:
// forecasts and their skill, training runs (a one-shot trainer takes its own metrics away with it),
// station freshness, and the cached network. They run on every replica and write nothing. Errors:
// those of the stores; the gauges then keep their last values.

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/ports/forecast_store.h"
#include "core/ports/observation_store.h"
#include "core/ports/training_run_store.h"
#include "server/jobs/job.h"
#include "server/pipeline/network_directory.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

class ForecastMetricsJob : public Job {
 public:
  ForecastMetricsJob(ForecastStore& forecasts, NetworkDirectory& network, ForecastMetrics& metrics,
                     absl::Duration period = absl::Seconds(15))
      : forecasts_(forecasts), network_(network), metrics_(metrics), period_(period) {}
  absl::string_view name() const override { return "forecast_metrics"; }
  bool leader_only() const override { return false; }
  absl::Duration period() const override { return period_; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;

 private:
  ForecastStore& forecasts_;
  NetworkDirectory& network_;
  ForecastMetrics& metrics_;
  const absl::Duration period_;
  // The verifications behind the exported skill of each region, by forecast and revision.
  std::map<RegionId, std::map<std::string, int>> exported_;
};

class TrainingMetricsJob : public Job {
 public:
  // `parse_scores`: TrainingRun::scores_json as name -> number; what is not a number is left out.
  using ParseScores = std::function<std::map<std::string, double>(absl::string_view)>;
  TrainingMetricsJob(TrainingRunStore& runs, ParseScores parse_scores, TrainingMetrics& metrics,
                     absl::Duration period = absl::Seconds(15))
      : runs_(runs), parse_scores_(std::move(parse_scores)), metrics_(metrics), period_(period) {}
  absl::string_view name() const override { return "training_metrics"; }
  bool leader_only() const override { return false; }
  absl::Duration period() const override { return period_; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;

 private:
  TrainingRunStore& runs_;
  const ParseScores parse_scores_;
  TrainingMetrics& metrics_;
  const absl::Duration period_;
  std::string exported_runs_;  // whose scores are shown
};

// Refreshes the NetworkDirectory and the freshness gauges of stations.
class NetworkRefreshJob : public Job {
 public:
  NetworkRefreshJob(NetworkDirectory& network, ObservationStore& observations, IngestMetrics& metrics,
                    absl::Duration period = absl::Seconds(15))
      : network_(network), observations_(observations), metrics_(metrics), period_(period) {}
  absl::string_view name() const override { return "network"; }
  bool leader_only() const override { return false; }
  absl::Duration period() const override { return period_; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;

 private:
  NetworkDirectory& network_;
  ObservationStore& observations_;
  IngestMetrics& metrics_;
  const absl::Duration period_;
};

}  // namespace tremorcast
