#include "server/telemetry/subscriber.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdint>
#include <iterator>
#include <netinet/in.h>

#include <absl/strings/str_cat.h>

namespace tremorcast {

std::string SubscriberOfHost(const std::string& host) {
  in6_addr address;
  if (inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) != 1) return host;
  if (IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_LOOPBACK(&address)) return host;
  std::fill(std::begin(address.s6_addr) + 8, std::end(address.s6_addr), uint8_t{0});
  char text[INET6_ADDRSTRLEN];
  return absl::StrCat(inet_ntop(AF_INET6, &address, text, sizeof(text)), "/64");
}

}  // namespace tremorcast
