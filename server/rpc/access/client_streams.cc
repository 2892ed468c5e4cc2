#include "server/rpc/access/client_streams.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdint>
#include <iterator>
#include <netinet/in.h>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/strip.h>

#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {

std::string HostOfPeer(absl::string_view peer) {
  if (!absl::ConsumePrefix(&peer, "ipv4:") && !absl::ConsumePrefix(&peer, "ipv6:")) return std::string(peer);
  const absl::string_view host = peer.substr(0, peer.rfind(':'));
  return absl::StrReplaceAll(host, {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}});
}

std::string SubscriberOfHost(const std::string& host) {
  in6_addr address;
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return host;
  if (IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_LOOPBACK(&address)) return host;
  std::fill(std::begin(address.s6_addr) + 8, std::end(address.s6_addr), uint8_t{0});
  char text[INET6_ADDRSTRLEN];
  return absl::StrCat(inet_ntop(AF_INET6, &address, text, sizeof(text)), "/64");
}

ClientStreams::Lease::Lease(Lease&& other) noexcept
    : streams_(std::exchange(other.streams_, nullptr)), client_(std::move(other.client_)) {}

ClientStreams::Lease& ClientStreams::Lease::operator=(Lease&& other) noexcept {
  std::swap(streams_, other.streams_);
  std::swap(client_, other.client_);
  return *this;
}

ClientStreams::Lease::~Lease() {
  if (streams_ != nullptr) streams_->Close(client_);
}

absl::StatusOr<ClientStreams::Lease> ClientStreams::Open(const std::string& client) {
  Lease lease;
  if (client.empty()) return lease;
  absl::MutexLock lock(&mutex_);
  int& open = open_[client];
  if (open >= most_) {
    return WithReason(absl::ResourceExhaustedError(absl::StrCat(
                          client, " has ", open, " streams open, as many as one client may: close some first")),
                      "TOO_MANY_STREAMS", {{"limit", absl::StrCat(most_)}});
  }
  ++open;
  lease.streams_ = this;
  lease.client_ = client;
  return lease;
}

void ClientStreams::Close(const std::string& client) {
  absl::MutexLock lock(&mutex_);
  const auto at = open_.find(client);
  if (--at->second == 0) open_.erase(at);
}

}  // namespace tremorcast::rpc
