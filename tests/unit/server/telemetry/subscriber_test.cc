#include "server/telemetry/subscriber.h"

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(SubscriberOfHostTest, AnIpv6HostIsThatOfItsNetwork) {
  EXPECT_EQ(SubscriberOfHost("203.0.113.5"), "203.0.113.5");
  EXPECT_EQ(SubscriberOfHost("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(SubscriberOfHost("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  EXPECT_EQ(SubscriberOfHost("::ffff:203.0.113.5"), "::ffff:203.0.113.5");
  EXPECT_EQ(SubscriberOfHost("::1"), "::1");
  EXPECT_EQ(SubscriberOfHost("unix:"), "unix:");
  EXPECT_EQ(SubscriberOfHost("fe80::1%2"), "fe80::/64");
}

}  // namespace
}  // namespace tremorcast
