#pragma once

// Who may call a server, as its operator writes it down: one line for each credential of a
// principal.
//
//   # NAME      ROLES          STATIONS   CREDENTIAL [until=TIME]
//   relay-a     writer         s1,s2 token:1f3a9c02:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//   relay-b     writer         area4-*    cert:relay-b.example.org
//   desk        reader         -          cert:spiffe://example.org/desk
//   ops         admin          -          token:...
//
// A token is "tcast_ID_SECRET". Its id is public and finds the line; the line holds SHA-256 of the
// whole token, never the token. Secrets have 256 random bits, so a fast hash without salt is
// enough: there is nothing to guess.
// With until=TIME (ParseTime) the credential is of no use from then on.
// A certificate is named by one of its subject alternative names, or by its common name when it has
// none.
//
// Pure; value types, thread safe once made. Errors: InvalidArgument names the line and never
// repeats a credential.

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/base/ids.h"

namespace tremorcast {

// Bits of a set. Readers read what the service answers; writers send rows of their own stations;
// admins do everything.
using RoleSet = uint8_t;
inline constexpr RoleSet kReader = 1;
inline constexpr RoleSet kWriter = 2;
inline constexpr RoleSet kAdmin = 4;

struct Principal {
  std::string name;  // an id (core/base/ids.h); the ledger and the log show it
  RoleSet roles = 0;
  // Of a writer: ids, or beginnings of ids that end in '*'.
  std::vector<std::string> stations;
  // One of the two.
  std::string token_id, token_hash;  // 8 hexadecimal digits; 64 of SHA-256
  std::string certificate;
  absl::Time until = absl::InfiniteFuture();  // no longer valid from then on

  // May it send rows of this station?
  bool Owns(const StationId& station) const;
};

// "writer" or "writer,reader"; "s1,area4-*". Used for the file and for the command line.
absl::StatusOr<RoleSet> ParseRoles(absl::string_view text);
std::string RolesText(RoleSet roles);
absl::StatusOr<std::vector<std::string>> ParseStations(absl::string_view text);
// The rules of a line: an id as name, at least one role, stations for a writer and for nobody else.
absl::Status ValidatePrincipal(const Principal& principal);
// Which of a principal's credentials it is, for people and metrics: "token 1f3a9c02", "certificate
// desk.example.org". No secret.
std::string CredentialName(const Principal& principal);
// The line of the file, without its end.
std::string PrincipalLine(const Principal& principal);

// A token of these 36 random bytes: 4 for its public id, 32 for its secret.
std::string MakeToken(absl::string_view random);
inline constexpr int kTokenRandomBytes = 36;
// The id of something shaped like a token; "" otherwise.
std::string TokenId(absl::string_view token);

class AccessList {
 public:
  // A list that names nobody is refused: it is a file half written, or a mistake.
  static absl::StatusOr<AccessList> Parse(absl::string_view text);

  // Null when the list does not hold it. Compares hashes in constant time. Valid as long as the
  // list.
  const Principal* FindToken(absl::string_view token) const;
  const Principal* FindCertificate(absl::string_view name) const;
  const std::vector<Principal>& principals() const { return principals_; }

 private:
  std::vector<Principal> principals_;
  std::vector<size_t> by_token_, by_certificate_;  // indices, in the order of ids and names
};

}  // namespace tremorcast
