#include "trainer/run/issue_threads.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(IssueThreadsTest, EveryIssueIsRunOnceOnAsManyThreadsAsAsked) {
  for (const int threads : {1, 4}) {
    std::vector<std::atomic<int>> runs(1000);
    ForEachOnThreads(threads)(1000, [&](int i) { ++runs[static_cast<size_t>(i)]; });
    for (const std::atomic<int>& count : runs) EXPECT_EQ(count, 1);
  }
}

TEST(IssueThreadsTest, ProgressIsToldByOneThreadAtATime) {
  std::atomic<int> inside{0};
  int told = 0, together = 0;
  const auto progress = OneAtATime([&](int, int) {
    together += ++inside > 1 ? 1 : 0;
    ++told;
    std::this_thread::yield();
    --inside;
  });
  ForEachOnThreads(4)(20000, [&](int i) { progress(i, 20000); });
  EXPECT_EQ(told, 20000);
  EXPECT_EQ(together, 0);
}

}  // namespace
}  // namespace tremorcast
