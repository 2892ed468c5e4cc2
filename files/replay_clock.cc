#include "files/replay_clock.h"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <absl/memory/memory.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>
#include <absl/time/clock.h>

#include "core/base/status_macros.h"
#include "core/base/time_grid.h"

namespace tremorcast {
namespace {

constexpr absl::Duration kLookAgain = absl::Milliseconds(50);

}  // namespace

// Takes line and modification from one and the same file, also while it is being replaced.
absl::StatusOr<ReplayClock::Step> ReplayClock::Read(const std::string& path) {
  std::array<char, 64> buffer;
  struct stat about = {};
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool known = file >= 0 && fstat(file, &about) == 0;
  const ssize_t length = known ? read(file, buffer.data(), buffer.size()) : -1;
  if (file >= 0) close(file);
  const absl::string_view text(buffer.data(), static_cast<size_t>(std::max<ssize_t>(length, 0)));
  if (length < 0 || text.find('\n') == absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("replay clock: ", path, " cannot be read, or holds no whole line"));
  }
  const absl::StatusOr<absl::Time> time = ParseTime(absl::StripAsciiWhitespace(text));
  if (!time.ok())
    return absl::InvalidArgumentError(absl::StrCat("replay clock: ", path, ": ", time.status().message()));
  return Step{*time, absl::TimeFromTimespec(about.st_mtim)};
}

absl::StatusOr<std::unique_ptr<ReplayClock>> ReplayClock::Open(const std::string& path) {
  ASSIGN_OR_RETURN(const Step step, Read(path));
  return absl::WrapUnique(new ReplayClock(path, step));
}

ReplayClock::ReplayClock(std::string path, Step step) : path_(std::move(path)), step_(step), looked_at_(absl::Now()) {}

absl::Time ReplayClock::Now() const {
  const absl::Time real = absl::Now();
  absl::MutexLock lock(&mutex_);
  // A machine's clock that was set back must not keep the file from being read.
  if (real - looked_at_ >= kLookAgain || real < looked_at_) {
    looked_at_ = real;
    if (const absl::StatusOr<Step> step = Read(path_); step.ok() && step->replayed >= step_.replayed) step_ = *step;
  }
  latest_ = std::max(latest_, step_.replayed + std::max(absl::ZeroDuration(), real - step_.since));
  return latest_;
}

}  // namespace tremorcast
