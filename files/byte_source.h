#pragma once

// Bytes of a file, or of what `xz -dc` makes of it. One thread at a time; Read blocks on I/O.
// Errors: NotFound, PermissionDenied, Unavailable (xz is not installed), DataLoss (xz says the file is damaged).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tremorcast {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Up to `size` bytes; 0 at the end. A plain file may have more later.
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t size) = 0;
  // Moves forward so that the next Read gives the byte at `offset` of the text. OutOfRange when the text is shorter.
  virtual absl::Status SkipTo(int64_t offset) = 0;
};

// By the ending of `path`: ".xz" goes through xz, everything else is read as it is.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenBytes(const std::string& path);
bool IsCompressed(const std::string& path);

}  // namespace tremorcast
