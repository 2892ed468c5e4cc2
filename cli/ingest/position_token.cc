#include "cli/ingest/position_token.h"

#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "core/base/digest.h"

namespace tremorcast::cli {
namespace {

constexpr absl::string_view kVersion = "1";
constexpr size_t kMaxName = 40;  // of the 64 bytes a source may have

}  // namespace

std::string PositionToken::Encode() const {
  return absl::StrCat(kVersion, ";", identity, ";", offset, ";", next_line, ";", last_row_bytes, ";", last_row_hash);
}

std::optional<PositionToken> PositionToken::Decode(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ';');
  PositionToken token;
  if (parts.size() != 6 || parts[0] != kVersion || !absl::SimpleAtoi(parts[2], &token.offset) ||
      !absl::SimpleAtoi(parts[3], &token.next_line) || !absl::SimpleAtoi(parts[4], &token.last_row_bytes)) {
    return std::nullopt;
  }
  if (token.last_row_bytes < 1 || token.offset < token.last_row_bytes || token.next_line < 2) return std::nullopt;
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
  return absl::StrCat("aeta-csv/", base_name.substr(0, kMaxName), "/", identity);
}

}  // namespace tremorcast::cli
