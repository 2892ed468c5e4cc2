#include "server/rpc/wire/convert_event.h"

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "server/rpc/wire/convert_network.h"
#include "server/rpc/wire/convert_time.h"
#include "server/rpc/wire/resource_names.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {

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
