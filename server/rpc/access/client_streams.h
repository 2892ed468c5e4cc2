#pragma once

// How many streams each client has open, and no more than it may. A client is a principal, or the
// address of a caller that shows nothing; the machine's own loopback callers without a name are not
// counted. Thread safe; nothing blocks.

#include <map>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>

namespace tremorcast::rpc {

// "203.0.113.5" of gRPC's "ipv4:203.0.113.5:4711", "::1" of "ipv6:%5B::1%5D:4711"; else the whole
// text.
std::string HostOfPeer(absl::string_view peer);

class ClientStreams {
 public:
  explicit ClientStreams(int most) : most_(most) {}

  // An open stream; closing it is its destruction. Must not outlive the counter.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();

   private:
    friend class ClientStreams;
    ClientStreams* streams_ = nullptr;  // null: not counted
    std::string client_;
  };

  // ResourceExhausted when `client` has all it may. `client` empty: not counted.
  absl::StatusOr<Lease> Open(const std::string& client);

 private:
  void Close(const std::string& client);

  const int most_;
  absl::Mutex mutex_;
  std::map<std::string, int> open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tremorcast::rpc
