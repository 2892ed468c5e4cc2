#pragma once

// Addresses of sockets as gRPC writes those of its peers. Pure but for asking the kernel about a
// socket; thread safe.

#include <cstdint>
#include <string>
#include <sys/socket.h>
#include <vector>

#include <absl/status/statusor.h>

#include "server/rpc/listen_address.h"

namespace tremorcast::rpc {

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  int port() const;
  void set_port(int port);
  // "192.0.2.1", "2001:db8::1", "fe80::1%2" with the number of its interface; an IPv4 address in IPv6
  // clothes is an IPv4 address.
  std::string Host() const;
  // "ipv4:192.0.2.1:4711", "ipv6:%5B2001:db8::1%5D:4711", "ipv6:%5Bfe80::1%252%5D:4711".
  std::string Peer() const;
  // Every address there is: loopback is one of them.
  bool wildcard() const;
};

SocketAddress OwnAddress(int socket);
// Where to listen for this. Every interface is one address of IPv6 and IPv4 together, where the
// machine has IPv6; "localhost" may be two. InvalidArgument: no such host.
absl::StatusOr<std::vector<SocketAddress>> AddressesOf(const ListenAddress& address);

}  // namespace tremorcast::rpc
