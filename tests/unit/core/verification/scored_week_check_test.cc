#include "core/verification/scored_week_check.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/core/toy_fixture.h"

namespace tremorcast {
namespace {

TEST(ValidateScoredWeeksTest, PassesTheToyFixtureAndNothing) {
  EXPECT_TRUE(ValidateScoredWeeks(ToyForecasts()).ok());
  EXPECT_TRUE(ValidateScoredWeeks({}).ok());
}

TEST(ValidateScoredWeeksTest, NamesTheFirstBadRow) {
  const struct {
    void (*spoil)(ScoredWeek&);
    const char* message;
  } cases[] = {
      {[](ScoredWeek& row) { row.observed_class = 5; }, "row 2: class 5"},
      {[](ScoredWeek& row) { row.observed_class = -1; }, "row 2: class -1"},
      {[](ScoredWeek& row) { row.forecast[1] = std::nan(""); }, "row 2: forecast has a nan"},
      {[](ScoredWeek& row) {
         row.forecast = {1.2, -0.2, 0, 0, 0};
       },
       "row 2: forecast has a 1.2"},
      {[](ScoredWeek& row) { row.reference[0] = 0.8; }, "row 2: reference sums to 1.1"},
      {[](ScoredWeek& row) {
         row.forecast = {1, 0, 0, 0, 0};
       },
       "row 2: forecast gave class 2, which came, probability 0"},
      {[](ScoredWeek& row) {
         row.reference = {1, 0, 0, 0, 0};
       },
       "row 2: reference gave class 2, which came, probability 0"},
  };
  for (const auto& c : cases) {
    std::vector<ScoredWeek> rows = ToyForecasts();
    c.spoil(rows[2]);
    const absl::Status status = ValidateScoredWeeks(rows);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(status.message()), c.message);
  }
}

}  // namespace
}  // namespace tremorcast
