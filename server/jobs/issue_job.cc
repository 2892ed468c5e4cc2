#include "server/jobs/issue_job.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "server/pipeline/forecast_archive.h"

namespace tremorcast {

IssueJob::IssueJob(Options options, Forecaster& forecaster, NetworkDirectory& network, WindowStore& windows,
                   ForecastStore& forecasts, ModelHost& models, const Clock& clock, const Log& log)
    : options_(options),
      forecaster_(forecaster),
      network_(network),
      windows_(windows),
      forecasts_(forecasts),
      models_(models),
      clock_(clock),
      log_(log) {}

absl::Status IssueJob::Tick(absl::Time now, const std::function<bool()>& may_continue) {
  const Interval week = WeekGrid::Service().Containing(now);
  if (now < week.begin + options_.grace || week.begin < options_.issue_from) return absl::OkStatus();
  // A station or region that was just imported belongs in the issue.
  RETURN_IF_ERROR(network_.Refresh());
  absl::Status first_failure;
  const std::shared_ptr<const NetworkSnapshot> network = network_.Snapshot();
  for (const Region& region : network->regions()) {
    if (!may_continue()) return absl::CancelledError("stopped between two regions");
    const absl::Status status = IssueOrRevise(region, week, now);
    if (absl::IsUnavailable(status)) return status;
    first_failure.Update(status);
  }
  return first_failure;
}

absl::Status IssueJob::IssueOrRevise(const Region& region, const Interval& week, absl::Time now) {
  ForecastQuery query;
  query.region = region.id;
  query.purposes = {ForecastPurpose::kOperational, ForecastPurpose::kTest};
  query.valid_from = {week.begin, week.begin + absl::Microseconds(1)};
  ASSIGN_OR_RETURN(std::vector<Forecast> standing, forecasts_.List(query));
  return standing.empty() ? IssueFirst(region, week, now) : ReviseIfLate(standing.front());
}

absl::Status IssueJob::IssueFirst(const Region& region, const Interval& week, absl::Time now) {
  const absl::Time scored_until = week.begin + options_.max_grace;
  const auto wait = [&](const std::string& why) {
    std::string& known = waiting_for_[region.id];
    if (known != why) log_.Info(absl::StrCat("region ", region.id.value(), " is not issued yet: ", why));
    known = why;
    return absl::OkStatus();
  };
  if (models_.For(region.id) == nullptr) {
    if (now > scored_until) return wait("no model serves it");
    if (now < scored_until - options_.last_call) return wait("no model serves it; climatology at the last call");
  }
  ForecastRequest request;
  request.region = region.id;
  request.valid_from = week.begin;
  request.purpose = ForecastPurpose::kOperational;
  request.as_of = now;
  absl::StatusOr<Forecast> forecast = forecaster_.Compute(request);
  if (absl::IsFailedPrecondition(forecast.status())) return wait(std::string(forecast.status().message()));
  if (!forecast.ok()) return forecast.status();
  const bool scored = forecast->issued_at <= scored_until;
  if (absl::Status archived = Archive(*std::move(forecast), RevisionReason::kFirstIssue, scored); !archived.ok()) {
    return archived;
  }
  waiting_for_.erase(region.id);
  return absl::OkStatus();
}

// Windows of the forecast's stations that are newer than those it used, as text; "" when there are
// none.
absl::StatusOr<std::string> IssueJob::NewerWindows(const Forecast& standing, absl::Time now) {
  const absl::Time start = standing.valid_from - kWeekLength;
  ASSIGN_OR_RETURN(std::vector<WindowInfo> newest,
                   windows_.ListAsOfIssue({start, start + absl::Microseconds(1)}, now - standing.valid_from));
  std::map<StationId, int> revisions;
  for (const WindowInfo& info : newest) revisions[info.key.station] = info.key.revision;
  std::string newer;
  for (const StationCoverage& station : standing.stations) {
    const auto known = revisions.find(station.station);
    const int used = station.window.has_value() ? station.window->revision : 0;
    if (known != revisions.end() && known->second > used) {
      absl::StrAppend(&newer, station.station.value(), "@", known->second, " ");
    }
  }
  return newer;
}

absl::Status IssueJob::ReviseIfLate(const Forecast& standing) {
  const absl::Time now = clock_.Now();
  if (now >= standing.valid_to || standing.reason == RevisionReason::kWithdrawn) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::string newer, NewerWindows(standing, now));
  if (newer.empty()) return absl::OkStatus();
  const std::string considering = absl::StrCat(standing.id, ": ", newer);
  if (considered_[standing.region] == considering) return absl::OkStatus();
  ForecastRequest request;
  request.region = standing.region;
  request.valid_from = standing.valid_from;
  request.revises = std::make_shared<const Forecast>(standing);
  ASSIGN_OR_RETURN(Forecast forecast, forecaster_.Compute(request));
  if (absl::Status archived = Archive(std::move(forecast), RevisionReason::kLateData, false); !archived.ok()) {
    return archived;
  }
  considered_[standing.region] = considering;
  return absl::OkStatus();
}

absl::Status IssueJob::Archive(Forecast computed, RevisionReason reason, bool scored) {
  absl::StatusOr<ArchiveOutcome> outcome = ArchiveForecast(forecasts_, std::move(computed), reason, scored);
  // Another replica was faster: the next tick sees what it wrote.
  if (absl::IsAborted(outcome.status())) return absl::OkStatus();
  if (!outcome.ok()) return outcome.status();
  if (!outcome->appended) return absl::OkStatus();
  const Forecast& f = outcome->forecast;
  log_.Info(
      absl::StrCat("issued ", f.id, " of region ", f.region.value(), ": ", StatusName(f.status), ", ",
                   f.stations_usable, "/", f.stations_enrolled, " stations, ",
                   f.model_used ? f.model.version.value() : "climatology", f.scored ? ", scored" : ""),
      {{"event", "issue"}, {"region", f.region.value()}, {"forecast", f.id}, {"revision", absl::StrCat(f.revision)}});
  if (on_appended_) on_appended_(f);
  return absl::OkStatus();
}

}  // namespace tremorcast
