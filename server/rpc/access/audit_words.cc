#include "server/rpc/access/audit_words.h"

#include <utility>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/skill/records.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
absl::Status CheckAuditWords(absl::string_view reason, absl::string_view actor) {
  std::vector<FieldViolation> violations;
  if (reason.empty()) violations.push_back({"reason", "is required: it stays on record for ever"});
  // However it is written, it would look the same in the ledger.
  if (absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(actor), kAutoActor))
    violations.push_back({"actor", absl::StrCat("\"", kAutoActor, "\" is what the service itself signs with")});
  return violations.empty() ? absl::OkStatus() : InvalidFields(std::move(violations));
}

absl::StatusOr<std::string> ActorOf(AccessControl& access, const std::string& given, const Credential& caller) {
  ASSIGN_OR_RETURN(auto name, access.NameOf(caller));
  if (name.empty()) return given.empty() ? "unknown" : given;
  // An operator may call a principal what the service calls itself.
  if (name == kAutoActor) name = absl::StrCat("principal ", name);
  return given.empty() || given == name ? name : absl::StrCat(given, " (", name, ")");
}

}  // namespace tremorcast::rpc
