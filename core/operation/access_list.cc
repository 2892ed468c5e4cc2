#include "core/operation/access_list.h"

#include <algorithm>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"

namespace tremorcast {
namespace {

constexpr absl::string_view kTokenPrefix = "tcast_";
constexpr absl::string_view kUntil = "until=";
constexpr size_t kTokenIdDigits = 8;
constexpr size_t kSecretCharacters = 43;  // 32 bytes in base64url without padding
constexpr size_t kHashDigits = 64;
constexpr std::pair<absl::string_view, RoleSet> kRoleNames[] = {
    {"reader", kReader}, {"writer", kWriter}, {"admin", kAdmin}};

bool IsHex(absl::string_view text, size_t digits) {
  return text.size() == digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

absl::Status ParseCredential(absl::string_view text, Principal* principal) {
  if (absl::ConsumePrefix(&text, "cert:")) {
    if (text.empty()) return absl::InvalidArgumentError("cert: needs the name in the certificate");
    principal->certificate = std::string(text);
    return absl::OkStatus();
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  if (parts.size() != 3 || parts[0] != "token" || !IsHex(parts[1], kTokenIdDigits) || !IsHex(parts[2], kHashDigits)) {
    return absl::InvalidArgumentError(
        "the credential is cert:NAME or token:ID:SHA256, as 'tremorcast token create' writes it");
  }
  principal->token_id = std::string(parts[1]);
  principal->token_hash = std::string(parts[2]);
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> ParseUntil(absl::string_view word) {
  const auto time = absl::ConsumePrefix(&word, kUntil) ? ParseTime(word) : absl::InvalidArgumentError("");
  // The word may be a token in the wrong column: it is not repeated.
  if (!time.ok()) {
    return absl::InvalidArgumentError(
        "the fifth word is until=TIME, and the time is written 2027-03-01 (UTC+8) or 2027-03-01T00:00:00Z");
  }
  return *time;
}

absl::StatusOr<Principal> ParseLine(absl::string_view line) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.size() != 4 && words.size() != 5) {
    return absl::InvalidArgumentError("needs four words: NAME ROLES STATIONS CREDENTIAL; a fifth may be until=TIME");
  }
  Principal principal;
  principal.name = std::string(words[0]);
  ASSIGN_OR_RETURN(principal.roles, ParseRoles(words[1]));
  if (words[2] != "-") {
    ASSIGN_OR_RETURN(principal.stations, ParseStations(words[2]));
  }
  RETURN_IF_ERROR(ParseCredential(words[3], &principal));
  if (words.size() == 5) {
    ASSIGN_OR_RETURN(principal.until, ParseUntil(words[4]));
  }
  RETURN_IF_ERROR(ValidatePrincipal(principal));
  return principal;
}

// Indices of the principals with something in `field`, in its order; nothing when two have the
// same.
absl::StatusOr<std::vector<size_t>> Index(const std::vector<Principal>& principals, std::string Principal::*field,
                                          absl::string_view what) {
  std::vector<size_t> index;
  for (size_t i = 0; i < principals.size(); ++i) {
    if (!(principals[i].*field).empty()) index.push_back(i);
  }
  std::sort(index.begin(), index.end(),
            [&](size_t a, size_t b) { return principals[a].*field < principals[b].*field; });
  const auto same = std::adjacent_find(
      index.begin(), index.end(), [&](size_t a, size_t b) { return principals[a].*field == principals[b].*field; });
  if (same != index.end()) {
    return absl::InvalidArgumentError(absl::StrCat(principals[*same].name, " and ", principals[*(same + 1)].name,
                                                   " have the same ", what, "; one line for each credential"));
  }
  return index;
}

const Principal* Find(const std::vector<Principal>& principals, const std::vector<size_t>& index,
                      std::string Principal::*field, absl::string_view wanted) {
  const auto at = std::lower_bound(index.begin(), index.end(), wanted,
                                   [&](size_t i, absl::string_view value) { return principals[i].*field < value; });
  return at != index.end() && principals[*at].*field == wanted ? &principals[*at] : nullptr;
}

}  // namespace

bool Principal::Owns(const StationId& station) const {
  if ((roles & kAdmin) != 0) return true;
  return (roles & kWriter) != 0 && std::any_of(stations.begin(), stations.end(), [&](absl::string_view own) {
           return absl::ConsumeSuffix(&own, "*") ? absl::StartsWith(station.value(), own) : station.value() == own;
         });
}

absl::StatusOr<RoleSet> ParseRoles(absl::string_view text) {
  RoleSet roles = 0;
  for (const absl::string_view word : absl::StrSplit(text, ',')) {
    const auto* known = std::find_if(std::begin(kRoleNames), std::end(kRoleNames),
                                     [&](const auto& role) { return role.first == word; });
    if (known == std::end(kRoleNames)) {
      // The word may be a token in the wrong column: it is not repeated.
      return absl::InvalidArgumentError("the roles are reader, writer and admin; several are joined by commas");
    }
    roles |= known->second;
  }
  return roles;
}

std::string RolesText(RoleSet roles) {
  std::vector<absl::string_view> words;
  for (const auto& [word, role] : kRoleNames) {
    if ((roles & role) != 0) words.push_back(word);
  }
  return absl::StrJoin(words, ",");
}

absl::StatusOr<std::vector<std::string>> ParseStations(absl::string_view text) {
  std::vector<std::string> stations = absl::StrSplit(text, ',');
  for (const absl::string_view station : stations) {
    const absl::string_view id = absl::StripSuffix(station, "*");
    if (id.empty() && station == "*") continue;
    RETURN_IF_ERROR(ValidateId("station", id));
  }
  return stations;
}

absl::Status ValidatePrincipal(const Principal& principal) {
  RETURN_IF_ERROR(ValidateId("name", principal.name));
  // Names are shown everywhere; a token in the wrong column must not be.
  if (absl::StartsWith(principal.name, kTokenPrefix)) {
    return absl::InvalidArgumentError("a name must not begin as tokens do; a token has no place in this file");
  }
  const bool writes = (principal.roles & kWriter) != 0;
  if (writes && principal.stations.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(principal.name, ": a writer needs its stations (\"*\" is all)"));
  }
  if (!writes && !principal.stations.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(principal.name, ": only a writer has stations; write \"-\""));
  }
  return absl::OkStatus();
}

std::string CredentialName(const Principal& principal) {
  return principal.certificate.empty() ? absl::StrCat("token ", principal.token_id)
                                       : absl::StrCat("certificate ", principal.certificate);
}

std::string PrincipalLine(const Principal& principal) {
  const std::string credential = principal.certificate.empty()
                                     ? absl::StrCat("token:", principal.token_id, ":", principal.token_hash)
                                     : absl::StrCat("cert:", principal.certificate);
  return absl::StrCat(
      principal.name, " ", RolesText(principal.roles), " ",
      principal.stations.empty() ? "-" : absl::StrJoin(principal.stations, ","), " ", credential,
      principal.until == absl::InfiniteFuture() ? "" : absl::StrCat(" ", kUntil, FormatUtc(principal.until)));
}

std::string MakeToken(absl::string_view random) {
  TREMORCAST_CHECK(random.size() == kTokenRandomBytes);
  return absl::StrCat(kTokenPrefix, HexOf(random.substr(0, kTokenIdDigits / 2)), "_",
                      absl::WebSafeBase64Escape(random.substr(kTokenIdDigits / 2)));
}

std::string TokenId(absl::string_view token) {
  if (!absl::ConsumePrefix(&token, kTokenPrefix)) return "";
  if (token.size() != kTokenIdDigits + 1 + kSecretCharacters || token[kTokenIdDigits] != '_') return "";
  const absl::string_view id = token.substr(0, kTokenIdDigits);
  return IsHex(id, kTokenIdDigits) ? std::string(id) : "";
}

absl::StatusOr<AccessList> AccessList::Parse(absl::string_view text) {
  AccessList list;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    auto principal = ParseLine(line);
    if (!principal.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", principal.status().message()));
    }
    list.principals_.push_back(*std::move(principal));
  }
  if (list.principals_.empty()) return absl::InvalidArgumentError("names nobody");
  ASSIGN_OR_RETURN(auto tokens, Index(list.principals_, &Principal::token_id, "token id"));
  ASSIGN_OR_RETURN(auto certificates, Index(list.principals_, &Principal::certificate, "certificate name"));
  list.by_token_ = std::move(tokens);
  list.by_certificate_ = std::move(certificates);
  return list;
}

const Principal* AccessList::FindToken(absl::string_view token) const {
  const std::string id = TokenId(token);
  if (id.empty()) return nullptr;
  const Principal* principal = Find(principals_, by_token_, &Principal::token_id, id);
  return principal != nullptr && EqualInConstantTime(principal->token_hash, Sha256Hex(token)) ? principal : nullptr;
}

const Principal* AccessList::FindCertificate(absl::string_view name) const {
  return name.empty() ? nullptr : Find(principals_, by_certificate_, &Principal::certificate, name);
}

}  // namespace tremorcast
