#include "core/significance/circular_shift.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "tests/unit/core/toy_fixture.h"

namespace tremorcast {
namespace {

RegionSeries ToySeries() {
  RegionSeries series;
  for (const ScoredWeek& row : ToyForecasts()) {
    series.forecasts.push_back(row.forecast);
    series.references.push_back(row.reference);
    series.observed.push_back(row.observed_class);
  }
  return series;
}

// Outcomes by chance; with `skill` the forecast knows them.
RegionSeries Series(uint64_t seed, int weeks, bool skill) {
  RandomStream random({seed});
  RegionSeries series;
  for (int t = 0; t < weeks; ++t) {
    const bool event = random.Uniform() < 0.3;
    const bool guess = skill ? event : random.Uniform() < 0.3;
    series.observed.push_back(event ? 1 : 0);
    series.references.push_back({0.7, 0.27, 0.01, 0.01, 0.01});
    series.forecasts.push_back(guess ? ClassProbabilities{0.4, 0.57, 0.01, 0.01, 0.01}
                                     : ClassProbabilities{0.8, 0.17, 0.01, 0.01, 0.01});
  }
  return series;
}

TEST(CircularShiftNullTest, CountsShiftsAndTheRealOneOnce) {
  const std::vector<RegionSeries> toy = {ToySeries()};
  const ShiftNull null = CircularShiftNull(toy, 1).value();
  EXPECT_NEAR(null.gain, 0.258832089, 5e-10);
  ASSERT_EQ(null.shifted_gains.size(), 7u);
  int as_large = 0;
  for (size_t s = 1; s <= 7; ++s) {
    double sum = 0;
    for (size_t t = 0; t < 8; ++t) {
      const int y = toy[0].observed[(t + s) % 8];
      sum += std::log(toy[0].forecasts[t][y] / kToyClimatology[y]) / 8;
    }
    EXPECT_NEAR(null.shifted_gains[s - 1], sum, 1e-14);
    as_large += sum >= null.gain ? 1 : 0;
  }
  EXPECT_NEAR(null.p_value, (1.0 + as_large) / 8, 1e-15);
}

TEST(CircularShiftNullTest, AForecastThatKnowsTheWeekReachesTheSmallestP) {
  const std::vector<RegionSeries> regions = {Series(1, 104, true), Series(2, 104, true)};
  const ShiftNull null = CircularShiftNull(regions).value();
  EXPECT_EQ(null.shifted_gains.size(), 97u);  // shifts 4 to 100
  EXPECT_NEAR(null.p_value, 1.0 / 98, 1e-15);
}

TEST(CircularShiftNullTest, GuessesAreSmallAsOftenAsTheyShouldBe) {
  int small = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    const std::vector<RegionSeries> regions = {Series(seed, 104, false)};
    small += CircularShiftNull(regions)->p_value <= 0.1 ? 1 : 0;
  }
  EXPECT_LE(small, 20);  // 10 expected of 100
}

TEST(CircularShiftNullTest, TheReferenceItselfIsNeverSignificant) {
  std::vector<RegionSeries> regions = {Series(3, 60, true)};
  regions[0].forecasts = regions[0].references;
  EXPECT_EQ(CircularShiftNull(regions)->p_value, 1);
}

// Region b repeats region a: shifting them apart would make pairs of events rarer, shifting them
// together must not.
TEST(CircularShiftNullTest, ShiftsAllRegionsTogether) {
  const std::vector<RegionSeries> one = {Series(4, 60, true)};
  const std::vector<RegionSeries> two = {Series(4, 60, true), Series(4, 60, true)};
  const ShiftNull a = CircularShiftNull(one).value();
  const ShiftNull b = CircularShiftNull(two).value();
  for (size_t i = 0; i < a.shifted_gains.size(); ++i) EXPECT_NEAR(a.shifted_gains[i], b.shifted_gains[i], 1e-14);
}

TEST(CircularShiftNullTest, RefusesSeriesThatDoNotFit) {
  EXPECT_FALSE(CircularShiftNull({}).ok());
  EXPECT_FALSE(CircularShiftNull({RegionSeries()}).ok());
  EXPECT_FALSE(CircularShiftNull({Series(1, 20, true), Series(1, 21, true)}).ok());
  EXPECT_FALSE(CircularShiftNull({Series(1, 20, true)}, 0).ok());
  EXPECT_EQ(CircularShiftNull({Series(1, 7, true)}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CircularShiftNull({Series(1, 8, true)})->shifted_gains.size(), 1u);
  RegionSeries bad = Series(1, 20, true);
  bad.observed[3] = 5;
  EXPECT_FALSE(CircularShiftNull({bad}).ok());
  bad = Series(1, 20, true);
  bad.forecasts[3][2] = 0;
  EXPECT_FALSE(CircularShiftNull({bad}).ok());
  bad.forecasts[3][2] = std::nan("");
  EXPECT_FALSE(CircularShiftNull({bad}).ok());
}

}  // namespace
}  // namespace tremorcast
