#pragma once

// Reads and writes whole small files, such as catalogues and station lists. Blocks on I/O.

#include <ostream>
#include <string>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace tremorcast {

// "-" is the standard input; a packed file is unpacked by its ending; the text comes as UTF-8 whose
// lines end in LF or CRLF as they did (files/text_encoding.h). Errors: those of ByteSource and
// ToUtf8Lines, and ResourceExhausted when the text is larger than 256 MiB.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);
// The bytes of a regular file of at most 16 MiB, for readers that must not wait: of a pipe or a device
// nothing is read. FailedPrecondition: it is none, or larger. NotFound: it cannot be read.
absl::StatusOr<std::string> ReadRegularFile(const std::string& path);
// Replaces a regular file at once, by writing beside it and renaming. What is none, such as a pipe, a
// device or a link, is written through, and stays what it is. Where that fails, a regular file is as
// it was and nothing lies beside it. Error: PermissionDenied.
absl::Status WriteTextFile(const std::string& path, absl::string_view text);
// The same of a text that is made while it is written; its own error counts as a failure.
absl::Status WriteTextFile(const std::string& path, absl::FunctionRef<absl::Status(std::ostream& out)> make);

}  // namespace tremorcast
