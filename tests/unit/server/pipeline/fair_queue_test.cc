#include "server/pipeline/fair_queue.h"

#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

namespace tremorcast {
namespace {

using testing::ElementsAre;

// What is taken until nothing waits.
std::vector<std::string> TakeAll(FairQueue<std::string>& queue) {
  std::vector<std::string> taken;
  while (queue.Next() != nullptr) taken.push_back(queue.Take());
  return taken;
}

TEST(FairQueueTest, GoesRoundTheKeysAndKeepsTheOrderOfEach) {
  FairQueue<std::string> queue(1000);
  for (const char* item : {"a1", "a2", "a3"}) queue.Push("a", 1, item);
  queue.Push("b", 1, "b1");
  for (const char* item : {"c1", "c2"}) queue.Push("c", 1, item);
  EXPECT_THAT(TakeAll(queue), ElementsAre("a1", "b1", "c1", "a2", "c2", "a3"));
  EXPECT_TRUE(queue.empty());
}

TEST(FairQueueTest, ALateComerWaitsForOneItemOfEachOther) {
  FairQueue<std::string> queue(1000);
  for (int i = 0; i < 100; ++i) queue.Push("flood", 1, absl::StrCat("f", i));
  EXPECT_EQ(queue.Take(), "f0");
  queue.Push("calm", 1, "c0");
  EXPECT_EQ(queue.Take(), "f1");
  EXPECT_EQ(queue.Take(), "c0");
}

TEST(FairQueueTest, LeavesRoomForTheNextWhateverTheOthersHold) {
  FairQueue<int> queue(1200);
  for (int key = 0; key < 5; ++key) {
    const std::string name = absl::StrCat("flood", key);
    while (queue.RoomFor(name, 1) == Room::kYes) queue.Push(name, 1, 0);
    EXPECT_EQ(queue.RoomFor(name, 1), Room::kOverShare);
    EXPECT_EQ(queue.RoomFor("calm", 10), Room::kYes) << "after " << key + 1 << " that flood";
  }
  EXPECT_LE(queue.held_bytes(), 1200);
}

TEST(FairQueueTest, AKeyThatHoldsNothingMayHaveAllThatIsFree) {
  FairQueue<int> queue(1000);
  EXPECT_EQ(queue.RoomFor("a", 1001), Room::kFull);
  ASSERT_EQ(queue.RoomFor("a", 1000), Room::kYes);
  queue.Push("a", 1000, 1);
  EXPECT_EQ(queue.RoomFor("b", 1), Room::kFull);
}

TEST(FairQueueTest, WhatWasTakenHoldsItsBytesUntilItIsReleased) {
  FairQueue<int> queue(1000);
  queue.Push("a", 600, 1);
  queue.Take();
  EXPECT_EQ(queue.held_bytes(), 600);
  EXPECT_EQ(queue.RoomFor("b", 500), Room::kFull);
  EXPECT_EQ(queue.RoomFor("a", 100), Room::kOverShare);
  queue.Release("a", 600);
  EXPECT_EQ(queue.held_bytes(), 0);
  EXPECT_EQ(queue.RoomFor("a", 900), Room::kYes);
  EXPECT_THAT(queue.Next(), testing::IsNull());
}

}  // namespace
}  // namespace tremorcast
