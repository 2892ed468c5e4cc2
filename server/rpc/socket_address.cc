#include "server/rpc/socket_address.h"

#include <arpa/inet.h>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

namespace tremorcast::rpc {
namespace {

const sockaddr_in& V4(const SocketAddress& address) { return reinterpret_cast<const sockaddr_in&>(address.storage); }
const sockaddr_in6& V6(const SocketAddress& address) { return reinterpret_cast<const sockaddr_in6&>(address.storage); }

bool MachineHasV6() {
  const int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  close(probe);
  return true;
}

}  // namespace

int SocketAddress::port() const {
  return ntohs(storage.ss_family == AF_INET6 ? V6(*this).sin6_port : V4(*this).sin_port);
}

void SocketAddress::set_port(int port) {
  const in_port_t number = htons(static_cast<uint16_t>(port));
  if (storage.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(storage).sin6_port = number;
  } else {
    reinterpret_cast<sockaddr_in&>(storage).sin_port = number;
  }
}

std::string SocketAddress::Host() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&V6(*this).sin6_addr)) {
    inet_ntop(AF_INET, V6(*this).sin6_addr.s6_addr + 12, text, sizeof(text));
  } else if (storage.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &V6(*this).sin6_addr, text, sizeof(text));
    if (const uint32_t scope = V6(*this).sin6_scope_id; scope != 0) return absl::StrCat(text, "%", scope);
  } else {
    inet_ntop(AF_INET, &V4(*this).sin_addr, text, sizeof(text));
  }
  return text;
}

std::string SocketAddress::Peer() const {
  const std::string host = Host();
  return absl::StrContains(host, ':')
             ? absl::StrCat("ipv6:%5B", absl::StrReplaceAll(host, {{"%", "%25"}}), "%5D:", port())
             : absl::StrCat("ipv4:", host, ":", port());
}

bool SocketAddress::wildcard() const {
  return storage.ss_family == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&V6(*this).sin6_addr)
                                       : V4(*this).sin_addr.s_addr == INADDR_ANY;
}

SocketAddress OwnAddress(int socket) {
  SocketAddress address;
  getsockname(socket, address.get(), &address.size);
  return address;
}

absl::StatusOr<std::vector<SocketAddress>> AddressesOf(const ListenAddress& address) {
  const bool everywhere = address.host == "0.0.0.0" || address.host == "::";
  addrinfo wanted = {}, *found = nullptr;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  const std::string host = everywhere && MachineHasV6() ? "::" : address.host;
  if (getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &wanted, &found) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("no such host: ", address.host));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (; found != nullptr; found = found->ai_next) {
    SocketAddress& next = addresses.emplace_back();
    std::memcpy(&next.storage, found->ai_addr, found->ai_addrlen);
    next.size = found->ai_addrlen;
  }
  return addresses;
}

}  // namespace tremorcast::rpc
