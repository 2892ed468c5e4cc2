#pragma once

// Accepts the connections of the gRPC port and hands them to gRPC, so many in all and so many of one
// client.
//
// gRPC 1.51 can do this itself, and does not do it well: it bounds nothing, and where the process has
// no descriptor left for one connection, it never accepts another. Here a connection too many is
// closed at once, and a lack of descriptors is waited out. A connection is known by its descriptor
// and its inode until another takes the descriptor: gRPC does not say when it closes one.
//
// It also looks how many bytes each connection has received that are in no message and no call: parts
// of messages that never become whole, headers that never end. gRPC keeps those without a bound of
// its own, or cancels others' calls to make room. Here the connection that has most of them is cut.
//
// The server's calls to its own port come in by the same door and are handed over apart, whatever
// the limits and the credentials asked of others.
//
// gRPC reads from a new connection on the thread that hands it over, as long as anything comes, and
// holds the lock of what it hands it to meanwhile: a flood keeps both until it is cut. So one thread
// accepts and looks, each taker of callers has a thread of its own, and one hands over nothing but the
// server's own calls.
//
// Thread safety: Listen, Start, End and Stop from one thread; the rest from any. Blocks in ConnectOwn,
// and in End and Stop until the takers return. It must outlive what it was given.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "server/rpc/listen_address.h"
#include "server/rpc/socket_address.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast::rpc {

class ConnectionGate {
 public:
  struct Options {
    // Never more than the descriptors of the process allow, with a reserve for everything else.
    int max_connections = 10000;
    int max_connections_per_client = 1000;  // of one address; of an IPv6 one with its /64
  };
  // Takes a connected socket, which does not block, as its own. Called on one thread.
  using Taker = std::function<void(int listener, int socket)>;

  ConnectionGate(Options options, AccessMetrics& metrics, const Log& log);
  ~ConnectionGate();  // Stop
  ConnectionGate(const ConnectionGate&) = delete;
  ConnectionGate& operator=(const ConnectionGate&) = delete;

  // The port, chosen where the address has none. Connections wait until Start. Unavailable: the
  // address cannot be bound.
  absl::StatusOr<int> Listen(const ListenAddress& address);
  void Start(std::vector<Taker> callers, Taker own);
  // The takers are called no more: what is not handed over yet, and whatever comes, is closed, and what
  // a taker still reads from is cut. Floods are cut as before. Idempotent.
  void End();
  // End, and closes the port. Idempotent.
  void Stop();

  // A message of this size, or a call, came whole from this peer, named as gRPC names peers.
  void Received(const std::string& peer, uint64_t bytes);
  // Ends a caller's connection, and says why. Does nothing when it is gone.
  void Cut(const std::string& peer, const std::string& why);
  // A socket that does not block, connected to our own port as any caller's would be.
  absl::StatusOr<int> ConnectOwn(absl::Time deadline);
  // Before that socket is closed: its port may be anybody's then, and nobody comes in as ours.
  void ForgetOwn();

 private:
  struct Connection {
    uint64_t inode;
    std::string client, peer;
    uint64_t whole = 0;  // bytes received that are accounted for
  };

  struct Arrival {
    int listener, socket;
  };
  using Arrivals = std::deque<Arrival>;

  void Run();
  void HandOver(Arrivals* arrivals, const Taker& taker);
  void Accept(int listener);
  enum class Entry { kOwn, kCaller, kServerFull, kClientFull, kEnding };
  // Notes a caller that is let in, and has the socket handed over.
  Entry Admit(int listener, int socket, const std::string& client, const std::string& peer);
  Entry Place(const std::string& client) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the connection of this descriptor of gRPC's; false: it is gone.
  bool ShutDown(int descriptor) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(int descriptor) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetClosed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Cuts connections that keep too much, each for itself or all together; how soon to look again.
  absl::Duration LookAtUnfinished();
  // What a flood took, small pieces all over the heap, goes back to the system.
  void ReturnMemory();
  // Counts it and logs it.
  void Refused(const std::string& reason, const std::string& message);

  const Options options_;
  AccessMetrics& metrics_;
  const Log& log_;
  int places_ = 0;             // fixed by Listen, as is
  SocketAddress from_inside_;  // how this machine reaches its own listener
  std::vector<int> listeners_;
  int wake_ = -1;
  std::thread accepting_;
  std::vector<std::thread> handing_over_;
  absl::Mutex mutex_;
  Arrivals callers_ ABSL_GUARDED_BY(mutex_), own_ ABSL_GUARDED_BY(mutex_);
  std::multiset<int> in_hand_ ABSL_GUARDED_BY(mutex_);  // descriptors that takers may be reading from
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_map<int, Connection> connections_ ABSL_GUARDED_BY(mutex_);  // by descriptor
  std::map<std::string, int> of_client_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> of_peer_ ABSL_GUARDED_BY(mutex_);  // descriptors
  std::string own_peer_ ABSL_GUARDED_BY(mutex_);                // on its way in
  absl::Time forgot_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time cut_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time trimmed_at_ = absl::InfinitePast();  // of the accepting thread
};

}  // namespace tremorcast::rpc
