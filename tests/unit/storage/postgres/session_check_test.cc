#include "storage/postgres/session_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(CheckClockTest, AllowsWhatTheAnswerMayHaveTakenAndALittle) {
  EXPECT_TRUE(CheckClock(kNow, kNow, kNow).ok());
  EXPECT_TRUE(CheckClock(kNow, kNow + absl::Minutes(20), kNow + absl::Minutes(30)).ok()) << "an answer that took long";
  EXPECT_TRUE(CheckClock(kNow, kNow - kMaxClockSkew, kNow).ok());
  EXPECT_TRUE(CheckClock(kNow, kNow + kMaxClockSkew, kNow).ok());
}

TEST(CheckClockTest, SaysWhichClockIsAheadAndThatItIsWorthTryingAgain) {
  const absl::Status ahead = CheckClock(kNow, kNow - absl::Hours(24 * 7), kNow);
  EXPECT_EQ(ahead.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(ahead.message()), HasSubstr("168h ahead of the database's"));
  const absl::Status behind = CheckClock(kNow, kNow + absl::Minutes(6), kNow);
  EXPECT_THAT(std::string(behind.message()), HasSubstr("6m behind the database's"));
}

}  // namespace
}  // namespace tremorcast
