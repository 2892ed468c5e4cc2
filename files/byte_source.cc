#include "files/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "files/decoder.h"

namespace tremorcast {
namespace {

constexpr size_t kChunk = 1 << 16;

class PlainFile final : public ByteSource {
 public:
  PlainFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~PlainFile() override { ::close(fd_); }
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    for (;;) {
      const ssize_t n = ::read(fd_, buffer, size);
      if (n >= 0) return static_cast<size_t>(n);
      if (errno != EINTR) return FileError(path_, errno);
    }
  }
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

class PackedFile final : public ByteSource {
 public:
  PackedFile(std::string path, std::unique_ptr<ByteSource> file, std::unique_ptr<Decoder> decoder)
      : path_(std::move(path)), file_(std::move(file)), decoder_(std::move(decoder)), chunk_(kChunk) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    for (size_t made = 0; size > 0 && end_.ok() && !whole_;) {
      ASSIGN_OR_RETURN(made, Advance(buffer, size));
      if (made > 0) return made;
    }
    if (!end_.ok()) return end_;
    return size_t{0};
  }

  absl::Status SkipTo(int64_t offset) override {
    std::vector<char> waste(kChunk);
    while (text_read_ < offset) {
      const int64_t step = std::min<int64_t>(offset - text_read_, kChunk);
      ASSIGN_OR_RETURN(const size_t n, Read(waste.data(), static_cast<size_t>(step)));
      if (n == 0) return absl::OutOfRangeError(absl::StrCat(path_, " is shorter than before"));
    }
    return absl::OkStatus();
  }

 private:
  // Takes one step of the decoder, which may make no text. It sets end_ or whole_ where the text
  // ends.
  absl::StatusOr<size_t> Advance(char* buffer, size_t size) {
    if (input_.empty()) {
      ASSIGN_OR_RETURN(const size_t n, file_->Read(chunk_.data(), chunk_.size()));
      input_ = absl::string_view(chunk_.data(), n);
    }
    const bool file_ended = input_.empty();
    const Decoder::Step step = decoder_->Decode(input_, buffer, size);
    input_.remove_prefix(step.taken);
    file_read_ += static_cast<int64_t>(step.taken);
    text_read_ += static_cast<int64_t>(step.made);
    if (!step.fault.empty()) {
      end_ = Damaged(step.fault);
    } else if (file_ended && step.made == 0) {
      whole_ = decoder_->complete();
      if (!whole_) end_ = Damaged("the file ends too early");
    }
    return step.made;
  }

  absl::Status Damaged(absl::string_view fault) const {
    return absl::DataLossError(absl::StrCat(path_, ": cannot be unpacked to its end: ", fault, " (after ", file_read_,
                                            " bytes of the file and ", text_read_, " bytes of its text)"));
  }

  const std::string path_;
  const std::unique_ptr<ByteSource> file_;
  const std::unique_ptr<Decoder> decoder_;
  std::vector<char> chunk_;
  absl::string_view input_;  // what is left of the chunk
  int64_t file_read_ = 0, text_read_ = 0;
  absl::Status end_;    // why the text does not go on
  bool whole_ = false;  // the text was read to its end
};

}  // namespace

absl::Status FileError(const std::string& path, int error) {
  const std::string message = absl::StrCat(path, ": ", std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  return absl::UnknownError(message);
}

bool IsCompressed(absl::string_view path) { return !CompressedEnding(path).empty(); }

absl::string_view WithoutCompression(absl::string_view path) {
  path.remove_suffix(CompressedEnding(path).size());
  return path;
}

absl::StatusOr<std::unique_ptr<ByteSource>> OpenBytes(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError(path, errno);
  auto file = std::make_unique<PlainFile>(path, fd);
  std::unique_ptr<Decoder> decoder = MakeDecoder(CompressedEnding(path));
  if (decoder == nullptr) return file;
  return std::make_unique<PackedFile>(path, std::move(file), std::move(decoder));
}

}  // namespace tremorcast
