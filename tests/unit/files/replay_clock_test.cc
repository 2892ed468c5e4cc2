#include "files/replay_clock.h"

#include <atomic>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "core/base/time_grid.h"
#include "files/text_file.h"

namespace tremorcast {
namespace {

class ReplayClockTest : public ::testing::Test {
 protected:
  // Written whole, and as if the step had been `age` ago.
  void Step(const std::string& line, absl::Duration age = absl::ZeroDuration()) {
    ASSERT_TRUE(WriteTextFile(path_ + ".next", line).ok());
    const timespec when = absl::ToTimespec(absl::Now() - age);
    const timespec times[2] = {when, when};
    ASSERT_EQ(utimensat(AT_FDCWD, (path_ + ".next").c_str(), times, 0), 0);
    ASSERT_EQ(std::rename((path_ + ".next").c_str(), path_.c_str()), 0);
  }
  std::unique_ptr<ReplayClock> Open() {
    absl::StatusOr<std::unique_ptr<ReplayClock>> clock = ReplayClock::Open(path_);
    EXPECT_TRUE(clock.ok()) << clock.status();
    return clock.ok() ? *std::move(clock) : nullptr;
  }
  static void LongEnoughToLookAgain() { absl::SleepFor(absl::Milliseconds(60)); }

  const std::string path_ =
      absl::StrCat(::testing::TempDir(), "/clock-", ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ReplayClockTest, BetweenStepsTheTimeGoesOnFromTheWritingOfTheFile) {
  Step("2024-03-03T00:00:00+08:00\n", absl::Minutes(10));
  const auto clock = Open();
  const absl::Time step = *ParseTime("2024-03-03");
  const absl::Time now = clock->Now();
  EXPECT_GE(now, step + absl::Minutes(10));
  EXPECT_LT(now, step + absl::Hours(24));  // at the pace of the machine, not of the weeks
  LongEnoughToLookAgain();
  EXPECT_GE(clock->Now(), now + absl::Milliseconds(60));
}

TEST_F(ReplayClockTest, TwoReadersOfOneFileHaveTheSameTime) {
  Step("2024-03-03\n", absl::Hours(1));
  const auto early = Open();
  LongEnoughToLookAgain();
  const auto late = Open();
  const absl::Time before = early->Now(), between = late->Now(), after = early->Now();
  EXPECT_LE(before, between);
  EXPECT_LE(between, after);
}

TEST_F(ReplayClockTest, AStepMovesIt) {
  Step("2024-03-03\n");
  const auto clock = Open();
  Step("2024-03-10\n");
  LongEnoughToLookAgain();
  EXPECT_GE(clock->Now(), *ParseTime("2024-03-10"));
  EXPECT_LT(clock->Now(), *ParseTime("2024-03-11"));
}

TEST_F(ReplayClockTest, NeverGoesBack) {
  Step("2024-03-10\n");
  const auto clock = Open();
  const absl::Time before = clock->Now();
  Step("2024-03-03\n");
  LongEnoughToLookAgain();
  EXPECT_GE(clock->Now(), before);
  // Nor where the same step is written again, from which the time would count anew.
  Step("2024-03-10\n", absl::Hours(1));
  LongEnoughToLookAgain();
  const absl::Time ahead = clock->Now();
  Step("2024-03-10\n");
  LongEnoughToLookAgain();
  EXPECT_GE(clock->Now(), ahead);
}

TEST_F(ReplayClockTest, KeepsToItsStepWhileTheFileSaysNothing) {
  Step("2024-03-03\n");
  const auto clock = Open();
  for (const char* broken : {"", "2024-03-17", "soon\n"}) {
    Step(broken);
    LongEnoughToLookAgain();
    EXPECT_LT(clock->Now(), *ParseTime("2024-03-04")) << broken;
  }
  std::remove(path_.c_str());
  LongEnoughToLookAgain();
  EXPECT_GE(clock->Now(), *ParseTime("2024-03-03"));
  EXPECT_LT(clock->Now(), *ParseTime("2024-03-04"));
}

TEST_F(ReplayClockTest, DoesNotOpenWithoutATime) {
  EXPECT_EQ(ReplayClock::Open(path_ + "-none").status().code(), absl::StatusCode::kInvalidArgument);
  for (const char* broken : {"", "2024-03-17", "soon\n"}) {
    Step(broken);
    const absl::Status status = ReplayClock::Open(path_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << broken;
    EXPECT_NE(status.message().find(path_), absl::string_view::npos) << status;
  }
}

TEST_F(ReplayClockTest, EveryThreadSeesItGoForward) {
  Step("2024-03-03\n");
  const auto clock = Open();
  std::atomic<bool> stop{false};
  std::atomic<int> went_back{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      absl::Time last = absl::InfinitePast();
      while (!stop) {
        const absl::Time now = clock->Now();
        went_back += now < last ? 1 : 0;
        last = now;
      }
    });
  }
  for (int day = 4; day < 9; ++day) {
    Step(absl::StrCat("2024-03-0", day, "\n"));
    LongEnoughToLookAgain();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(went_back, 0);
  EXPECT_GE(clock->Now(), *ParseTime("2024-03-08"));
}

}  // namespace
}  // namespace tremorcast
