#include "tests/support/own_network.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

sockaddr_in6 At(const std::string& host, int port) {
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET6, host.c_str(), &address.sin6_addr);
  return address;
}

}  // namespace

std::string RunInOwnNetwork(const std::function<void()>& test) {
  std::string reason;
  std::thread([&] {
    if (unshare(CLONE_NEWNET) != 0) {
      reason = absl::StrCat("no network namespace of its own: ", std::strerror(errno));
    } else if (std::system("ip link set lo up && ip -6 route add local 2001:db8::/32 dev lo") != 0) {
      reason = "no IPv6, or no ip (iproute2) to set it up with";
    } else {
      test();
    }
  }).join();
  return reason;
}

int ConnectFrom(const std::string& from, const std::string& to, int port) {
  const int descriptor = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int anywhere = 1;  // a route makes the addresses ours, and no interface has them
  setsockopt(descriptor, IPPROTO_IPV6, IPV6_FREEBIND, &anywhere, sizeof(anywhere));
  const sockaddr_in6 here = At(from, 0), there = At(to, port);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&here), sizeof(here)) == 0 &&
      connect(descriptor, reinterpret_cast<const sockaddr*>(&there), sizeof(there)) == 0) {
    return descriptor;
  }
  close(descriptor);
  return -1;
}

}  // namespace tremorcast
