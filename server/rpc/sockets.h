#pragma once

// TCP sockets of our own that listen and connect. All are closed on exec and do not block; the caller
// owns the descriptors. Thread safe.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "server/rpc/socket_address.h"

namespace tremorcast::rpc {

// What it accepts inherits TCP_NODELAY. A wildcard of IPv6 takes IPv4 too. Unavailable: the address
// cannot be bound, or no descriptor is left.
absl::StatusOr<int> ListenOn(const SocketAddress& address);
// The address under which this machine reaches its own listener.
SocketAddress FromInside(int listener);
// A socket on a port of its own at this address, before it connects: nobody else can come from there.
// Unavailable as above.
absl::StatusOr<int> BoundSocket(const SocketAddress& address);
// Blocks until `socket` is connected, at most until the deadline. Unavailable: it is not.
absl::Status AwaitConnected(int socket, const SocketAddress& address, absl::Time deadline);

}  // namespace tremorcast::rpc
