#include "core/verification/binary_outcome.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/core/toy_fixture.h"

namespace tremorcast {
namespace {

TEST(ExceedanceOutcomesTest, TakeTheClassesFromKUp) {
  const std::vector<BinaryOutcome> at_35 = ExceedanceOutcomes(ToyForecasts(), 1).value();
  const std::vector<BinaryOutcome> at_40 = ExceedanceOutcomes(ToyForecasts(), 2).value();
  EXPECT_EQ(at_35[2].probability, 0.5);
  EXPECT_EQ(at_40[2].probability, 0.3);
  EXPECT_TRUE(at_35[5].event);  // class 1
  EXPECT_FALSE(at_40[5].event);
  EXPECT_EQ(ExceedanceOutcomes(ToyForecasts(), 1, &ScoredWeek::reference)->front().probability, 0.3);
}

TEST(ExceedanceOutcomesTest, MakeTiesOfProbabilitiesThatDifferInTheLastBits) {
  ScoredWeek a, b;
  a.forecast = {0.7, 0.1, 0.1, 0.1, 0};
  b.forecast = {0.7, 0.3, 0, 0, 0};
  ASSERT_NE(0.1 + 0.1 + 0.1, 0.3);
  const std::vector<BinaryOutcome> outcomes = ExceedanceOutcomes({a, b}, 1).value();
  EXPECT_EQ(outcomes[0].probability, outcomes[1].probability);
  EXPECT_EQ(outcomes[0].probability, 0.3);
}

TEST(ExceedanceOutcomesTest, RefuseWhatIsNoForecast) {
  ScoredWeek row;
  row.forecast = {0.7, 0.3, 0, 0, 0};
  EXPECT_FALSE(ExceedanceOutcomes({row}, 0).ok());
  EXPECT_FALSE(ExceedanceOutcomes({row}, 5).ok());
  row.observed_class = 5;
  EXPECT_FALSE(ExceedanceOutcomes({row}, 1).ok());
  row.observed_class = 0;
  row.forecast[1] = 1.5;
  EXPECT_FALSE(ExceedanceOutcomes({row}, 1).ok());
  row.forecast[1] = std::nan("");
  EXPECT_FALSE(ExceedanceOutcomes({row}, 1).ok());
  EXPECT_TRUE(ExceedanceOutcomes({}, 1)->empty());
}

TEST(ValidateOutcomesTest, NamesWhatItRefuses) {
  EXPECT_TRUE(ValidateOutcomes("x", {{0, false}, {1, true}}).ok());
  EXPECT_EQ(ValidateOutcomes("x", {}).message(), "x: no outcomes");
  EXPECT_FALSE(ValidateOutcomes("x", {{-1e-9, false}}).ok());
  EXPECT_FALSE(ValidateOutcomes("x", {{std::nan(""), false}}).ok());
  EXPECT_FALSE(ValidateOutcomes("x", {{0.5, false, 0}}).ok());
  EXPECT_FALSE(ValidateOutcomes("x", {{0.5, false, std::numeric_limits<double>::infinity()}}).ok());
}

TEST(GroupByProbabilityTest, PutsTiesTogetherHighestFirst) {
  const std::vector<OutcomeGroup> groups =
      GroupByProbability({{0.2, true}, {0.7, false}, {0.2, false, 3}, {0.2, true}});
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].probability, 0.7);
  EXPECT_EQ(groups[1].count, 3);
  EXPECT_EQ(groups[1].events, 2);
  EXPECT_EQ(groups[1].measure, 5);
}

}  // namespace
}  // namespace tremorcast
