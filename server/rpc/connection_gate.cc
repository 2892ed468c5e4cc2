#include "server/rpc/connection_gate.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <linux/tcp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <absl/cleanup/cleanup.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "core/base/status_macros.h"
#include "server/rpc/sockets.h"
#include "server/telemetry/subscriber.h"

namespace tremorcast::rpc {
namespace {

// Descriptors for everything that is no caller's connection: HTTP, database, libraries, files.
constexpr int kReserve = 512;
// How often at most all connections are looked at for those that are closed.
constexpr absl::Duration kForgetEvery = absl::Milliseconds(100);
// How long nothing is accepted while there is no descriptor.
constexpr int kPauseMilliseconds = 50;

// Bytes in no message and no call, of one connection (four batches on their way) and of all.
constexpr uint64_t kMaxUnfinished = uint64_t{32} << 20;
constexpr uint64_t kMaxUnfinishedOfAll = uint64_t{256} << 20;
// How often to look: at most a twentieth of a processor goes into it.
constexpr absl::Duration kLookEvery = absl::Milliseconds(50);
constexpr absl::Duration kLookPerConnection = absl::Microseconds(20);
constexpr absl::Duration kLookWithoutAny = absl::Seconds(1);

// Of a call or a message: headers, frames.
constexpr uint64_t kOverhead = 16 << 10;

uint64_t BytesReceived(int socket) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_received : 0;
}

// gRPC would read and act on what the kernel has of a connection that ends: tens of thousands of calls
// of a flood.
void Discard(int socket) {
  constexpr size_t kAtOnce = size_t{1} << 30;  // nothing is written anywhere
  while (recv(socket, nullptr, kAtOnce, MSG_TRUNC | MSG_DONTWAIT) > 0) continue;
}

// 0: not a socket any more.
uint64_t InodeOf(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino : 0;
}

}  // namespace

ConnectionGate::ConnectionGate(Options options, AccessMetrics& metrics, const Log& log)
    : options_(options), metrics_(metrics), log_(log) {}

ConnectionGate::~ConnectionGate() { Stop(); }

absl::StatusOr<int> ConnectionGate::Listen(const ListenAddress& address) {
  rlimit descriptors = {};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  const int64_t limit = static_cast<int64_t>(std::min<rlim_t>(descriptors.rlim_cur, 1 << 30));
  places_ = static_cast<int>(std::min<int64_t>(options_.max_connections, std::max(limit - kReserve, limit / 4)));
  ASSIGN_OR_RETURN(std::vector<SocketAddress> addresses, AddressesOf(address));
  int port = address.port;
  for (SocketAddress& one : addresses) {
    one.set_port(port);
    auto listener = ListenOn(one);
    if (!listener.ok()) {
      if (!listeners_.empty()) continue;  // "localhost" is also ::1, which not every machine has
      if (&one != &addresses.back()) continue;
      return listener.status();
    }
    listeners_.push_back(*listener);
    port = OwnAddress(*listener).port();
  }
  from_inside_ = FromInside(listeners_.front());
  wake_ = eventfd(0, EFD_CLOEXEC);
  if (wake_ < 0) return absl::UnavailableError("no descriptor is left to listen with");
  return port;
}

void ConnectionGate::Start(std::vector<Taker> callers, Taker own) {
  if (places_ < options_.max_connections) {
    log_.Warning(absl::StrCat("the limit of descriptors leaves room for ", places_, " connections of callers, not ",
                              options_.max_connections, " (ulimit -Hn)"));
  }
  accepting_ = std::thread([this] { Run(); });
  const auto hand_over = [this](Arrivals* arrivals, Taker taker) {
    handing_over_.emplace_back([this, arrivals, taker = std::move(taker)] { HandOver(arrivals, taker); });
  };
  for (Taker& taker : callers) hand_over(&callers_, std::move(taker));
  hand_over(&own_, std::move(own));
}

void ConnectionGate::End() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
    for (const int socket : in_hand_) ShutDown(socket);
  }
  for (std::thread& thread : std::exchange(handing_over_, {})) thread.join();
}

void ConnectionGate::Stop() {
  End();
  if (accepting_.joinable()) {
    eventfd_write(wake_, 1);
    accepting_.join();
  }
  if (wake_ >= 0) close(std::exchange(wake_, -1));
  for (const int listener : std::exchange(listeners_, {})) close(listener);
}

void ConnectionGate::Run() {
  std::vector<pollfd> watched;
  for (const int listener : listeners_) watched.push_back({listener, POLLIN, 0});
  watched.push_back({wake_, POLLIN, 0});
  auto next_look = std::chrono::steady_clock::now();
  while (true) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next_look - std::chrono::steady_clock::now());
    poll(watched.data(), watched.size(), static_cast<int>(std::max<int64_t>(0, wait.count())));
    if (watched.back().revents != 0) return;
    if (std::chrono::steady_clock::now() >= next_look) {
      next_look = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(LookAtUnfinished());
    }
    for (size_t i = 0; i + 1 < watched.size(); ++i) {
      if (watched[i].revents == 0) continue;
      Accept(watched[i].fd);
      next_look = std::min(next_look, std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(kLookEvery));
    }
  }
}

// gRPC takes nothing once it ends, and does not close what it does not take.
void ConnectionGate::HandOver(Arrivals* arrivals, const Taker& taker) {
  absl::MutexLock lock(&mutex_);
  while (true) {
    const auto anything = [this, arrivals] {
      mutex_.AssertHeld();
      return ending_ || !arrivals->empty();
    };
    mutex_.Await(absl::Condition(&anything));
    if (ending_) {
      for (const Arrival& arrival : *arrivals) close(arrival.socket);
      arrivals->clear();
      return;
    }
    const Arrival next = arrivals->front();
    arrivals->pop_front();
    in_hand_.insert(next.socket);
    mutex_.Unlock();
    taker(next.listener, next.socket);
    mutex_.Lock();
    in_hand_.erase(in_hand_.find(next.socket));
  }
}

void ConnectionGate::Accept(int listener) {
  SocketAddress address;
  const int socket = accept4(listener, address.get(), &address.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) {
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;  // it went away again
    Refused("descriptors", absl::StrCat("cannot accept a connection: ", std::strerror(errno)));
    pollfd stop = {wake_, POLLIN, 0};
    poll(&stop, 1, kPauseMilliseconds);
    return;
  }
  const std::string client = SubscriberOfHost(address.Host());
  switch (Admit(listener, socket, client, address.Peer())) {
    case Entry::kOwn:
    case Entry::kCaller:
      return;
    case Entry::kEnding:
      break;
    case Entry::kServerFull:
      Refused("limit", absl::StrCat("connection refused: there are ", places_, " already"));
      break;
    case Entry::kClientFull:
      Refused("client",
              absl::StrCat("connection refused: ", client, " has ", options_.max_connections_per_client, " already"));
      break;
  }
  close(socket);
}

ConnectionGate::Entry ConnectionGate::Admit(int listener, int socket, const std::string& client,
                                            const std::string& peer) {
  absl::MutexLock lock(&mutex_);
  if (ending_) return Entry::kEnding;
  if (peer == own_peer_) {
    own_peer_.clear();
    own_.push_back({listener, socket});
    return Entry::kOwn;
  }
  Forget(socket);  // whose descriptor this was before
  if (Place(client) != Entry::kCaller) ForgetClosed();
  const Entry entry = Place(client);
  if (entry == Entry::kCaller) {
    connections_[socket] = {InodeOf(socket), client, peer};
    ++of_client_[client];
    of_peer_[peer] = socket;
    callers_.push_back({listener, socket});
  }
  return entry;
}

ConnectionGate::Entry ConnectionGate::Place(const std::string& client) const {
  if (connections_.size() >= static_cast<size_t>(places_)) return Entry::kServerFull;
  const auto of_client = of_client_.find(client);
  const bool client_full = of_client != of_client_.end() && of_client->second >= options_.max_connections_per_client;
  return client_full ? Entry::kClientFull : Entry::kCaller;
}

void ConnectionGate::Forget(int descriptor) {
  const auto it = connections_.find(descriptor);
  if (it == connections_.end()) return;
  if (const auto client = of_client_.find(it->second.client); --client->second == 0) of_client_.erase(client);
  if (const auto peer = of_peer_.find(it->second.peer); peer != of_peer_.end() && peer->second == descriptor) {
    of_peer_.erase(peer);
  }
  connections_.erase(it);
}

void ConnectionGate::ForgetClosed() {
  const absl::Time now = absl::Now();
  if (now - forgot_at_ < kForgetEvery && now >= forgot_at_) return;
  forgot_at_ = now;
  std::vector<int> closed;
  for (const auto& [descriptor, connection] : connections_) {
    if (InodeOf(descriptor) != connection.inode) closed.push_back(descriptor);
  }
  for (const int descriptor : closed) Forget(descriptor);
}

absl::Duration ConnectionGate::LookAtUnfinished() {
  std::vector<std::pair<int, Connection>> all;
  {
    absl::MutexLock lock(&mutex_);
    all.assign(connections_.begin(), connections_.end());
  }
  // The kernel is asked without the lock, which every message takes. A connection that is closed
  // meanwhile may give the number of another, but Cut sees whose the descriptor is.
  const auto closed =
      std::partition(all.begin(), all.end(), [](const auto& one) { return InodeOf(one.first) == one.second.inode; });
  std::vector<std::pair<uint64_t, std::string>> keeping;
  uint64_t of_all = 0;
  for (auto one = all.begin(); one != closed; ++one) {
    Connection& connection = one->second;
    const uint64_t received = BytesReceived(one->first);
    const uint64_t whole = std::exchange(connection.whole, connection.whole - std::min(connection.whole, received));
    if (received <= whole) continue;
    keeping.emplace_back(received - whole, connection.peer);
    of_all += received - whole;
  }
  {
    absl::MutexLock lock(&mutex_);
    for (auto one = all.begin(); one != all.end(); ++one) {
      const auto it = connections_.find(one->first);
      if (it == connections_.end() || it->second.inode != one->second.inode) continue;
      if (one >= closed) {
        Forget(one->first);
      } else {
        // What was counted beyond what came, since overheads are estimated, is not kept for later.
        it->second.whole -= one->second.whole;
      }
    }
  }
  std::sort(keeping.rbegin(), keeping.rend());
  for (const auto& [bytes, peer] : keeping) {
    if (bytes <= kMaxUnfinished && of_all <= kMaxUnfinishedOfAll) break;
    of_all -= bytes;
    Cut(peer, absl::StrCat("sent ", bytes >> 20, " MiB that make no message"));
  }
  ReturnMemory();
  if (closed == all.begin()) return kLookWithoutAny;
  return std::max(kLookEvery, (closed - all.begin()) * kLookPerConnection);
}

void ConnectionGate::ReturnMemory() {
  const absl::Time now = absl::Now();
  {
    // gRPC is done with a connection some time after it is cut.
    absl::MutexLock lock(&mutex_);
    if (now - cut_at_ > absl::Seconds(5) || now - trimmed_at_ < absl::Seconds(1)) return;
  }
  trimmed_at_ = now;
  malloc_trim(0);
}

void ConnectionGate::Received(const std::string& peer, uint64_t bytes) {
  absl::MutexLock lock(&mutex_);
  const auto it = of_peer_.find(peer);
  if (it == of_peer_.end()) return;
  connections_.at(it->second).whole += bytes + bytes / 16 + kOverhead;  // with frames, TLS and headers
}

void ConnectionGate::Refused(const std::string& reason, const std::string& message) {
  metrics_.connections_refused[reason].Increment();
  log_.Warning(message, {{"reason", reason}});
}

bool ConnectionGate::ShutDown(int descriptor) {
  const auto it = connections_.find(descriptor);
  if (it == connections_.end()) return false;
  // A descriptor of our own: gRPC may close its one, and something else get that number, at any moment.
  const int ours = dup(descriptor);
  if (ours < 0) return false;
  const bool same = InodeOf(ours) == it->second.inode;
  if (same) {
    shutdown(ours, SHUT_RDWR);  // nothing more comes in
    Discard(ours);
  }
  close(ours);
  return same;
}

void ConnectionGate::Cut(const std::string& peer, const std::string& why) {
  {
    absl::MutexLock lock(&mutex_);
    const auto it = of_peer_.find(peer);
    if (it == of_peer_.end()) return;
    if (!ShutDown(it->second)) return;
    cut_at_ = absl::Now();
    Forget(it->second);
  }
  Refused("flood", absl::StrCat("connection cut: ", peer, " ", why));
}

absl::StatusOr<int> ConnectionGate::ConnectOwn(absl::Time deadline) {
  const SocketAddress& there = from_inside_;
  ASSIGN_OR_RETURN(const int socket, BoundSocket(there));
  absl::Cleanup closer = [socket] { close(socket); };
  {
    absl::MutexLock lock(&mutex_);
    own_peer_ = OwnAddress(socket).Peer();
  }
  absl::Cleanup forget = [this] { ForgetOwn(); };  // before the socket is closed
  RETURN_IF_ERROR(AwaitConnected(socket, there, deadline));
  std::move(forget).Cancel();
  std::move(closer).Cancel();
  return socket;
}

void ConnectionGate::ForgetOwn() {
  absl::MutexLock lock(&mutex_);
  own_peer_.clear();
}

}  // namespace tremorcast::rpc
