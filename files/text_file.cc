#include "files/text_file.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <utility>

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
