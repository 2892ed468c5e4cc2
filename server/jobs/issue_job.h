#pragma once

// Issues the forecasts: after each Sunday 00:00 UTC+8 plus grace, one per region for the week that has begun, and
// revises one when a window it used got a newer revision while its week still lasts.
//
// Scored only if issued at most `max_grace` after the week began; only the first issue is. A model promoted meanwhile
// never re-issues the week: a revision for late data is computed with the model version the first issue used. Simulated
// regions get purpose TEST. Leader only. Errors: those of the stores and the forecaster; one region's failure does not
// keep the others from being issued.

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "core/forecast.h"
#include "core/ports.h"
#include "server/jobs/job.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/model_host.h"
#include "server/pipeline/network_directory.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

class IssueJob : public Job {
 public:
  struct Options {
    absl::Duration grace = absl::Minutes(30);
    absl::Duration max_grace = absl::Hours(6);
    // Weeks that began before this are not issued: history loaded later is for hindcasts. A week in progress at this
    // moment is issued (unscored when late).
    absl::Time issue_from = absl::InfinitePast();
    absl::Duration period = absl::Seconds(10);
  };
  IssueJob(Options options, Forecaster& forecaster, NetworkDirectory& network, WindowStore& windows,
           ForecastStore& forecasts, ModelHost& models, const Log& log);
  absl::string_view name() const override { return "issue"; }
  bool leader_only() const override { return true; }
  absl::Duration period() const override { return options_.period; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;
  // Called after each append (poke the watch hub).
  void OnAppended(std::function<void(const Forecast&)> callback) { on_appended_ = std::move(callback); }

 private:
  absl::Status IssueRegion(const Region& region, const Interval& week, absl::Time now);
  absl::Status Issue(const Region& region, const Interval& week, absl::Time now);
  absl::Status ReviseIfLate(const Forecast& standing, absl::Time now);
  absl::StatusOr<bool> HasNewerWindows(const Forecast& standing, absl::Time now);

  const Options options_;
  Forecaster& forecaster_;
  NetworkDirectory& network_;
  WindowStore& windows_;
  ForecastStore& forecasts_;
  ModelHost& models_;
  const Log& log_;
  std::function<void(const Forecast&)> on_appended_;
};

}  // namespace tremorcast
