#pragma once

// Who and why, as requests that change something give them and the record keeps them.

#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "server/rpc/access/auth.h"

namespace tremorcast::rpc {

// InvalidArgument naming the fields `reason` and `actor`: no reason, or the name the service
// signs with. That both are plain and short enough was checked before (CallRunner).
absl::Status CheckAuditWords(absl::string_view reason, absl::string_view actor);
// Who goes on record: the principal who called, beside the name given where that is another one;
// the name given, or "unknown", where nobody is asked who they are. Errors: as
// AccessControl::NameOf.
absl::StatusOr<std::string> ActorOf(AccessControl& access, const std::string& given, const Credential& caller);

}  // namespace tremorcast::rpc
