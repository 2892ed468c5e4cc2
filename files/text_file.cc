#include "files/text_file.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <absl/cleanup/cleanup.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "files/byte_source.h"
#include "files/text_encoding.h"

namespace tremorcast {

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  constexpr size_t kMost = 256U << 20;
  ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> source, OpenBytes(path == "-" ? "/dev/stdin" : path));
  std::string text;
  std::string chunk(1 << 16, '\0');
  for (;;) {
    ASSIGN_OR_RETURN(const size_t n, source->Read(chunk.data(), chunk.size()));
    if (n == 0) {
      absl::StatusOr<std::string> lines = ToUtf8Lines(std::move(text));
      return lines.ok() ? lines : absl::InvalidArgumentError(absl::StrCat(path, ": ", lines.status().message()));
    }
    text.append(chunk, 0, n);
    if (text.size() > kMost) return absl::ResourceExhaustedError(absl::StrCat(path, ": larger than 256 MiB"));
  }
}

absl::StatusOr<std::string> ReadRegularFile(const std::string& path) {
  constexpr size_t kMost = 16U << 20;
  const int descriptor = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) return absl::NotFoundError("cannot be read");
  const absl::Cleanup closer = [descriptor] { close(descriptor); };
  struct stat status = {};
  if (fstat(descriptor, &status) != 0) return absl::NotFoundError("cannot be read");
  if (!S_ISREG(status.st_mode)) return absl::FailedPreconditionError("is no regular file");
  std::string text;
  std::string chunk(1 << 16, '\0');
  for (;;) {
    const ssize_t n = read(descriptor, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return absl::NotFoundError("cannot be read");
    if (n == 0) return text;
    text.append(chunk, 0, static_cast<size_t>(n));
    if (text.size() > kMost) return absl::FailedPreconditionError("is larger than 16 MiB");
  }
}

absl::Status WriteTextFile(const std::string& path, absl::string_view text) {
  return WriteTextFile(path, [text](std::ostream& out) {
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    return absl::OkStatus();
  });
}

absl::Status WriteTextFile(const std::string& path, absl::FunctionRef<absl::Status(std::ostream& out)> make) {
  std::error_code error;
  const std::filesystem::file_type there = std::filesystem::symlink_status(path, error).type();
  const bool replaced = there == std::filesystem::file_type::not_found || there == std::filesystem::file_type::regular;
  const std::string written = replaced ? path + ".part" : path;
  std::ofstream file(written, std::ios::binary | std::ios::trunc);
  if (!file) return absl::PermissionDeniedError(absl::StrCat("cannot write ", path));
  absl::Status status = make(file);
  file.close();
  if (!file) status.Update(absl::PermissionDeniedError(absl::StrCat("cannot write ", path)));
  if (replaced && status.ok()) {
    std::filesystem::rename(written, path, error);
    if (error) status = absl::PermissionDeniedError(absl::StrCat("cannot write ", path, ": ", error.message()));
  }
  if (replaced && !status.ok()) std::filesystem::remove(written, error);
  return status;
}

}  // namespace tremorcast
