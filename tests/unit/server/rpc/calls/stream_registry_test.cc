#include "server/rpc/calls/stream_registry.h"

#include <atomic>

#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

namespace tremorcast::rpc {
namespace {

class FakeStream final : public StreamRegistry::Stream {
 public:
  void EndSoon() override {
    ++told;
    if (!first_told.HasBeenNotified()) first_told.Notify();
  }
  std::atomic<int> told = 0;
  absl::Notification first_told;
};

TEST(StreamRegistryTest, TellsAStreamOfItsAgeOnce) {
  StreamRegistry registry(absl::Milliseconds(1));
  FakeStream stream;
  registry.Add(&stream);
  stream.first_told.WaitForNotification();
  registry.Remove(&stream);
  EXPECT_EQ(stream.told, 1);
}

TEST(StreamRegistryTest, DrainsThoseThatAreThereAndThoseThatCome) {
  StreamRegistry registry(absl::Hours(1));
  FakeStream early, late;
  registry.Add(&early);
  EXPECT_EQ(early.told, 0);
  registry.Drain();
  registry.Add(&late);
  EXPECT_EQ(early.told, 1);
  EXPECT_EQ(late.told, 1);
  EXPECT_FALSE(registry.WaitUntilEmpty(absl::InfinitePast()));
  registry.Remove(&early);
  registry.Remove(&late);
  EXPECT_TRUE(registry.WaitUntilEmpty(absl::InfiniteFuture()));
}

}  // namespace
}  // namespace tremorcast::rpc
