#include "server/rpc/wire/convert_event.h"

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "server/rpc/wire/convert_network.h"
#include "server/rpc/wire/convert_time.h"
#include "server/rpc/wire/resource_names.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {

static_assert(static_cast<int>(v1::IDENTITY_VERDICT_JOINED) == static_cast<int>(IdentityVerdict::kJoined));
static_assert(static_cast<int>(v1::IDENTITY_VERDICT_APART) == static_cast<int>(IdentityVerdict::kApart));
static_assert(static_cast<int>(v1::IDENTITY_VERDICT_WITHDRAWN) == static_cast<int>(IdentityVerdict::kWithdrawn));

void FillEvent(const SeismicEvent& event, v1::SeismicEvent* proto) {
  proto->set_source(event.source);
  proto->set_source_event_id(event.source_event_id);
  SetTimestamp(event.origin_time, proto->mutable_origin_time());
  FillPoint(event.epicenter, proto->mutable_epicenter());
  if (event.depth_km.has_value()) proto->set_depth_km(*event.depth_km);
  proto->set_magnitude(event.magnitude);
  proto->set_magnitude_type(event.magnitude_type);
  proto->set_place(event.place);
  proto->set_deleted(event.deleted);
  proto->set_revision(event.revision);
  SetIfFinite(event.recorded_at, [&] { return proto->mutable_record_time(); });
  if (event.updated.has_value()) SetIfFinite(*event.updated, [&] { return proto->mutable_update_time(); });
  proto->mutable_joined_decisions()->Add(event.joined.begin(), event.joined.end());
  proto->mutable_apart_decisions()->Add(event.apart.begin(), event.apart.end());
  proto->set_withdrawn(event.withdrawn);
}

void FillDecision(const IdentityDecision& decision, v1::IdentityDecision* proto) {
  const auto fill = [](const EventRef& ref, v1::EventRef* out) {
    out->set_source(ref.source);
    out->set_source_event_id(ref.source_event_id);
  };
  proto->set_id(decision.id);
  proto->set_verdict(static_cast<v1::IdentityVerdict>(decision.verdict));
  fill(decision.event, proto->mutable_event());
  if (decision.other.has_value()) fill(*decision.other, proto->mutable_other());
  proto->set_actor(decision.actor);
  SetIfFinite(decision.decided_at, [&] { return proto->mutable_decide_time(); });
  proto->set_reason(decision.reason);
  if (!decision.taken_back.has_value()) return;
  proto->set_take_back_actor(decision.taken_back->actor);
  SetIfFinite(decision.taken_back->at, [&] { return proto->mutable_take_back_time(); });
  proto->set_take_back_reason(decision.taken_back->reason);
}

absl::StatusOr<IdentityDecision> ToDecision(const v1::DecideIdentityRequest& request) {
  const auto ref = [](const v1::EventRef& proto) { return EventRef{proto.source(), proto.source_event_id()}; };
  if (request.verdict() < v1::IDENTITY_VERDICT_JOINED || request.verdict() > v1::IDENTITY_VERDICT_WITHDRAWN) {
    return InvalidField("verdict", "is required");
  }
  IdentityDecision decision;
  decision.verdict = static_cast<IdentityVerdict>(request.verdict());
  decision.event = ref(request.event());
  if (request.has_other()) decision.other = ref(request.other());
  if (const absl::Status valid = ValidateDecision(decision); !valid.ok()) return InvalidField("event", valid.message());
  return decision;
}

absl::StatusOr<SeismicEvent> ToEvent(absl::string_view field, const v1::SeismicEvent& proto) {
  if (!proto.has_origin_time()) return InvalidField(absl::StrCat(field, ".origin_time"), "is required");
  if (!proto.has_epicenter()) return InvalidField(absl::StrCat(field, ".epicenter"), "is required");
  ASSIGN_OR_RETURN(const auto origin_time, ToTime(absl::StrCat(field, ".origin_time"), proto.origin_time()));
  SeismicEvent event;
  event.source = proto.source();
  event.source_event_id = proto.source_event_id();
  event.origin_time = origin_time;
  event.epicenter = ToPoint(proto.epicenter());
  if (proto.has_depth_km()) event.depth_km = proto.depth_km();
  event.magnitude = proto.magnitude();
  event.magnitude_type = proto.magnitude_type();
  event.place = proto.place();
  event.deleted = proto.deleted();
  if (proto.has_update_time()) {
    ASSIGN_OR_RETURN(event.updated, ToTime(absl::StrCat(field, ".update_time"), proto.update_time()));
  }
  if (const absl::Status valid = ValidateEvent(event); !valid.ok()) return InvalidField(field, valid.message());
  return event;
}

absl::StatusOr<EventWithdrawal> ToWithdrawal(absl::string_view field, const v1::EventWithdrawal& proto) {
  if (proto.source().empty()) return InvalidField(absl::StrCat(field, ".source"), "is required");
  if (proto.source_event_id().empty()) return InvalidField(absl::StrCat(field, ".source_event_id"), "is required");
  EventWithdrawal withdrawal = {proto.source(), proto.source_event_id(), {}};
  if (proto.has_update_time()) {
    ASSIGN_OR_RETURN(withdrawal.updated, ToTime(absl::StrCat(field, ".update_time"), proto.update_time()));
  }
  return withdrawal;
}

void FillStatement(const Completeness& statement, v1::CompletenessStatement* proto) {
  proto->set_id(statement.id);
  proto->set_source(statement.source);
  if (statement.region.has_value()) proto->set_region(RegionName(*statement.region));
  SetIfFinite(statement.period.begin, [&] { return proto->mutable_complete_from_time(); });
  SetIfFinite(statement.period.end, [&] { return proto->mutable_complete_until_time(); });
  proto->set_magnitude(statement.magnitude);
  proto->set_basis(static_cast<v1::CompletenessBasis>(static_cast<int>(statement.basis) + 1));
  proto->set_note(statement.note);
  SetIfFinite(statement.stated_at, [&] { return proto->mutable_state_time(); });
  if (statement.revoked_at.has_value())
    SetIfFinite(*statement.revoked_at, [&] { return proto->mutable_revoke_time(); });
}

absl::StatusOr<Completeness> ToStatement(absl::string_view field, const v1::CompletenessStatement& proto) {
  Completeness statement;
  statement.source = proto.source();
  if (!proto.region().empty()) {
    ASSIGN_OR_RETURN(statement.region, ParseRegionName(absl::StrCat(field, ".region"), proto.region()));
  }
  if (proto.has_complete_from_time()) {
    ASSIGN_OR_RETURN(statement.period.begin,
                     ToTime(absl::StrCat(field, ".complete_from_time"), proto.complete_from_time()));
  }
  if (!proto.has_complete_until_time()) return InvalidField(absl::StrCat(field, ".complete_until_time"), "is required");
  ASSIGN_OR_RETURN(statement.period.end,
                   ToTime(absl::StrCat(field, ".complete_until_time"), proto.complete_until_time()));
  if (proto.has_magnitude()) statement.magnitude = proto.magnitude();
  if (proto.basis() == v1::COMPLETENESS_BASIS_INFERRED) statement.basis = CompletenessBasis::kInferred;
  statement.note = proto.note();
  if (const absl::Status valid = ValidateCompleteness(statement); !valid.ok())
    return InvalidField(field, valid.message());
  return statement;
}

}  // namespace tremorcast::rpc
