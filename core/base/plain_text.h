#pragma once

// Text that is only text. What stands here is that no name, title, reason or source may hold
// characters that a reader does not see and a terminal, a log or a page obeys. Pure.

#include <cstddef>
#include <string>

#include <absl/strings/string_view.h>

namespace tremorcast {

// How long a text of a request may be at most, if its field says nothing else; a place is longer.
inline constexpr size_t kMostTextBytes = 200, kMostPlaceBytes = 500;

// What keeps `text` from being plain, to be said behind a field's name; "" when nothing does: bytes
// that are no UTF-8, a control character (tab and newline too), a line separator of Unicode, or a
// character without a width that turns the direction of writing or makes two names look the same.
std::string PlainTextFault(absl::string_view text);

// The text for a terminal or a table: what PlainTextFault names stands as \u001b, which JSON reads as
// the same character, and bytes that are no UTF-8 as U+FFFD. Tabs and newlines stay if `lines`.
std::string PlainText(absl::string_view text, bool lines = false);

// The text without what PlainTextFault names, for readers of files of others: `instead` stands for
// each such character, and for each byte that is no UTF-8.
std::string MadePlain(absl::string_view text, char instead);

}  // namespace tremorcast
