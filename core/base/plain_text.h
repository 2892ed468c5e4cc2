#pragma once

// Text that is only text. What stands here is that no name, title, reason or source may hold
// characters that a reader does not see and a terminal, a log or a page obeys. Pure.

#include <string>

#include <absl/strings/string_view.h>

namespace tremorcast {

// What keeps `text` from being plain, to be said behind a field's name; "" when nothing does: bytes
// that are no UTF-8, a control character (tab and newline too), a line separator of Unicode, or a
// character without a width that turns the direction of writing or makes two names look the same.
std::string PlainTextFault(absl::string_view text);

// The text for a terminal or a table: what PlainTextFault names stands as \u001b, which JSON reads as
// the same character, and bytes that are no UTF-8 as U+FFFD. Tabs and newlines stay if `lines`.
std::string PlainText(absl::string_view text, bool lines = false);

}  // namespace tremorcast
