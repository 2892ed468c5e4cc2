#include "server/rpc/calls/reset_watch.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast::rpc {
namespace {

class ResetWatchTest : public ::testing::Test {
 protected:
  void Cancel(const std::string& peer, int calls) {
    for (int i = 0; i < calls; ++i) watch_.Cancelled(peer, now_);
  }

  absl::Time now_ = absl::FromUnixSeconds(1000000);
  std::vector<std::string> cut_;
  static constexpr int kStreams = 100;
  ResetWatch watch_{kStreams, [this](const std::string& peer) { cut_.push_back(peer); }};
};

TEST_F(ResetWatchTest, CutsTheConnectionThatOnlyCancelsAndNoOther) {
  Cancel("neighbour", 999);
  Cancel("flood", 1001);
  EXPECT_EQ(cut_, std::vector<std::string>{"flood"});
}

TEST_F(ResetWatchTest, LetsAClientCancelNowAndThenForever) {
  for (int second = 0; second < 1000; ++second, now_ += absl::Seconds(1)) Cancel("impatient", 50);
  EXPECT_TRUE(cut_.empty());
  Cancel("impatient", 1001);
  EXPECT_EQ(cut_.size(), 1u);
}

TEST_F(ResetWatchTest, BeginsAnewWithAConnectionOfTheSameName) {
  Cancel("flood", 1001);
  Cancel("flood", 1000);
  EXPECT_EQ(cut_.size(), 1u);
}

TEST_F(ResetWatchTest, CutsTheConnectionWhoseCallsComeFasterThanTheyEnd) {
  for (int i = 0; i < 1000 + 2 * kStreams; ++i) watch_.Came("flood");
  EXPECT_TRUE(cut_.empty());
  watch_.Came("neighbour");
  EXPECT_TRUE(cut_.empty());
  watch_.Came("flood");
  EXPECT_EQ(cut_, std::vector<std::string>{"flood"});
}

TEST_F(ResetWatchTest, AnyNumberOfStreamsMayBeAllowed) {
  ResetWatch watch(std::numeric_limits<int>::max(), [this](const std::string& peer) { cut_.push_back(peer); });
  watch.Came("one");
  EXPECT_TRUE(cut_.empty());
}

TEST_F(ResetWatchTest, LetsAClientCallForever) {
  for (int i = 0; i < 10000; ++i) {
    watch_.Came("busy");
    if (i >= kStreams) watch_.Ended("busy");
  }
  EXPECT_TRUE(cut_.empty());
}

}  // namespace
}  // namespace tremorcast::rpc
