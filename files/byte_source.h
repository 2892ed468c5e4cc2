#pragma once

// The text of a file, whether it lies there as it is or packed as .xz, .gz or .zst. Use by one
// thread at a time; Read and SkipTo block on I/O. A packed file is unpacked while it is read, in
// bounded memory.
//
// Errors: NotFound, PermissionDenied, Unknown (the system says what), and DataLoss: a packed file
// is damaged, ends too early or is none. The message names the file and how far it was read. What
// was readable comes before the error, which then stays: a text that is cut short never looks
// whole.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace tremorcast {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Up to `size` bytes; 0 at the end. A plain file may have more later.
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t size) = 0;
  // Moves forward so that the next Read gives the byte at `offset` of the text. OutOfRange when the
  // text is shorter.
  virtual absl::Status SkipTo(int64_t offset) = 0;
};

// What the system said of `path`, as one of the errors above; `error` is an errno.
absl::Status FileError(const std::string& path, int error);

// The ending of `path` decides whether and how it is unpacked.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenBytes(const std::string& path);
bool IsCompressed(absl::string_view path);
// `path` without the ending that says how it is packed: "x.csv.xz" and "x.csv" have the same text.
absl::string_view WithoutCompression(absl::string_view path);

}  // namespace tremorcast
