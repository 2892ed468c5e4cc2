#pragma once

// A piece of recurring work. Tick does what is due at `now` and returns; it keeps no clock and no
// thread, so a test moves a year in a loop. Every Tick is idempotent: a repeated or interrupted one
// leaves what a single one would have left.
//
// Thread safety: one thread at a time. Blocks on I/O; between units of work it asks `may_continue`
// (shutdown, lost leadership) and returns Cancelled when told no.

#include <functional>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

namespace tremorcast {

class Job {
 public:
  virtual ~Job() = default;
  virtual absl::string_view name() const = 0;
  // True: runs on the leading replica only.
  virtual bool leader_only() const = 0;
  virtual absl::Duration period() const = 0;
  virtual absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) = 0;
};

}  // namespace tremorcast
