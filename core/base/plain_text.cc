#include "core/base/plain_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

struct Character {
  std::optional<char32_t> code;  // nothing: the bytes are no UTF-8
  size_t bytes = 1;
};

// Of a text that is not empty.
Character First(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const size_t bytes = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < bytes) return {};
  char32_t code = byte(0) & (0x7F >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLeast[bytes] || code > 0x10FFFF || surrogate) return {};
  return {code, bytes};
}

bool IsPlain(char32_t code) {
  struct Range {
    char32_t first, last;
  };
  // Controls; the Arabic letter mark; zero-width space and direction marks; line separators and
  // embeddings; invisible operators and isolates; the byte order mark. The joiners U+200C and
  // U+200D stay, for several scripts cannot be written without them.
  constexpr Range kNotPlain[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0x61C, 0x61C},   {0x200B, 0x200B},
                                 {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}};
  return std::none_of(std::begin(kNotPlain), std::end(kNotPlain),
                      [&](const Range& range) { return code >= range.first && code <= range.last; });
}

}  // namespace

std::string PlainTextFault(absl::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Character next = First(text.substr(at));
    if (!next.code.has_value()) return absl::StrCat("is no UTF-8 at byte ", at);
    if (!IsPlain(*next.code)) {
      return absl::StrCat("has a character that is not to be seen, U+",
                          absl::Hex(static_cast<uint32_t>(*next.code), absl::kZeroPad4), ", at byte ", at);
    }
    at += next.bytes;
  }
  return "";
}

std::string PlainText(absl::string_view text, bool lines) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Character next = First(text.substr(at));
    const bool kept = lines && (text[at] == '\n' || text[at] == '\t');
    if (!next.code.has_value()) {
      absl::StrAppend(&plain, "\xEF\xBF\xBD");
    } else if (kept || IsPlain(*next.code)) {
      absl::StrAppend(&plain, text.substr(at, next.bytes));
    } else {
      absl::StrAppend(&plain, "\\u", absl::Hex(static_cast<uint32_t>(*next.code), absl::kZeroPad4));
    }
    at += next.bytes;
  }
  return plain;
}

}  // namespace tremorcast
