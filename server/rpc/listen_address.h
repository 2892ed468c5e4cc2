#pragma once

// "host:port" as given to --listen and --http. Pure; thread safe.

#include <string>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace tremorcast::rpc {

struct ListenAddress {
  std::string host;  // without brackets
  int port = 0;      // 0: any free one

  // "127.0.0.1:50051", "[::1]:50051".
  std::string ToString() const;
  // 127.0.0.0/8, ::1 or "localhost": not reachable from other machines.
  bool loopback() const;
};

// "127.0.0.1:50051", "[::1]:0", "localhost:50051". InvalidArgument otherwise; `flag` starts the
// message.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view flag, absl::string_view text);

}  // namespace tremorcast::rpc
