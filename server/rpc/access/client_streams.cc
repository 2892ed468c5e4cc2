#include "server/rpc/access/client_streams.h"

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
