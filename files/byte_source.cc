#include "files/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "core/base/status_macros.h"

extern char** environ;

namespace tremorcast {
namespace {

absl::Status FileError(const std::string& path, int error) {
  const std::string message = absl::StrCat(path, ": ", std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  return absl::UnknownError(message);
}

absl::StatusOr<size_t> ReadDescriptor(int fd, const std::string& path, char* buffer, size_t size) {
  for (;;) {
    const ssize_t n = ::read(fd, buffer, size);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EINTR) return FileError(path, errno);
  }
}

class PlainFile final : public ByteSource {
 public:
  PlainFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~PlainFile() override { ::close(fd_); }
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override { return ReadDescriptor(fd_, path_, buffer, size); }
  absl::Status SkipTo(int64_t offset) override {
    struct stat info = {};
    if (::fstat(fd_, &info) != 0) return FileError(path_, errno);
    if (S_ISREG(info.st_mode) && info.st_size < offset)
      return absl::OutOfRangeError(absl::StrCat(path_, " is shorter than before"));
    if (::lseek(fd_, static_cast<off_t>(offset), SEEK_SET) < 0) return FileError(path_, errno);
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  const int fd_;
};

class XzFile final : public ByteSource {
 public:
  XzFile(std::string path, int fd, pid_t child) : path_(std::move(path)), fd_(fd), child_(child) {}
  ~XzFile() override {
    ::close(fd_);
    if (child_ > 0) {  // not read to its end
      ::kill(child_, SIGTERM);
      Reap();
    }
  }
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (child_ <= 0) return end_.ok() ? absl::StatusOr<size_t>(0) : absl::StatusOr<size_t>(end_);
    absl::StatusOr<size_t> n = ReadDescriptor(fd_, path_, buffer, size);
    if (!n.ok() || *n > 0) {
      if (n.ok()) at_ += static_cast<int64_t>(*n);
      return n;
    }
    const int state = Reap();
    if (!WIFEXITED(state) || WEXITSTATUS(state) != 0) {
      end_ = WIFEXITED(state) && WEXITSTATUS(state) == 127
                 ? absl::UnavailableError("xz is not installed")
                 : absl::DataLossError(absl::StrCat(path_, ": xz cannot read it to its end"));
      return end_;
    }
    return static_cast<size_t>(0);
  }
  absl::Status SkipTo(int64_t offset) override {
    std::vector<char> waste(1 << 16);
    while (at_ < offset) {
      ASSIGN_OR_RETURN(const size_t n,
                       Read(waste.data(), static_cast<size_t>(std::min<int64_t>(offset - at_, 1 << 16))));
      if (n == 0) return absl::OutOfRangeError(absl::StrCat(path_, " is shorter than before"));
    }
    return absl::OkStatus();
  }

 private:
  int Reap() {
    int state = 0;
    while (::waitpid(child_, &state, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
    return state;
  }

  const std::string path_;
  const int fd_;
  pid_t child_;
  int64_t at_ = 0;
  absl::Status end_;
};

absl::StatusOr<std::unique_ptr<ByteSource>> OpenXz(const std::string& path) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return FileError(path, errno);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  // Ctrl-C is ours to handle; the child ends when we stop reading.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const char* const arguments[] = {"xz", "-dc", "--", path.c_str(), nullptr};
  pid_t child = -1;
  const int error = ::posix_spawnp(&child, "xz", &actions, &attributes, const_cast<char* const*>(arguments), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    if (error == ENOENT)
      return absl::UnavailableError(absl::StrCat(path, ": xz is not installed (Debian package xz-utils)"));
    return FileError(path, error);
  }
  return std::make_unique<XzFile>(path, ends[0], child);
}

}  // namespace

bool IsCompressed(const std::string& path) { return absl::EndsWith(path, ".xz"); }

absl::StatusOr<std::unique_ptr<ByteSource>> OpenBytes(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError(path, errno);
  if (!IsCompressed(path)) return std::make_unique<PlainFile>(path, fd);
  ::close(fd);  // opened for the clearer error only
  return OpenXz(path);
}

}  // namespace tremorcast
