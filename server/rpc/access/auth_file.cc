#include "server/rpc/access/auth_file.h"

#include <limits>
#include <sys/stat.h>

#include <absl/memory/memory.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "core/base/status_macros.h"
#include "files/text_file.h"

namespace tremorcast::rpc {
absl::StatusOr<std::unique_ptr<AccessListFile>> AccessListFile::Open(std::string path, AccessMetrics& metrics,
                                                                     const Log& log, absl::Duration settling) {
  auto file = absl::WrapUnique(new AccessListFile(std::move(path), metrics, log, settling));
  absl::MutexLock lock(&file->mutex_);
  if (absl::Status read = file->Reread(); !read.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--access-file ", file->path_, ": ", read.message()));
  }
  return file;
}

absl::StatusOr<AccessListFile::Stamp> AccessListFile::Look() const {
  struct stat status;
  if (::stat(path_.c_str(), &status) != 0) return absl::NotFoundError("cannot be read");
  // Whoever can write here decides who is who.
  if ((status.st_mode & S_IWOTH) != 0)
    return absl::FailedPreconditionError("may be written by every user of this machine: chmod o-w it");
  const int64_t nanoseconds = status.st_ctim.tv_sec * int64_t{1'000'000'000} + status.st_ctim.tv_nsec;
  return Stamp{status.st_dev, status.st_ino, status.st_size, nanoseconds};
}

absl::StatusOr<std::string> AccessListFile::Read() const {
  return ReadRegularFile(path_);  // a pipe would keep all callers waiting
}

absl::Status AccessListFile::Reread() {
  ASSIGN_OR_RETURN(const auto stamp, Look());
  if (list_ != nullptr && settled_ && stamp == seen_) return last_;
  ASSIGN_OR_RETURN(auto text, Read());
  seen_ = stamp;
  settled_ = absl::Now() - absl::FromUnixNanos(stamp.changed_ns) >= settling_;
  if (list_ != nullptr && text == text_) return last_;
  text_ = std::move(text);
  auto list = AccessList::Parse(text_);
  last_ = list.status();
  if (!last_.ok()) return last_;
  if (list_ != nullptr) log_.Info(absl::StrCat("access list read again: ", list->principals().size(), " credentials"));
  list_ = std::make_shared<const AccessList>(*std::move(list));
  metrics_.credential_expiry.Clear();
  metrics_.credential_expiry.Set({"", ""}, std::numeric_limits<double>::infinity());  // always something to ask for
  for (const Principal& principal : list_->principals()) {
    if (principal.until == absl::InfiniteFuture()) continue;
    metrics_.credential_expiry.Set({principal.name, CredentialName(principal)}, UnixSeconds(principal.until));
  }
  return absl::OkStatus();
}

std::shared_ptr<const AccessList> AccessListFile::Current() {
  absl::MutexLock lock(&mutex_);
  const absl::Status read = Reread();
  const std::string fault(read.message());
  if (!read.ok() && fault != fault_) {
    log_.Error(absl::StrCat("the access list ", path_, " ", fault, "; what it said before stays in force"));
  }
  fault_ = fault;
  metrics_.list_valid.Set(read.ok() ? 1 : 0);
  return list_;
}

}  // namespace tremorcast::rpc
