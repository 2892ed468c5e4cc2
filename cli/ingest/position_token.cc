#include "cli/ingest/position_token.h"

#include <algorithm>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "core/base/digest.h"
#include "core/base/plain_text.h"
#include "core/base/utf8_text.h"

namespace tremorcast::cli {
namespace {

constexpr absl::string_view kVersion = "2";
constexpr absl::string_view kWithoutCount = "1";  // of earlier clients: passed what was not stored
constexpr size_t kMaxName = 40;                   // of the 64 bytes a source may have

}  // namespace

std::string PositionToken::Encode() const {
  return absl::StrCat(kVersion, ";", identity, ";", offset, ";", next_line, ";", last_row_bytes, ";", last_row_hash,
                      ";", not_stored);
}

std::optional<PositionToken> PositionToken::Decode(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ';');
  PositionToken token;
  const bool known = (parts.size() == 6 && parts[0] == kWithoutCount) || (parts.size() == 7 && parts[0] == kVersion);
  if (!known || !absl::SimpleAtoi(parts[2], &token.offset) || !absl::SimpleAtoi(parts[3], &token.next_line) ||
      !absl::SimpleAtoi(parts[4], &token.last_row_bytes) ||
      (parts.size() == 7 && !absl::SimpleAtoi(parts[6], &token.not_stored))) {
    return std::nullopt;
  }
  if (token.not_stored < 0) return std::nullopt;
  if (parts.size() == 6) token.not_stored = -1;
  const bool start = token.offset == 0 && token.last_row_bytes == 0 && token.next_line == 1 && parts[0] == kVersion;
  const bool later = token.last_row_bytes >= 1 && token.offset >= token.last_row_bytes && token.next_line >= 2;
  if (!start && !later) return std::nullopt;
  token.identity = std::string(parts[1]);
  token.last_row_hash = std::string(parts[5]);
  return token;
}

std::string FileIdentity(absl::string_view base_name, absl::string_view signal, absl::string_view first_row) {
  Sha256Stream digest;
  digest.UpdateField(base_name);
  digest.UpdateField(signal);
  digest.UpdateField(first_row);
  return HexOf(digest.Finish()).substr(0, 12);
}

std::string RowHash(absl::string_view row) {
  while (!row.empty() && (row.back() == '\n' || row.back() == '\r')) row.remove_suffix(1);
  return Sha256Hex(row).substr(0, 8);
}

std::string SourceName(absl::string_view base_name, absl::string_view identity) {
  // A cut must not leave half a character, nor a file that is named in another encoding, or with
  // characters that the service refuses, spoil the message that carries the name.
  std::string name(base_name.substr(0, kMaxName));
  for (size_t cut = 1; cut <= 3 && cut < name.size() && !IsUtf8(name); ++cut) {
    const absl::string_view shorter = absl::string_view(name).substr(0, name.size() - cut);
    if (IsUtf8(shorter)) name.resize(shorter.size());
  }
  if (!IsUtf8(name)) {
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !absl::ascii_isascii(static_cast<unsigned char>(c)); }, '_');
  }
  return absl::StrCat("aeta-csv/", MadePlain(name, '_'), "/", identity);
}

}  // namespace tremorcast::cli
