#include "server/rpc/sockets.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <absl/cleanup/cleanup.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>
#include <absl/time/clock.h>

namespace tremorcast::rpc {
namespace {

absl::Status Failed(absl::string_view what, const SocketAddress& address) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", what, " ", address.Host(), ":", address.port(), ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<int> ListenOn(const SocketAddress& address) {
  const int listener = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) return Failed("make a socket for", address);
  absl::Cleanup closer = [listener] { close(listener); };
  const int yes = 1, no = 0;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  // Inherited by what is accepted. Two servers on one port would share its connections in silence,
  // so there is no SO_REUSEPORT.
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  if (address.storage.ss_family == AF_INET6) {
    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, address.wildcard() ? &no : &yes, sizeof(int));
  }
  if (bind(listener, address.get(), address.size) != 0 || listen(listener, SOMAXCONN) != 0) {
    return Failed("listen on", address);
  }
  std::move(closer).Cancel();
  return listener;
}

SocketAddress FromInside(int listener) {
  SocketAddress address = OwnAddress(listener);
  if (!address.wildcard()) return address;
  if (address.storage.ss_family == AF_INET6) {  // as IPv4, which is there also where IPv6 is only half there
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &reinterpret_cast<sockaddr_in6&>(address.storage).sin6_addr);
  } else {
    reinterpret_cast<sockaddr_in&>(address.storage).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  return address;
}

absl::StatusOr<int> BoundSocket(const SocketAddress& address) {
  const int bound = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (bound < 0) return Failed("make a socket for", address);
  absl::Cleanup closer = [bound] { close(bound); };
  SocketAddress here = address;
  here.set_port(0);
  if (bind(bound, here.get(), here.size) != 0) return Failed("bind a socket of", here);
  std::move(closer).Cancel();
  return bound;
}

absl::Status AwaitConnected(int socket, const SocketAddress& address, absl::Time deadline) {
  if (connect(socket, address.get(), address.size) == 0) return absl::OkStatus();
  if (errno != EINPROGRESS) return Failed("connect to", address);
  pollfd connected = {socket, POLLOUT, 0};
  const int64_t patience = absl::ToInt64Milliseconds(deadline - absl::Now());
  poll(&connected, 1, static_cast<int>(std::clamp<int64_t>(patience, 0, 60000)));
  int fault = ETIMEDOUT;
  socklen_t size = sizeof(fault);
  if (connected.revents != 0) getsockopt(socket, SOL_SOCKET, SO_ERROR, &fault, &size);
  if (fault == 0) return absl::OkStatus();
  errno = fault;
  return Failed("connect to", address);
}

}  // namespace tremorcast::rpc
