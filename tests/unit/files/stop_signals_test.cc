#include "files/stop_signals.h"

#include <signal.h>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(StopSignalsDeathTest, ASecondSignalEndsTheProcessWhereThatIsWanted) {
  EXPECT_EXIT(
      {
        StopSignals::Install(StopSignals::Second::kEndsTheProcess);
        raise(SIGTERM);
        raise(SIGINT);
      },
      testing::ExitedWithCode(128 + SIGINT), "");
}

TEST(StopSignalsTest, ASignalEndsThisWaitAndEveryLaterOne) {
  const StopSignals* const signals = StopSignals::Install(StopSignals::Second::kIsIgnored);
  ASSERT_NE(signals, nullptr);
  EXPECT_TRUE(signals->Wait(absl::ZeroDuration()));
  EXPECT_EQ(signals->number(), 0);
  raise(SIGTERM);
  EXPECT_TRUE(signals->requested());
  EXPECT_FALSE(signals->Wait(absl::InfiniteDuration()));
  raise(SIGINT);
  EXPECT_EQ(signals->number(), SIGINT);
  EXPECT_FALSE(signals->Wait(absl::InfiniteDuration()));
}

}  // namespace
}  // namespace tremorcast
