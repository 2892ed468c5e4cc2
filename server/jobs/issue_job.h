#pragma once

// Issues the forecasts: after each Sunday 00:00 UTC+8 plus grace, one per region for the week that
// has begun, and revises one when a window it used got a newer revision while its week still lasts.
//
// Scored only if issued at most `max_grace` after the week began; only the first issue is. A model
// promoted meanwhile never re-issues the week: a revision for late data is computed with the model
// version the first issue used. Simulated regions get purpose TEST.
//
// A region that no model of any rung serves waits for one: until `last_call` before the end of the scored
// period, when climatology is issued rather than nothing; and after that period (a server started
// in the middle of a week, where no score is at stake) until there is a model.
// Between the weeks, and only where the catalogue rung answers, because nothing else would say
// anything new: the seven days from each midnight on (`daily`), and the seven days after a large
// earthquake in or near a region, as soon as the catalogue brings it. Neither is revised nor replaces
// the weekly one; daily ones are scored as weekly ones are, and apart from them.
//
// Leader only. Errors: those of the stores and the forecaster; one region's failure does not keep
// the others from being issued.

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/forecast/forecast.h"
#include "core/ports/event_store.h"
#include "core/ports/forecast_store.h"
#include "core/ports/window_store.h"
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
    absl::Duration grace = absl::Minutes(30);      // issue no earlier than this after the week began
    absl::Duration max_grace = absl::Hours(6);     // and scored up to this
    absl::Duration last_call = absl::Minutes(30);  // before the end of max_grace
    // Weeks that began before this are not issued. (Only the week that holds now ever is; the past
    // is for hindcasts.)
    absl::Time issue_from = absl::InfinitePast();
    bool daily = false;
    double event_magnitude = 5;      // smallest that an event issue is made for; infinity: none are made
    double event_distance_km = 100;  // from the region
    // Older earthquakes are history that somebody imports, and no reason for a forecast.
    absl::Duration event_max_age = absl::Hours(72);
    std::vector<std::string> catalogue_precedence = DefaultCataloguePrecedence();
    absl::Duration period = absl::Seconds(10);
  };
  IssueJob(Options options, Forecaster& forecaster, NetworkDirectory& network, WindowStore& windows, EventStore& events,
           ForecastStore& forecasts, ModelHost& models, const Clock& clock, const Log& log);
  absl::string_view name() const override { return "issue"; }
  bool leader_only() const override { return true; }
  absl::Duration period() const override { return options_.period; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;
  // Called after each append (poke the watch hub).
  void OnAppended(std::function<void(const Forecast&)> callback) { on_appended_ = std::move(callback); }

 private:
  absl::Status IssueWeekly(const NetworkSnapshot& network, absl::Time now, const std::function<bool()>& may_continue);
  absl::Status IssueDaily(const NetworkSnapshot& network, absl::Time now, const std::function<bool()>& may_continue);
  absl::Status IssueAfterEvents(const NetworkSnapshot& network, absl::Time now,
                                const std::function<bool()>& may_continue);
  absl::StatusOr<std::vector<Forecast>> AnswersSince(const Region& region, absl::Time since);
  absl::Status IssueFromCatalogue(const Region& region, absl::Time valid_from, IssueKind kind,
                                  const std::string& trigger, absl::Time now);
  absl::Status IssueOrRevise(const Region& region, const Interval& week, absl::Time now);
  absl::Status IssueFirst(const Region& region, const Interval& week, absl::Time now);
  absl::Status ReviseIfLate(const Forecast& standing);
  absl::StatusOr<std::string> NewerWindows(const Forecast& standing, absl::Time now);
  absl::Status Archive(Forecast computed, RevisionReason reason, bool scored);

  const Options options_;
  Forecaster& forecaster_;
  NetworkDirectory& network_;
  WindowStore& windows_;
  EventStore& events_;
  ForecastStore& forecasts_;
  ModelHost& models_;
  const Clock& clock_;
  const Log& log_;
  std::function<void(const Forecast&)> on_appended_;
  // Newer windows that were looked at and did not move the answer enough, so that they are not
  // computed again at each tick.
  std::map<RegionId, std::string> considered_;
  // When the catalogue rung last would not have answered a daily or an event issue of a region, so that
  // none is computed at each tick.
  std::map<std::pair<RegionId, IssueKind>, absl::Time> unanswered_;
  std::map<RegionId, std::string> waiting_for_;  // why a region is not issued yet, to log it once
};

}  // namespace tremorcast
