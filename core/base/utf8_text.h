#pragma once

// UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF. Pure; thread safe.

#include <cstddef>
#include <optional>

#include <absl/strings/string_view.h>

namespace tremorcast {

struct Utf8Character {
  std::optional<char32_t> code;  // nothing: the bytes are no UTF-8
  size_t bytes = 1;              // to go on by
};

// The first of a text that is not empty.
Utf8Character FirstCharacter(absl::string_view text);

// Text that protobuf and PostgreSQL take, but for the zero byte, which PostgreSQL does not.
bool IsUtf8(absl::string_view text);

}  // namespace tremorcast
