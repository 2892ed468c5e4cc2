#include "core/base/duration_text.h"

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(DurationTextTest, ReadsDaysAndWeeksBesideWhatAbslReads) {
  EXPECT_EQ(ParseDurationText("90s").value(), absl::Seconds(90));
  EXPECT_EQ(ParseDurationText("1h30m").value(), absl::Minutes(90));
  EXPECT_EQ(ParseDurationText("1.5d").value(), absl::Hours(36));
  EXPECT_EQ(ParseDurationText("1w").value(), absl::Hours(168));
  EXPECT_EQ(ParseDurationText("0").value(), absl::ZeroDuration());
}

TEST(DurationTextTest, RefusesWhatHasNoUnitNoEndOrTheWrongSign) {
  for (const char* wrong : {"", "d", "w", "1", "-1h", "-1d", "1 week", "inf", "-inf", "infd", "nand", "1e300w", "5",
                            "m", "-1s", "nans", "5 minutes"}) {
    EXPECT_FALSE(ParseDurationText(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace tremorcast
