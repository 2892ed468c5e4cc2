#pragma once

// Runs the challenger beside the champion: what the newest model that is not in service would have answered for each
// region's newest forecast, from the same inputs. Nothing of it is archived or served; the largest difference of P(M >=
// edge) is exported, so that a promotion brings no surprise. Leader only. Errors: those of the stores, the registry and
// the forecaster; one region's failure does not stop the others.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "core/ports.h"
#include "server/jobs/job.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/model_host.h"
#include "server/pipeline/network_directory.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

class ShadowJob : public Job {
 public:
  ShadowJob(Forecaster& forecaster, NetworkDirectory& network, ForecastStore& forecasts, ModelRegistry& registry,
            ModelHost& models, ModelMetrics& metrics, const Log& log, absl::Duration period = absl::Minutes(1))
      : forecaster_(forecaster),
        network_(network),
        forecasts_(forecasts),
        registry_(registry),
        models_(models),
        metrics_(metrics),
        log_(log),
        period_(period) {}
  absl::string_view name() const override { return "shadow"; }
  bool leader_only() const override { return true; }
  absl::Duration period() const override { return period_; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;

 private:
  absl::Status Shadow(const RegionId& region, const std::vector<ModelRecord>& newest_first);

  Forecaster& forecaster_;
  NetworkDirectory& network_;
  ForecastStore& forecasts_;
  ModelRegistry& registry_;
  ModelHost& models_;
  ModelMetrics& metrics_;
  const Log& log_;
  const absl::Duration period_;
  std::map<RegionId, std::string> compared_;  // forecast and challenger last compared
};

}  // namespace tremorcast
