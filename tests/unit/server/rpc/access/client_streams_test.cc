#include "server/rpc/access/client_streams.h"

#include <optional>

#include <gtest/gtest.h>

namespace tremorcast::rpc {
namespace {

TEST(ClientStreamsTest, TakesTheHostOutOfAPeer) {
  EXPECT_EQ(HostOfPeer("ipv4:203.0.113.5:4711"), "203.0.113.5");
  EXPECT_EQ(HostOfPeer("ipv6:%5B2001:db8::1%5D:4711"), "2001:db8::1");
  EXPECT_EQ(HostOfPeer("ipv6:[::1]:4711"), "::1");
  EXPECT_EQ(HostOfPeer("unix:/run/socket"), "unix:/run/socket");
}

TEST(ClientStreamsTest, CountsOpenStreamsOfEachClient) {
  ClientStreams streams(1);
  std::optional<ClientStreams::Lease> held = *streams.Open("a");
  EXPECT_EQ(streams.Open("a").status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(streams.Open("b").ok());
  ClientStreams::Lease moved = *std::move(held);
  held.reset();
  EXPECT_FALSE(streams.Open("a").ok()) << "a moved lease is still held";
  moved = ClientStreams::Lease();
  EXPECT_TRUE(streams.Open("a").ok());
  EXPECT_TRUE(streams.Open("").ok() && streams.Open("").ok()) << "not counted";
}

}  // namespace
}  // namespace tremorcast::rpc
