#pragma once

// Brings text of others into the form that everything here reads: UTF-8 with lines that end in LF or
// CRLF. Thread safe; the C library may read its conversion tables from files.

#include <string>

#include <absl/status/statusor.h>

namespace tremorcast {

// UTF-8 stays as it is, to the byte. Text with a UTF-16 byte order mark is converted; what is not
// UTF-8 otherwise is taken for GB18030, of which GBK and GB 2312 are parts. A text without any LF
// whose lines end in CR gets LF. InvalidArgument: neither encoding; it names the first line that is
// not UTF-8.
absl::StatusOr<std::string> ToUtf8Lines(std::string text);

}  // namespace tremorcast
