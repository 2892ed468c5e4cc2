#include "server/jobs/issue_job.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "core/network/rings.h"
#include "server/pipeline/catalogue_view.h"
#include "server/pipeline/forecast_archive.h"

namespace tremorcast {
namespace {

// How soon an issue that the catalogue rung would not answer is looked at again.
constexpr absl::Duration kTryAgain = absl::Minutes(10);

// Whether the forecast began after the event and knew it as it is listed now. An import that was
// still on its way when the forecast was made is not told by its time alone.
bool Knew(const Forecast& forecast, const SeismicEvent& event) {
  return forecast.valid_from > event.origin_time && forecast.outlook->known_at >= event.recorded_at &&
         forecast.outlook->last_event >= event.origin_time - absl::Milliseconds(1);
}

}  // namespace

IssueJob::IssueJob(Options options, Forecaster& forecaster, NetworkDirectory& network, WindowStore& windows,
                   EventStore& events, ForecastStore& forecasts, ModelHost& models, const Clock& clock, const Log& log)
    : options_(options),
      forecaster_(forecaster),
      network_(network),
      windows_(windows),
      events_(events),
      forecasts_(forecasts),
      models_(models),
      clock_(clock),
      log_(log) {}

absl::Status IssueJob::Tick(absl::Time now, const std::function<bool()>& may_continue) {
  // A station or region that was just imported belongs in the issue.
  RETURN_IF_ERROR(network_.Refresh());
  const std::shared_ptr<const NetworkSnapshot> network = network_.Snapshot();
  absl::Status first_failure = IssueWeekly(*network, now, may_continue);
  if (absl::IsUnavailable(first_failure) || absl::IsCancelled(first_failure)) return first_failure;
  if (models_.Catalogue() == nullptr) return first_failure;
  for (const auto issue : {&IssueJob::IssueDaily, &IssueJob::IssueAfterEvents}) {
    absl::Status status = (this->*issue)(*network, now, may_continue);
    if (absl::IsUnavailable(status)) return status;
    first_failure.Update(status);
  }
  return first_failure;
}

absl::Status IssueJob::IssueWeekly(const NetworkSnapshot& network, absl::Time now,
                                   const std::function<bool()>& may_continue) {
  const Interval week = WeekGrid::Service().Containing(now);
  if (now < week.begin + options_.grace || week.begin < options_.issue_from) return absl::OkStatus();
  absl::Status first_failure;
  for (const Region& region : network.regions()) {
    if (!may_continue()) return absl::CancelledError("stopped between two regions");
    const absl::Status status = IssueOrRevise(region, week, now);
    if (absl::IsUnavailable(status)) return status;
    first_failure.Update(status);
  }
  return first_failure;
}

// The day that holds now, counted from the begin of its week; the week's own issue is its first.
absl::Status IssueJob::IssueDaily(const NetworkSnapshot& network, absl::Time now,
                                  const std::function<bool()>& may_continue) {
  const Interval week = WeekGrid::Service().Containing(now);
  const absl::Time day = week.begin + absl::Hours(24) * ((now - week.begin) / absl::Hours(24));
  if (!options_.daily || day == week.begin || now < day + options_.grace || day < options_.issue_from) {
    return absl::OkStatus();
  }
  absl::Status first_failure;
  for (const Region& region : network.regions()) {
    if (!may_continue()) return absl::CancelledError("stopped between two regions");
    ForecastQuery query;
    query.region = region.id;
    query.purposes = {ForecastPurpose::kOperational, ForecastPurpose::kTest};
    query.issues = {};
    query.valid_from = {day, day + absl::Microseconds(1)};
    ASSIGN_OR_RETURN(const std::vector<Forecast> standing, forecasts_.List(query));
    if (standing.empty()) first_failure.Update(IssueFromCatalogue(region, day, IssueKind::kDaily, "", now));
  }
  return first_failure;
}

absl::Status IssueJob::IssueAfterEvents(const NetworkSnapshot& network, absl::Time,
                                        const std::function<bool()>& may_continue) {
  // What was imported since the tick began belongs to it, and what is seen here must be what the
  // forecast sees.
  const absl::Time now = clock_.Now();
  EventQuery query;
  query.as_of = now;
  query.origin_time = {std::max(now - options_.event_max_age, options_.issue_from), now};
  query.min_magnitude = options_.event_magnitude;
  if (query.origin_time.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<SeismicEvent> listed, events_.List(query));
  if (listed.empty()) return absl::OkStatus();
  const std::shared_ptr<const ServedModel> model = models_.Catalogue();
  const std::vector<SeismicEvent> events =
      CatalogueFor(model != nullptr && model->record.simulated, listed, options_.catalogue_precedence);
  // Earthquakes of this second are not before it.
  const absl::Time valid_from = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  absl::Status first_failure;
  for (const Region& region : network.regions()) {
    if (!may_continue()) return absl::CancelledError("stopped between two regions");
    std::vector<const SeismicEvent*> near;
    for (const SeismicEvent& event : events) {
      if (event.origin_time < valid_from && DistanceToRegionKm(region, event.epicenter) <= options_.event_distance_km) {
        near.push_back(&event);
      }
    }
    if (near.empty()) continue;
    ASSIGN_OR_RETURN(const std::vector<Forecast> later, AnswersSince(region, near.front()->origin_time));
    std::erase_if(near, [&](const SeismicEvent* event) {
      return std::any_of(later.begin(), later.end(), [&](const Forecast& f) { return Knew(f, *event); });
    });
    if (near.empty()) continue;
    const SeismicEvent& largest = **std::max_element(
        near.begin(), near.end(), [](const auto* a, const auto* b) { return a->magnitude < b->magnitude; });
    const double away = DistanceToRegionKm(region, largest.epicenter);
    const absl::Time second = absl::FromUnixSeconds(absl::ToUnixSeconds(largest.origin_time));  // as people read it
    const std::string where = away > 0 ? absl::StrFormat("%.0f km away", away) : "in the region";
    first_failure.Update(
        IssueFromCatalogue(region, valid_from, IssueKind::kEvent,
                           absl::StrFormat("M %.1f of %s, %s", largest.magnitude, FormatUtc(second), where), now));
  }
  return first_failure;
}

// The region's forecasts from after `since` that the catalogue rung answered for, or could have.
absl::StatusOr<std::vector<Forecast>> IssueJob::AnswersSince(const Region& region, absl::Time since) {
  ForecastQuery query;
  query.region = region.id;
  query.purposes = {ForecastPurpose::kOperational, ForecastPurpose::kTest};
  query.issues = {};
  query.valid_from = {since + absl::Microseconds(1), absl::InfiniteFuture()};
  query.newest_first = true;
  ASSIGN_OR_RETURN(std::vector<Forecast> later, forecasts_.List(query));
  std::erase_if(later, [](const Forecast& forecast) {
    const RungAnswer* rung = FindRung(forecast, Rung::kCatalogue);
    return rung == nullptr || !rung->demonstrated_skill || !forecast.outlook.has_value();
  });
  return later;
}

// Archives it only where a rung above climatology answers that has shown skill.
absl::Status IssueJob::IssueFromCatalogue(const Region& region, absl::Time valid_from, IssueKind kind,
                                          const std::string& trigger, absl::Time now) {
  absl::Time& tried = unanswered_.try_emplace({region.id, kind}, absl::InfinitePast()).first->second;
  if (now - tried < kTryAgain) return absl::OkStatus();
  ForecastRequest request;
  request.region = region.id;
  request.valid_from = valid_from;
  request.purpose = ForecastPurpose::kOperational;
  request.issue = kind;
  request.trigger = trigger;
  request.as_of = now;
  absl::StatusOr<Forecast> forecast = forecaster_.Compute(request);
  if (absl::IsFailedPrecondition(forecast.status())) return absl::OkStatus();  // no climatology yet
  if (!forecast.ok()) return forecast.status();
  if (AnsweringRung(*forecast) == Rung::kClimatology || !forecast->demonstrated_skill) {
    tried = now;
    const RungAnswer* rung = FindRung(*forecast, Rung::kCatalogue);
    log_.Info(absl::StrCat("no ", IssueKindName(kind), " issue of region ", region.id.value(),
                           trigger.empty() ? "" : " after ", trigger, ": ", rung != nullptr ? rung->verdict : ""));
    return absl::OkStatus();
  }
  const bool scored = kind == IssueKind::kDaily && forecast->issued_at <= valid_from + options_.max_grace;
  return Archive(*std::move(forecast), RevisionReason::kFirstIssue, scored);
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
  if (models_.For(region.id) == nullptr && models_.Catalogue() == nullptr) {
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
      absl::StrCat("issued ", f.id, f.trigger.empty() ? "" : " after ", f.trigger, " of region ", f.region.value(),
                   ": ", StatusName(f.status), ", ", f.stations_usable, "/", f.stations_enrolled, " stations, ",
                   f.model_used ? f.model.version.value() : "climatology", f.scored ? ", scored" : ""),
      {{"event", "issue"}, {"region", f.region.value()}, {"forecast", f.id}, {"revision", absl::StrCat(f.revision)}});
  if (on_appended_) on_appended_(f);
  return absl::OkStatus();
}

}  // namespace tremorcast
