// That a ThreadSanitizer build sees a race where there is one, and takes what an Abseil mutex
// orders for ordered.

#include <cstdlib>
#include <functional>
#include <thread>

#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

namespace {

constexpr int kTurns = 10000;
constexpr int kRaced = 66;  // exit code of a program in which ThreadSanitizer reported something

// Both at once, in a process of its own that ends with 0 unless something was reported.
void Together(const std::function<void()>& one, const std::function<void()>& other) {
  std::thread thread(one);
  other();
  thread.join();
  std::exit(0);
}

TEST(AbslMutexTsanDeathTest, ARaceIsReported) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  int count = 0;
  const auto add = [&] {
    for (int i = 0; i < kTurns; ++i) ++count;
  };
  EXPECT_EXIT(Together(add, add), testing::ExitedWithCode(kRaced), "data race");
}

TEST(AbslMutexTsanDeathTest, WhatAMutexGuardsIsNot) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  absl::Mutex mutex;
  int count = 0;
  const auto add = [&] {
    for (int i = 0; i < kTurns; ++i) {
      absl::MutexLock lock(&mutex);
      ++count;
    }
  };
  EXPECT_EXIT(Together(add, add), testing::ExitedWithCode(0), "");
}

TEST(AbslMutexTsanDeathTest, NorWhatAConditionOrANotificationWaitsFor) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  absl::Mutex mutex;
  absl::Notification notified;
  int count = 0, told = 0;
  const auto produce = [&] {
    for (int i = 0; i < kTurns; ++i) {
      absl::MutexLock lock(&mutex);
      ++count;
    }
    told = 1;
    notified.Notify();
  };
  const auto consume = [&] {
    const auto full = [&] { return count == kTurns; };
    mutex.Lock();
    mutex.Await(absl::Condition(&full));
    --count;
    mutex.Unlock();
    notified.WaitForNotification();
    ++told;
  };
  EXPECT_EXIT(Together(produce, consume), testing::ExitedWithCode(0), "");
}

}  // namespace
