#include "server/rpc/wire/page_token.h"

#include <algorithm>

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include "core/base/digest.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

constexpr size_t kDigestBytes = 8;
constexpr char kFormat = '\1';

std::string QueryDigest(absl::string_view query) { return Sha256(query).substr(0, kDigestBytes); }

}  // namespace

std::string MakePageToken(absl::string_view query, absl::string_view cursor) {
  return absl::WebSafeBase64Escape(absl::StrCat(absl::string_view(&kFormat, 1), QueryDigest(query), cursor));
}

absl::StatusOr<std::string> ParsePageToken(absl::string_view query, absl::string_view token) {
  if (token.empty()) return std::string();
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(token, &bytes) || bytes.size() <= 1 + kDigestBytes || bytes[0] != kFormat) {
    return InvalidField("page_token", "is not a token of this service");
  }
  if (bytes.compare(1, kDigestBytes, QueryDigest(query)) != 0) {
    return InvalidField("page_token", "belongs to a request with other filters");
  }
  return bytes.substr(1 + kDigestBytes);
}

absl::StatusOr<int> PageSize(int32_t requested, int standard, int most) {
  if (requested < 0) return InvalidField("page_size", "must not be negative");
  return requested == 0 ? standard : std::min<int>(requested, most);
}

}  // namespace tremorcast::rpc
