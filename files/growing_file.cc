#include "files/growing_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <absl/memory/memory.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include "core/base/status_macros.h"
#include "files/byte_source.h"

namespace tremorcast {
namespace {

constexpr size_t kRemembered = 4096;  // of the beginning, and of the end; some rows of a logger's file

}  // namespace

absl::StatusOr<std::unique_ptr<GrowingFile>> GrowingFile::Open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError(path, errno);
  return absl::WrapUnique(new GrowingFile(path, fd));
}

GrowingFile::~GrowingFile() { ::close(fd_); }

absl::StatusOr<size_t> GrowingFile::ReadAt(int64_t offset, char* buffer, size_t size) const {
  size_t have = 0;
  while (have < size) {
    const ssize_t n = ::pread(fd_, buffer + have, size - have, static_cast<off_t>(offset) + static_cast<off_t>(have));
    if (n == 0) break;
    if (n < 0 && errno != EINTR) return FileError(path_, errno);
    if (n > 0) have += static_cast<size_t>(n);
  }
  return have;
}

absl::StatusOr<std::string> GrowingFile::Bytes(int64_t offset, size_t size) const {
  std::string bytes(size, '\0');
  ASSIGN_OR_RETURN(const size_t have, ReadAt(offset, bytes.data(), size));
  bytes.resize(have);
  return bytes;
}

absl::Status GrowingFile::CheckWhatWasRead() const {
  ASSIGN_OR_RETURN(const std::string first, Bytes(0, first_.size()));
  ASSIGN_OR_RETURN(const std::string last, Bytes(offset_ - static_cast<int64_t>(last_.size()), last_.size()));
  if (first == first_ && last == last_) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat(path_, ": was cut or written anew"));
}

absl::StatusOr<size_t> GrowingFile::Read(char* buffer, size_t size) {
  ASSIGN_OR_RETURN(const size_t read, ReadAt(offset_, buffer, size));
  // After the bytes were read: they follow what was read before only if that still stands.
  RETURN_IF_ERROR(CheckWhatWasRead());
  offset_ += static_cast<int64_t>(read);
  first_.append(buffer, std::min(read, kRemembered - first_.size()));
  const size_t last = std::min(read, kRemembered);
  last_.append(buffer + read - last, last);
  last_.erase(0, last_.size() - std::min(last_.size(), kRemembered));
  return read;
}

absl::Status GrowingFile::SkipTo(int64_t offset) {
  const int64_t before = std::min<int64_t>(offset, kRemembered);
  ASSIGN_OR_RETURN(std::string first, Bytes(0, static_cast<size_t>(before)));
  ASSIGN_OR_RETURN(std::string last, Bytes(offset - before, static_cast<size_t>(before)));
  if (last.size() < static_cast<size_t>(before)) {
    return absl::OutOfRangeError(absl::StrCat(path_, " is shorter than before"));
  }
  offset_ = offset;
  first_ = std::move(first);
  last_ = std::move(last);
  return absl::OkStatus();
}

void GrowingFile::Rewind() {
  offset_ = 0;
  first_.clear();
  last_.clear();
}

bool GrowingFile::IsAt(const std::string& path) const {
  struct stat there = {}, here = {};
  return ::stat(path.c_str(), &there) == 0 && ::fstat(fd_, &here) == 0 && there.st_dev == here.st_dev &&
         there.st_ino == here.st_ino;
}

}  // namespace tremorcast
