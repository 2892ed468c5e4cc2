#include "core/base/number_text.h"

#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(GroupedTest, PutsACommaBeforeEveryThreeDigits) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(-123), "-123");
  EXPECT_EQ(Grouped(-1234567), "-1,234,567");
  EXPECT_EQ(Grouped(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(ParseFloatTest, TakesDecimalNumbersAndRoundsOnce) {
  EXPECT_EQ(ParseFloat(" 1e-3 "), .001F);
  EXPECT_EQ(ParseFloat("1.00000017881393432617187499"), 1.00000011920928955078125F)
      << "as a double it is a tie, which would go up";
  EXPECT_EQ(ParseFloat("1e300"), std::numeric_limits<float>::infinity());
  for (const char* text : {"", "0x1p3", "1,5", "one"}) EXPECT_EQ(ParseFloat(text), std::nullopt) << text;
}

}  // namespace
}  // namespace tremorcast
