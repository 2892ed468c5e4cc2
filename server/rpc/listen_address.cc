#include "server/rpc/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

namespace tremorcast::rpc {

std::string ListenAddress::ToString() const {
  const bool v6 = absl::StrContains(host, ':');
  return absl::StrCat(v6 ? "[" : "", host, v6 ? "]" : "", ":", port);
}

bool ListenAddress::loopback() const {
  if (host == "localhost") return true;
  in_addr v4;
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6;
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view flag, absl::string_view text) {
  const auto malformed = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": \"", text, "\" ", why, "; write HOST:PORT, for example 127.0.0.1:50051"));
  };
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return malformed("has no port");
  ListenAddress address;
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.find_first_of("[]") != absl::string_view::npos) return malformed("has a bracket without its other");
  if (host.empty()) return malformed("has no host (0.0.0.0 is every interface)");
  if (!bracketed && absl::StrContains(host, ':')) return malformed("needs brackets around an IPv6 address");
  address.host = std::string(host);
  if (!absl::SimpleAtoi(text.substr(colon + 1), &address.port) || address.port < 0 || address.port > 65535) {
    return malformed("has no valid port");
  }
  return address;
}

}  // namespace tremorcast::rpc
