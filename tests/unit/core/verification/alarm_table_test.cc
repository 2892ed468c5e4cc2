#include "core/verification/alarm_table.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/core/toy_fixture.h"

namespace tremorcast {
namespace {

TEST(AlarmTableTest, ReproducesTheToyFixture) {
  const AlarmTable table = CountAlarms(ExceedanceOutcomes(ToyForecasts(), 1).value(), 0.4).value();
  EXPECT_EQ(table, (AlarmTable{3, 1, 1, 3}));
  EXPECT_EQ(PierceScore(table).value(), 0.5);
  EXPECT_EQ(RScore(table).value(), 0.25);
}

TEST(AlarmTableTest, AThresholdItselfIsAnAlarm) {
  const std::vector<BinaryOutcome> outcomes = {{0.5, true}, {0.4, false}};
  EXPECT_EQ(CountAlarms(outcomes, 0.5).value(), (AlarmTable{1, 0, 0, 1}));
  EXPECT_EQ(CountAlarms(outcomes, 0.51).value(), (AlarmTable{0, 0, 1, 1}));
  EXPECT_EQ(CountAlarms(outcomes, 0).value(), (AlarmTable{1, 1, 0, 0}));
}

TEST(AlarmTableTest, AlwaysAndNeverScoreNothing) {
  EXPECT_EQ(PierceScore({5, 20, 0, 0}).value(), 0);
  EXPECT_EQ(PierceScore({0, 0, 5, 20}).value(), 0);
  EXPECT_EQ(RScore({5, 20, 0, 0}).value(), 0);
  EXPECT_EQ(RScore({0, 0, 5, 20}).value(), 0);
  EXPECT_EQ(PierceScore({5, 0, 0, 20}).value(), 1);
  EXPECT_EQ(RScore({5, 0, 0, 20}).value(), 0.8);
}

TEST(AlarmTableTest, RefusesTablesWithoutAnAnswer) {
  EXPECT_EQ(PierceScore({0, 3, 0, 4}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(PierceScore({3, 0, 4, 0}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(RScore({0, 3, 0, 4}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(RScore({3, 0, 4, -1}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(CountAlarms({}, 0.5).ok());
  EXPECT_FALSE(CountAlarms({{0.5, true}}, std::nan("")).ok());
}

}  // namespace
}  // namespace tremorcast
