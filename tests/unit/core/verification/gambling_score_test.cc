#include "core/verification/gambling_score.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/core/toy_fixture.h"

namespace tremorcast {
namespace {

// numpy: sum and mean of p_y / c_y - 1 over the toy fixture.
TEST(GamblingScoreTest, PaysFairOddsOnTheToyFixture) {
  const GamblingScore score = ScoreByGambling(ToyForecasts()).value();
  EXPECT_NEAR(score.total, 3.555952380952382, 1e-12);
  EXPECT_NEAR(score.mean, 0.44449404761904776, 1e-12);
}

TEST(GamblingScoreTest, TheReferenceItselfWinsNothing) {
  std::vector<ScoredWeek> rows = ToyForecasts();
  for (ScoredWeek& row : rows) row.forecast = row.reference;
  EXPECT_NEAR(ScoreByGambling(rows)->total, 0, 1e-12);
}

TEST(GamblingScoreTest, FairAlarmsExpectNothing) {
  const double c = 0.2;
  EXPECT_NEAR(AlarmGamblingReturn(true, true, c).value(), 4, 1e-15);
  EXPECT_NEAR(AlarmGamblingReturn(false, false, c).value(), 0.25, 1e-15);
  EXPECT_EQ(AlarmGamblingReturn(true, false, c).value(), -1);
  EXPECT_EQ(AlarmGamblingReturn(false, true, c).value(), -1);
  EXPECT_NEAR(c * 4 + (1 - c) * -1, 0, 1e-15);
}

// Why it must not choose models: with a true chance of 0.3 against odds of 0.2, certainty pays more
// than the truth.
TEST(GamblingScoreTest, RewardsWhoeverExaggerates) {
  const ClassProbabilities fair = {0.8, 0.2, 0, 0, 0};
  const auto expected = [&](double p) {
    const ClassProbabilities bet = {1 - p, p, 0, 0, 0};
    return 0.3 * GamblingReturn(bet, fair, 1).value() + 0.7 * GamblingReturn(bet, fair, 0).value();
  };
  EXPECT_GT(expected(1.0), expected(0.3));
}

TEST(GamblingScoreTest, RefusesABetWithoutOdds) {
  EXPECT_FALSE(ScoreByGambling({}).ok());
  EXPECT_FALSE(GamblingReturn({1, 0, 0, 0, 0}, {1, 0, 0, 0, 0}, 1).ok());
  EXPECT_FALSE(GamblingReturn({1, 0, 0, 0, 0}, {1, 0, 0, 0, 0}, 5).ok());
  EXPECT_FALSE(GamblingReturn({1, 0, 0, 0, 0}, {1, 0, 0, 0, 0}, -1).ok());
  EXPECT_FALSE(GamblingReturn({std::nan(""), 0, 0, 0, 0}, {1, 0, 0, 0, 0}, 0).ok());
  EXPECT_FALSE(AlarmGamblingReturn(true, true, 0).ok());
  EXPECT_FALSE(AlarmGamblingReturn(true, true, 1).ok());
}

}  // namespace
}  // namespace tremorcast
