#include "server/rpc/services/catalog_service.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/time/clock.h>

#include "core/base/status_macros.h"
#include "server/rpc/access/audit_words.h"
#include "server/rpc/wire/convert_event.h"
#include "server/rpc/wire/convert_time.h"
#include "server/rpc/wire/page_token.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

// What the page before ended with, and the moment all pages of one listing look at.
struct EventCursor {
  absl::Time as_of;
  EventPosition last;
};

// Seconds and the nanoseconds after them: nanoseconds alone do not reach from the year 1 to 9999.
std::string Encode(absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  return absl::StrCat(seconds, " ", absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds)));
}

// Sources and ids are free text, so they come last and the source's length goes before them.
std::string Encode(const EventCursor& cursor) {
  return absl::StrCat(Encode(cursor.as_of), " ", Encode(cursor.last.origin_time), " ", cursor.last.source.size(), " ",
                      cursor.last.source, cursor.last.source_event_id);
}

absl::StatusOr<EventCursor> Decode(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits(' ', 5));
  std::array<int64_t, 5> numbers = {};
  bool whole = parts.size() == 6;
  for (size_t i = 0; whole && i < numbers.size(); ++i) whole = absl::SimpleAtoi(parts[i], &numbers[i]);
  if (!whole || numbers[4] < 0 || numbers[4] > static_cast<int64_t>(parts[5].size())) {
    return InvalidField("page_token", "is not a token of this service");
  }
  const auto time = [&](size_t at) { return absl::FromUnixSeconds(numbers[at]) + absl::Nanoseconds(numbers[at + 1]); };
  const auto length = static_cast<size_t>(numbers[4]);
  return EventCursor{time(0), {time(2), parts[5].substr(0, length), parts[5].substr(length)}};
}

// The filters, in a fixed form that ties a page token to them.
std::string QueryText(const v1::ListEventsRequest& request) {
  return absl::StrCat("events ", request.start_time().seconds(), ".", request.start_time().nanos(), " ",
                      request.end_time().seconds(), ".", request.end_time().nanos(), " ", request.has_min_magnitude(),
                      " ", request.min_magnitude(), " ", request.as_of_time().seconds(), ".",
                      request.as_of_time().nanos(), " ", request.include_deleted());
}

// Later than this ahead of our clock an event is misdated. A simulated world has its own time.
constexpr absl::Duration kClockTolerance = absl::Hours(24);

struct Latest {
  absl::Time origin, update;
};

absl::StatusOr<std::vector<SeismicEvent>> ToEvents(const v1::ImportEventsRequest& request, const Latest& latest) {
  if (request.events_size() > kMaxEventsPerImport) {
    return InvalidField("events", absl::StrCat("has ", request.events_size(), " events; at most ", kMaxEventsPerImport,
                                               " are allowed"));
  }
  std::vector<SeismicEvent> events;
  std::vector<FieldViolation> violations;
  for (int i = 0; i < request.events_size(); ++i) {
    const std::string field = absl::StrCat("events[", i, "]");
    auto event = ToEvent(field, request.events(i));
    if (event.ok() && event->origin_time > latest.origin && event->source != kSimulatedSource) {
      violations.push_back({absl::StrCat(field, ".origin_time"), "lies in the future"});
    } else if (event.ok() && event->updated > latest.update && event->source != kSimulatedSource) {
      violations.push_back(
          {absl::StrCat(field, ".update_time"), "lies in the future"});  // no other would ever be newer
    } else if (event.ok()) {
      events.push_back(*std::move(event));
    } else {
      violations.push_back({field, std::string(event.status().message())});
    }
  }
  if (!violations.empty()) return InvalidFields(std::move(violations));
  return events;
}

absl::StatusOr<std::vector<EventWithdrawal>> ToWithdrawals(const v1::ImportEventsRequest& request,
                                                           const Latest& latest) {
  if (request.withdrawals_size() > kMaxEventsPerImport) {
    return InvalidField("withdrawals", absl::StrCat("has ", request.withdrawals_size(), " events; at most ",
                                                    kMaxEventsPerImport, " are allowed"));
  }
  std::vector<EventWithdrawal> withdrawals;
  for (int i = 0; i < request.withdrawals_size(); ++i) {
    const std::string field = absl::StrCat("withdrawals[", i, "]");
    ASSIGN_OR_RETURN(EventWithdrawal one, ToWithdrawal(field, request.withdrawals(i)));
    if (one.updated > latest.update && one.source != kSimulatedSource)
      return InvalidField(absl::StrCat(field, ".update_time"), "lies in the future");
    withdrawals.push_back(std::move(one));
  }
  return withdrawals;
}

}  // namespace

CatalogService::CatalogService(EventStore& store, NetworkDirectory& directory, const Clock& clock,
                               AccessControl& access, CallRunner database, std::function<void()> on_changed)
    : store_(store),
      directory_(directory),
      clock_(clock),
      access_(access),
      database_(std::move(database)),
      on_changed_(std::move(on_changed)) {}

grpc::ServerUnaryReactor* CatalogService::ImportEvents(grpc::CallbackServerContext* context,
                                                       const v1::ImportEventsRequest* request,
                                                       v1::ImportEventsResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) { return Import(*request, response); });
}

grpc::ServerUnaryReactor* CatalogService::ListEvents(grpc::CallbackServerContext* context,
                                                     const v1::ListEventsRequest* request,
                                                     v1::ListEventsResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) { return List(*request, response); });
}

grpc::ServerUnaryReactor* CatalogService::StateCompleteness(grpc::CallbackServerContext* context,
                                                            const v1::StateCompletenessRequest* request,
                                                            v1::StateCompletenessResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(Completeness statement, ToStatement("statement", request->statement()));
    if (statement.region.has_value()) {
      // Of a region that there is not, nothing would ever follow, and nobody would learn of the slip.
      ASSIGN_OR_RETURN(const auto network, directory_.ForRegion(*statement.region));
      if (network->FindRegion(*statement.region) == nullptr)
        return absl::NotFoundError(absl::StrCat("no region ", statement.region->value()));
    }
    ASSIGN_OR_RETURN(const Completeness standing,
                     State("statement.complete_until_time", std::move(statement), request->extend()));
    FillStatement(standing, response->mutable_statement());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* CatalogService::RevokeCompleteness(grpc::CallbackServerContext* context,
                                                             const v1::RevokeCompletenessRequest* request,
                                                             v1::RevokeCompletenessResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(const Completeness revoked, store_.RevokeComplete(request->id(), clock_.Now()));
    FillStatement(revoked, response->mutable_statement());
    if (on_changed_) on_changed_();
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* CatalogService::ListCompleteness(grpc::CallbackServerContext* context,
                                                           const v1::ListCompletenessRequest* request,
                                                           v1::ListCompletenessResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(const auto statements, store_.ListCompleteness(request->include_revoked()));
    for (const Completeness& one : statements) FillStatement(one, response->add_statements());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* CatalogService::DecideIdentity(grpc::CallbackServerContext* context,
                                                         const v1::DecideIdentityRequest* request,
                                                         v1::DecideIdentityResponse* response) {
  return database_.Run(context, request, [this, context, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(IdentityDecision decision, ToDecision(*request));
    RETURN_IF_ERROR(CheckAuditWords(request->reason(), request->actor()));
    ASSIGN_OR_RETURN(decision.actor, ActorOf(access_, request->actor(), CredentialOf(*context)));
    decision.reason = request->reason();
    decision.decided_at = clock_.Now();
    ASSIGN_OR_RETURN(const IdentityDecision standing, store_.Decide(decision));
    FillDecision(standing, response->mutable_decision());
    if (on_changed_) on_changed_();
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* CatalogService::TakeBackIdentityDecision(grpc::CallbackServerContext* context,
                                                                   const v1::TakeBackIdentityDecisionRequest* request,
                                                                   v1::TakeBackIdentityDecisionResponse* response) {
  return database_.Run(context, request, [this, context, request, response](absl::Time) -> absl::Status {
    RETURN_IF_ERROR(CheckAuditWords(request->reason(), request->actor()));
    ASSIGN_OR_RETURN(std::string actor, ActorOf(access_, request->actor(), CredentialOf(*context)));
    ASSIGN_OR_RETURN(const IdentityDecision decision,
                     store_.TakeBack(request->id(), {clock_.Now(), request->reason(), std::move(actor)}));
    FillDecision(decision, response->mutable_decision());
    if (on_changed_) on_changed_();
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* CatalogService::ListIdentityDecisions(grpc::CallbackServerContext* context,
                                                                const v1::ListIdentityDecisionsRequest* request,
                                                                v1::ListIdentityDecisionsResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(const auto decisions, store_.ListDecisions(request->include_taken_back()));
    for (const IdentityDecision& one : decisions) FillDecision(one, response->add_decisions());
    return absl::OkStatus();
  });
}

absl::StatusOr<Completeness> CatalogService::State(absl::string_view field, Completeness statement, bool extend) {
  // A catalogue cannot be complete for a time that has not come.
  if (statement.period.end > clock_.Now()) return InvalidField(field, "lies in the future");
  statement.stated_at = clock_.Now();
  ASSIGN_OR_RETURN(Completeness standing, store_.StateComplete(statement, extend));
  if (on_changed_) on_changed_();
  return standing;
}

absl::Status CatalogService::Import(const v1::ImportEventsRequest& request, v1::ImportEventsResponse* response) {
  // In a replay catalogues are read as they are kept today, long after its own time.
  const Latest latest = {clock_.Now() + kClockTolerance, std::max(clock_.Now(), absl::Now()) + kClockTolerance};
  ASSIGN_OR_RETURN(const auto events, ToEvents(request, latest));
  ASSIGN_OR_RETURN(const auto withdrawals, ToWithdrawals(request, latest));
  Completeness statement;
  if (request.has_complete_until_time()) {
    if (request.complete_source().empty())
      return InvalidField("complete_source", "is required with complete_until_time");
    ASSIGN_OR_RETURN(statement.period.end, ToTime("complete_until_time", request.complete_until_time()));
    if (statement.period.end > clock_.Now()) return InvalidField("complete_until_time", "lies in the future");
    statement.source = request.complete_source();
  }
  ASSIGN_OR_RETURN(const auto counts, store_.Import(CatalogueImport{events, withdrawals}, clock_.Now()));
  response->set_outdated_count(counts.outdated);
  response->set_withdrawn_count(counts.withdrawn);
  response->set_inserted_count(counts.inserted);
  response->set_revised_count(counts.revised);
  response->set_unchanged_count(counts.unchanged);
  if (request.has_complete_until_time()) {
    RETURN_IF_ERROR(State("complete_until_time", statement, true).status());
  } else if (on_changed_ && counts.inserted + counts.revised + counts.withdrawn > 0) {
    on_changed_();
  }
  return absl::OkStatus();
}

absl::Status CatalogService::List(const v1::ListEventsRequest& request, v1::ListEventsResponse* response) {
  ASSIGN_OR_RETURN(const auto size, PageSize(request.page_size(), 1000, 10000));
  ASSIGN_OR_RETURN(const auto range, TimeRange(request));
  const std::string query_text = QueryText(request);
  ASSIGN_OR_RETURN(const auto token, ParsePageToken(query_text, request.page_token()));

  EventQuery query;
  query.origin_time = range;
  if (request.has_min_magnitude()) {
    if (std::isnan(request.min_magnitude())) return InvalidField("min_magnitude", "is no number");
    query.min_magnitude = request.min_magnitude();
  }
  query.include_deleted = request.include_deleted();
  absl::StatusOr<absl::Time> as_of = clock_.Now();
  if (request.has_as_of_time()) as_of = ToTime("as_of_time", request.as_of_time());
  if (!as_of.ok()) return as_of.status();
  query.as_of = *as_of;
  if (!token.empty()) {
    ASSIGN_OR_RETURN(const EventCursor cursor, Decode(token));
    query.as_of = cursor.as_of;
    query.after = cursor.last;
  }
  query.limit = size + 1;  // one more says that there is a next page

  ASSIGN_OR_RETURN(const auto events, store_.List(query));
  PageRoom room(size);
  for (const SeismicEvent& event : events) {
    v1::SeismicEvent one;
    FillEvent(event, &one);
    if (!room.Add(std::move(one), response->mutable_events())) break;
  }
  if (const auto taken = static_cast<size_t>(room.taken()); taken < events.size()) {
    const SeismicEvent& last = events[taken - 1];
    response->set_next_page_token(
        MakePageToken(query_text, Encode({query.as_of, {last.origin_time, last.source, last.source_event_id}})));
  }
  ASSIGN_OR_RETURN(const auto statements, store_.ListCompleteness(false));
  for (const auto& [source, until] : CompleteUntilBySource(statements)) {
    v1::CatalogueCompleteness* one = response->add_completeness();
    one->set_source(source);
    SetTimestamp(until, one->mutable_complete_until_time());
  }
  return absl::OkStatus();
}

}  // namespace tremorcast::rpc
