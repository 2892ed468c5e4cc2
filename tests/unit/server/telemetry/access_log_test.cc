#include "server/telemetry/access_log.h"

#include <gtest/gtest.h>

#include "tests/fakes/log_lines.h"

namespace tremorcast {
namespace {

TEST(AccessLogTest, WantsEveryFailureAndItsShareOfTheRest) {
  const std::unique_ptr<Log> log = LogLines().NewLog();
  const AccessLog none(*log, std::nullopt), failures(*log, 0), quarter(*log, .25), all(*log, 1);
  int wanted = 0;
  for (int i = 0; i < 10'000; ++i) {
    const TraceContext trace = ContinueTrace("");
    EXPECT_FALSE(none.Wants(true, trace));
    EXPECT_TRUE(failures.Wants(true, trace));
    EXPECT_FALSE(failures.Wants(false, trace));
    EXPECT_TRUE(quarter.Wants(true, trace));
    EXPECT_TRUE(all.Wants(false, trace));
    wanted += quarter.Wants(false, trace) ? 1 : 0;
  }
  // Ten standard deviations of a binomial count.
  EXPECT_NEAR(wanted, 2500, 433);
}

TEST(AccessLogTest, SaysNothingBelowTheLevelOfTheLog) {
  const std::unique_ptr<Log> log = LogLines().NewLog(LogLevel::kWarning);
  EXPECT_FALSE(AccessLog(*log, 1).Wants(true, ContinueTrace("")));
}

}  // namespace
}  // namespace tremorcast
