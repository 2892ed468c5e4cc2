#pragma once

// Text that protobuf and PostgreSQL take. Pure; thread safe.

#include <string>

#include <absl/strings/string_view.h>

namespace tremorcast {

// Well-formed UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool IsUtf8(absl::string_view text);
// The text with a space for each control character, and without spaces around it; neither a table
// nor PostgreSQL (which refuses the zero byte) can hold them.
std::string WithoutControls(absl::string_view text);

}  // namespace tremorcast
