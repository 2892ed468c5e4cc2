#pragma once

// Catalogued events: proto <-> core. Pure; thread safe.

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/catalogue/completeness.h"
#include "core/catalogue/event.h"
#include "core/catalogue/identity.h"
#include "tremorcast/v1/catalog_service.pb.h"

namespace tremorcast::rpc {

void FillEvent(const SeismicEvent& event, v1::SeismicEvent* proto);
// InvalidArgument naming `field` ("events[3]") and what is wrong with it.
absl::StatusOr<SeismicEvent> ToEvent(absl::string_view field, const v1::SeismicEvent& proto);
absl::StatusOr<EventWithdrawal> ToWithdrawal(absl::string_view field, const v1::EventWithdrawal& proto);

void FillDecision(const IdentityDecision& decision, v1::IdentityDecision* proto);
// Without who and why.
absl::StatusOr<IdentityDecision> ToDecision(const v1::DecideIdentityRequest& request);

void FillStatement(const Completeness& statement, v1::CompletenessStatement* proto);
// InvalidArgument naming the field of `field` at fault. `id` and the output-only times are left out.
absl::StatusOr<Completeness> ToStatement(absl::string_view field, const v1::CompletenessStatement& proto);

}  // namespace tremorcast::rpc
