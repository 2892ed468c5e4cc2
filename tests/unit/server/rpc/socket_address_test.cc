#include "server/rpc/socket_address.h"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>

#include <gtest/gtest.h>

namespace tremorcast::rpc {
namespace {

SocketAddress V4(const char* host) {
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  EXPECT_EQ(inet_pton(AF_INET, host, &v4.sin_addr), 1);
  SocketAddress address;
  std::memcpy(&address.storage, &v4, sizeof(v4));
  address.size = sizeof(v4);
  address.set_port(4711);
  return address;
}

SocketAddress V6(const char* host, uint32_t scope = 0) {
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_scope_id = scope;
  EXPECT_EQ(inet_pton(AF_INET6, host, &v6.sin6_addr), 1);
  SocketAddress address;
  std::memcpy(&address.storage, &v6, sizeof(v6));
  address.size = sizeof(v6);
  address.set_port(4711);
  return address;
}

TEST(SocketAddressTest, NamesPeersAsGrpcDoes) {
  EXPECT_EQ(V4("192.0.2.1").Peer(), "ipv4:192.0.2.1:4711");
  EXPECT_EQ(V6("2001:db8::1").Peer(), "ipv6:%5B2001:db8::1%5D:4711");
  EXPECT_EQ(V6("::ffff:192.0.2.1").Peer(), "ipv4:192.0.2.1:4711");
  EXPECT_EQ(V6("fe80::1", 2).Peer(), "ipv6:%5Bfe80::1%252%5D:4711");
}

TEST(SocketAddressTest, HasAHostWithoutItsPort) {
  EXPECT_EQ(V4("192.0.2.1").Host(), "192.0.2.1");
  EXPECT_EQ(V6("2001:db8::1").Host(), "2001:db8::1");
  EXPECT_EQ(V6("::ffff:192.0.2.1").Host(), "192.0.2.1");
  EXPECT_EQ(V6("fe80::1", 2).Host(), "fe80::1%2");
  EXPECT_NE(V6("fe80::1", 2).Host(), V6("fe80::1", 3).Host())
      << "the same address on another network is another client";
}

TEST(SocketAddressTest, KnowsEveryAddressThereIsFromOne) {
  EXPECT_TRUE(V4("0.0.0.0").wildcard());
  EXPECT_TRUE(V6("::").wildcard());
  EXPECT_FALSE(V4("127.0.0.1").wildcard());
  EXPECT_FALSE(V6("::1").wildcard());
}

TEST(SocketAddressTest, ListensOnOneAddressForEveryInterfaceAndSaysWhatIsNoHost) {
  for (const char* host : {"0.0.0.0", "::"}) {
    const auto addresses = AddressesOf({host, 4711});
    ASSERT_TRUE(addresses.ok()) << addresses.status();
    ASSERT_EQ(addresses->size(), 1u) << host;
    EXPECT_TRUE(addresses->front().wildcard()) << host;
    EXPECT_EQ(addresses->front().port(), 4711);
  }
  EXPECT_EQ(AddressesOf({"no such host", 4711}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tremorcast::rpc
