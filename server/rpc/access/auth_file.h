#pragma once

// The access list of a file, read again when the file changes: each Current() looks at its
// metadata. Keep it on a local disk. A changed file that cannot be read keeps the list as it was,
// says so in the log once and in tremorcast_access_list_valid, and is tried again at its next
// change. Thread safe; blocks for a stat, and for the reading of a changed file.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "core/operation/access_list.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast::rpc {

class AccessListFile {
 public:
  // InvalidArgument: it cannot be read, names nobody, has a faulty line, or others than its owner
  // and group may write it.
  // `settling`: a file that changed this recently is read again whatever its metadata say; longer
  // than the step of any file system's clock.
  static absl::StatusOr<std::unique_ptr<AccessListFile>> Open(std::string path, AccessMetrics& metrics, const Log& log,
                                                              absl::Duration settling = absl::Seconds(3));

  std::shared_ptr<const AccessList> Current();

 private:
  // What tells one state of the file from the next. Its time is that of the last change of content
  // or metadata.
  struct Stamp {
    uint64_t device = 0, inode = 0;
    int64_t size = 0, changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };

  AccessListFile(std::string path, AccessMetrics& metrics, const Log& log, absl::Duration settling)
      : path_(std::move(path)), metrics_(metrics), log_(log), settling_(settling) {}
  absl::StatusOr<Stamp> Look() const;
  absl::StatusOr<std::string> Read() const;
  // Takes over what the file says now.
  absl::Status Reread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  AccessMetrics& metrics_;
  const Log& log_;
  const absl::Duration settling_;
  absl::Mutex mutex_;
  std::shared_ptr<const AccessList> list_ ABSL_GUARDED_BY(mutex_);
  std::string text_ ABSL_GUARDED_BY(mutex_);   // last read, to tell a touch from a change
  absl::Status last_ ABSL_GUARDED_BY(mutex_);  // what was wrong with it
  Stamp seen_ ABSL_GUARDED_BY(mutex_);
  // The file was old when it was read: a later change must show in its stamp, however coarse the
  // file system's time.
  bool settled_ ABSL_GUARDED_BY(mutex_) = false;
  std::string fault_ ABSL_GUARDED_BY(mutex_);  // said already
};

}  // namespace tremorcast::rpc
