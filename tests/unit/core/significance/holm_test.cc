#include "core/significance/holm.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(HolmAdjustedTest, StepsDownAndKeepsTheOrderGiven) {
  // By hand: 4 x .005, 3 x .01, 2 x .03, and .04 may not be smaller than the one before.
  const std::vector<double> adjusted = HolmAdjusted({.01, .04, .03, .005}).value();
  const std::vector<double> expected = {.03, .06, .06, .02};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-15);
}

TEST(HolmAdjustedTest, NeverExceedsOneAndLeavesASingleTestAlone) {
  EXPECT_EQ(HolmAdjusted({.6, .7}).value(), (std::vector<double>{1, 1}));
  EXPECT_EQ(HolmAdjusted({.03}).value(), (std::vector<double>{.03}));
  EXPECT_TRUE(HolmAdjusted({})->empty());
}

TEST(HolmAdjustedTest, RefusesWhatIsNoPValue) {
  EXPECT_FALSE(HolmAdjusted({.5, 1.5}).ok());
  EXPECT_FALSE(HolmAdjusted({-.1}).ok());
  EXPECT_FALSE(HolmAdjusted({std::nan("")}).ok());
}

}  // namespace
}  // namespace tremorcast
