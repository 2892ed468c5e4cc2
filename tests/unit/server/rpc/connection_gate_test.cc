#include "server/rpc/connection_gate.h"

#include <algorithm>
#include <arpa/inet.h>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <absl/synchronization/notification.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "tests/fakes/log_lines.h"
#include "tests/support/own_network.h"

namespace tremorcast::rpc {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr int kDescriptors = 256;  // more than this program has

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

// 0: it is no such socket.
int PortBy(int (*name)(int, sockaddr*, socklen_t*), int socket) {
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  if (name(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return address.sin_family == AF_INET ? ntohs(address.sin_port) : 0;
}
int PortOf(int socket) { return PortBy(getsockname, socket); }
int PeerPortOf(int socket) { return PortBy(getpeername, socket); }

// Of TCP; -1: it is no such socket.
int StateOf(int descriptor) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  return getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_state : -1;
}

// A connection from this machine, without a word.
class Caller {
 public:
  // `from`: a port, or 0 for any. Waits until it is connected unless `blocks` is false.
  explicit Caller(int port, int from = 0, bool blocks = true)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK), 0)) {
    const sockaddr_in here = Loopback(from), there = Loopback(port);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&here), sizeof(here)), 0);
    const int connected = connect(socket_, reinterpret_cast<const sockaddr*>(&there), sizeof(there));
    EXPECT_TRUE(connected == 0 || !blocks);
  }
  ~Caller() { close(socket_); }
  int descriptor() const { return socket_; }
  // Whether the other side closes the connection.
  bool Closed() {
    pollfd said = {socket_, POLLIN, 0};
    char byte;
    return poll(&said, 1, static_cast<int>(absl::ToInt64Milliseconds(kPatience))) == 1 && read(socket_, &byte, 1) <= 0;
  }

 private:
  const int socket_;
};

class ConnectionGateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto port = gate_.Listen({"127.0.0.1", 0});
    ASSERT_TRUE(port.ok()) << port.status();
    port_ = *port;
  }
  void TearDown() override {
    if (!release_.HasBeenNotified()) release_.Notify();
    gate_.Stop();
  }

  // Takers that keep their thread, as gRPC does while a caller floods, and one of our own calls.
  void StartWithBusyTakers(size_t count) {
    const ConnectionGate::Taker busy = [this](int, int socket) {
      {
        absl::MutexLock lock(&mutex_);
        taken_.push_back(PeerPortOf(socket));
      }
      release_.WaitForNotification();
      close(socket);
    };
    gate_.Start(std::vector<ConnectionGate::Taker>(count, busy), [this](int, int socket) {
      close(socket);
      own_came_.Notify();
    });
  }
  bool AwaitTaken(size_t count) {
    const auto enough = [&] {
      mutex_.AssertHeld();
      return taken_.size() >= count;
    };
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&enough), kPatience);
  }
  bool AwaitTakenFrom(int port) {
    const auto there = [&] {
      mutex_.AssertHeld();
      return own_came_.HasBeenNotified() || std::count(taken_.begin(), taken_.end(), port) > 0;
    };
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&there), kPatience) && !own_came_.HasBeenNotified();
  }
  size_t taken() {
    absl::MutexLock lock(&mutex_);
    return taken_.size();
  }
  void ListenWith(int backlog) {
    for (int descriptor = 3; descriptor < kDescriptors; ++descriptor) {
      if (StateOf(descriptor) == TCP_LISTEN && PortOf(descriptor) == port_) listen(descriptor, backlog);
    }
  }

  const LogLines lines_ = {};
  const std::unique_ptr<Log> log_ = lines_.NewLog();
  prometheus::Registry registry_;
  AccessMetrics metrics_{registry_};
  absl::Notification release_, own_came_;
  absl::Mutex mutex_;
  std::vector<int> taken_ ABSL_GUARDED_BY(mutex_);  // the ports of those who called
  int port_ = 0;
  ConnectionGate gate_{{}, metrics_, *log_};
};

TEST_F(ConnectionGateTest, OurOwnCallComesInWhileEveryTakerOfCallersIsBusy) {
  StartWithBusyTakers(4);
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 5; ++i) callers.push_back(std::make_unique<Caller>(port_));
  ASSERT_TRUE(AwaitTaken(4));
  const auto own = gate_.ConnectOwn(absl::Now() + kPatience);
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_TRUE(own_came_.WaitForNotificationWithTimeout(kPatience));
  close(*own);
}

TEST_F(ConnectionGateTest, ClosesWhatIsNotHandedOverWhenItEnds) {
  StartWithBusyTakers(1);
  Caller taken(port_), waits(port_);
  ASSERT_TRUE(AwaitTaken(1));
  // The one that a taker reads from is cut, so that the taker comes back.
  std::thread ender([this] { gate_.End(); });
  EXPECT_TRUE(taken.Closed());
  release_.Notify();
  ender.join();
  EXPECT_TRUE(waits.Closed());
  EXPECT_TRUE(Caller(port_).Closed()) << "nobody comes in any more";
  EXPECT_EQ(this->taken(), 1u);
}

TEST_F(ConnectionGateTest, WhoComesFromThePortOfAnOwnCallThatFailedIsACaller) {
  // The queue of the port is full, so that the call waits for its connection and gives up.
  ListenWith(0);
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 3; ++i) callers.push_back(std::make_unique<Caller>(port_, 0, false));
  const auto of_a_caller = [&](int descriptor) {
    return std::any_of(callers.begin(), callers.end(),
                       [&](const auto& caller) { return caller->descriptor() == descriptor; });
  };
  absl::StatusOr<int> own = 0;
  std::thread caller([&] { own = gate_.ConnectOwn(absl::Now() + absl::Seconds(2)); });
  int from = 0;
  for (const absl::Time give_up = absl::Now() + kPatience; from == 0 && absl::Now() < give_up;) {
    for (int descriptor = 3; descriptor < kDescriptors; ++descriptor) {
      if (StateOf(descriptor) == TCP_SYN_SENT && !of_a_caller(descriptor)) from = PortOf(descriptor);
    }
  }
  caller.join();
  ASSERT_FALSE(own.ok());
  ASSERT_NE(from, 0);
  ListenWith(SOMAXCONN);
  StartWithBusyTakers(callers.size() + 1);
  Caller stranger(port_, from);
  EXPECT_TRUE(AwaitTakenFrom(from)) << "a stranger is one of the callers";
}

TEST_F(ConnectionGateTest, SaysWhyAConnectionIsCutBesideOthersThatAreRefused) {
  ConnectionGate small({1000, 1}, metrics_, *log_);
  const auto port = small.Listen({"127.0.0.1", 0});
  ASSERT_TRUE(port.ok()) << port.status();
  absl::Notification came;
  small.Start({[&came](int, int) { came.Notify(); }}, [](int, int) {});
  Caller first(*port);
  ASSERT_TRUE(came.WaitForNotificationWithTimeout(kPatience));
  EXPECT_TRUE(Caller(*port).Closed());
  small.Cut("ipv4:127.0.0.1:" + std::to_string(PortOf(first.descriptor())), "floods");
  EXPECT_TRUE(first.Closed());
  EXPECT_EQ(lines_.With("reason=client").size(), 1u);
  EXPECT_EQ(lines_.With("reason=flood").size(), 1u);
}

// Whoever has a /64 has 2^64 addresses, and is one client all the same.
TEST(ConnectionGateV6Test, TheAddressesOfASubscriberAreOneClient) {
  const std::string skipped = RunInOwnNetwork([] {
    const LogLines lines;
    const std::unique_ptr<Log> log = lines.NewLog();
    prometheus::Registry registry;
    AccessMetrics metrics(registry);
    ConnectionGate::Options options;
    options.max_connections_per_client = 2;
    ConnectionGate gate(options, metrics, *log);
    const auto port = gate.Listen({"::", 0});
    ASSERT_TRUE(port.ok()) << port.status();
    absl::Mutex mutex;
    std::vector<int> taken;
    const ConnectionGate::Taker taker = [&](int, int socket) {
      absl::MutexLock lock(&mutex);
      taken.push_back(socket);
    };
    gate.Start({taker}, [](int, int socket) { close(socket); });
    std::vector<int> callers;
    const auto call = [&](const std::string& from) {
      callers.push_back(ConnectFrom(from, "2001:db8:ffff::1", *port));
      return callers.back();
    };
    const auto refused = [](int caller) {
      pollfd said = {caller, POLLIN, 0};
      char byte;
      return poll(&said, 1, static_cast<int>(absl::ToInt64Milliseconds(kPatience))) == 1 && read(caller, &byte, 1) <= 0;
    };
    EXPECT_GE(call("2001:db8:1:2::1"), 0);
    EXPECT_GE(call("2001:db8:1:2::2"), 0);
    EXPECT_TRUE(refused(call("2001:db8:1:2:3:4:5:6")));
    EXPECT_GE(call("2001:db8:1:3::1"), 0) << "another subscriber";
    const auto three = [&] {
      mutex.AssertHeld();
      return taken.size() >= 3;
    };
    {
      absl::MutexLock lock(&mutex);
      EXPECT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&three), kPatience));
    }
    gate.Stop();
    for (const int socket : taken) close(socket);
    for (const int caller : callers) close(caller);
  });
  if (!skipped.empty()) GTEST_SKIP() << skipped;
}

}  // namespace
}  // namespace tremorcast::rpc
