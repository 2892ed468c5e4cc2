#pragma once

// A plain file that another program writes at its end, held by its descriptor: whatever becomes of
// its name, what is written to it can be read. Use by one thread at a time; Read and SkipTo block
// on I/O.
//
// A file may also be cut or written anew in its place. Read notices by what it remembers of what it
// gave: how much that was, its first and its last bytes. A change in the middle alone goes
// unnoticed.
//
// Errors: those of ByteSource, and Aborted: what was read before is not there any more. It then
// stays until Rewind, as the bytes that follow belong to another text.

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "files/byte_source.h"

namespace tremorcast {

class GrowingFile final : public ByteSource {
 public:
  static absl::StatusOr<std::unique_ptr<GrowingFile>> Open(const std::string& path);
  ~GrowingFile() override;
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override;
  // Reads what it must remember of the bytes that it passes over.
  absl::Status SkipTo(int64_t offset) override;
  // Forgets what was read, and goes on at the start.
  void Rewind();
  // Whether `path` leads to this very file: while it is open, no other can take its number.
  bool IsAt(const std::string& path) const;

 private:
  GrowingFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  // Of the file as it is now; fewer bytes than `size` at its end.
  absl::StatusOr<size_t> ReadAt(int64_t offset, char* buffer, size_t size) const;
  absl::StatusOr<std::string> Bytes(int64_t offset, size_t size) const;
  absl::Status CheckWhatWasRead() const;

  const std::string path_;
  const int fd_;
  int64_t offset_ = 0;        // of the next byte
  std::string first_, last_;  // of the bytes before it; they overlap while there are few
};

}  // namespace tremorcast
