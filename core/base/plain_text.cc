#include "core/base/plain_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include <absl/strings/str_cat.h>

#include "core/base/utf8_text.h"

namespace tremorcast {
namespace {

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
    const Utf8Character next = FirstCharacter(text.substr(at));
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
    const Utf8Character next = FirstCharacter(text.substr(at));
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

std::string MadePlain(absl::string_view text, char instead) {
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    const Utf8Character next = FirstCharacter(text);
    if (next.code.has_value() && IsPlain(*next.code)) {
      absl::StrAppend(&plain, text.substr(0, next.bytes));
    } else {
      plain.push_back(instead);
    }
    text.remove_prefix(next.bytes);
  }
  return plain;
}

}  // namespace tremorcast
