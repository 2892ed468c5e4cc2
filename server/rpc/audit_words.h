#pragma once

// Who and why, as requests that change something give them and the record keeps them. Pure.

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tremorcast::rpc {

// InvalidArgument naming the fields `reason` and `actor`: no reason, too long, or the name the service signs with.
absl::Status CheckAuditWords(absl::string_view reason, absl::string_view actor);
// "unknown" for nobody.
std::string ActorOf(const std::string& actor);

}  // namespace tremorcast::rpc
