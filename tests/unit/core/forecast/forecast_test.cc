#include "core/forecast/forecast.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/skill/records.h"

namespace tremorcast {
namespace {

const absl::Time kSunday = absl::FromUnixSeconds(1607184000);

TEST(ForecastIdTest, ShowsTheWeekInNetworkTime) {
  EXPECT_EQ(MakeForecastId(kSunday, ForecastPurpose::kOperational, 1), "20201206T000000-operational-r1");
  EXPECT_EQ(MakeForecastId(kSunday + kWeekLength, ForecastPurpose::kTest, 12), "20201213T000000-test-r12");
}

TEST(ModelVersionTest, NamesTimeInUtcAndTheFirstDigitsOfTheHash) {
  EXPECT_EQ(MakeModelVersion(kSunday, "1a2b3c4d5e6f").value(), "20201205T160000-1a2b3c4d");
}

TEST(DisplayProbabilityTest, NeverShowsZeroOrCertainty) {
  const struct {
    double p;
    const char* text;
  } cases[] = {{0, "<1 %"},   {0.0099, "<1 %"}, {0.01, "1 %"},    {0.0149, "1 %"}, {0.034, "3 %"},
               {0.5, "50 %"}, {0.99, "99 %"},   {0.991, ">99 %"}, {1, ">99 %"}};
  for (const auto& c : cases) EXPECT_EQ(DisplayProbability(c.p), c.text) << c.p;
}

TEST(AboutOneInTest, RoundsToWhatIsKnown) {
  const struct {
    double p;
    const char* text;
  } cases[] = {{0, ""},
               {-1, ""},
               {0.025, "about 1 in 40"},
               {0.0081, "about 1 in 120"},
               {0.00003, "about 1 in 33000"},
               {0.4, "about 1 in 3"},
               {0.5, "about 1 in 2"},
               {0.7, "about 7 in 10"},
               {0.94, "about 9 in 10"},
               {0.951, ""},
               {1, ""}};
  for (const auto& c : cases) EXPECT_EQ(AboutOneIn(c.p), c.text) << c.p;
  EXPECT_EQ(AboutOneIn(std::nan("")), "");
}

TEST(DiffersMateriallyTest, NeedsAStatusOrAThousandth) {
  Forecast before;
  before.status = ForecastStatus::kOk;
  before.probabilities = {0.9, 0.06, 0.02, 0.01, 0.01};
  Forecast after = before;
  EXPECT_FALSE(DiffersMaterially(before, after));
  after.probabilities[1] += 0.0009;
  EXPECT_FALSE(DiffersMaterially(before, after));
  after.probabilities[1] = before.probabilities[1] + 0.001;
  EXPECT_TRUE(DiffersMaterially(before, after));
  after = before;
  after.status = ForecastStatus::kDegraded;
  EXPECT_TRUE(DiffersMaterially(before, after));
  after = before;
  after.station_horizons.push_back({1, before.probabilities, {}});
  EXPECT_TRUE(DiffersMaterially(before, after)) << "something is said of a day";
  before = after;
  EXPECT_FALSE(DiffersMaterially(before, after));
  after.station_horizons[0].answer.model.version = ModelVersion("other");
  EXPECT_TRUE(DiffersMaterially(before, after));
}

}  // namespace
}  // namespace tremorcast
