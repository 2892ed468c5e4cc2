#include "model/checkpoint/normalisation.h"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/checkpoint/random.h"

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

TEST(NormalisationTest, SignedLogKeepsTheSign) {
  EXPECT_FLOAT_EQ(SignedLog1p(0), 0);
  EXPECT_FLOAT_EQ(SignedLog1p(std::exp(1.0f) - 1), 1);
  EXPECT_FLOAT_EQ(SignedLog1p(1 - std::exp(1.0f)), -1);
}

TEST(NormalisationTest, PoolingAveragesPresentSamplesAndStaysMissingWhereAllAre) {
  std::vector<float> out(4);
  PoolSlots({1, 3, kMissing, 5, kMissing, kMissing, 7, 9}, /*channels=*/1, 8, 4, absl::MakeSpan(out));
  EXPECT_EQ(out[0], 2);
  EXPECT_EQ(out[1], 5);
  EXPECT_TRUE(std::isnan(out[2]));
  EXPECT_EQ(out[3], 8);
}

TEST(NormalisationTest, ScalesByMedianAndQuartilesOfTheStation) {
  MemoryWindowSource source(1, 5);
  // Signed log1p of expm1(x) is x: quartiles of 0, 1, 2, 3, 4 are 1, 2, 3.
  std::vector<float> values;
  for (int i = 0; i < 5; ++i) values.push_back(std::expm1(static_cast<float>(i)));
  source.Add(StationId("a"), values);
  const auto n = FitNormalisation(source, {0}, 5);
  ASSERT_TRUE(n.ok()) << n.status();
  EXPECT_NEAR(n->For(StationId("a")).median[0], 2, 1e-6);
  EXPECT_NEAR(n->For(StationId("a")).iqr[0], 2, 1e-6);
  std::vector<float> raw = values, out(5);
  raw[4] = kMissing;
  n->Apply(StationId("a"), 5, raw, absl::MakeSpan(out));
  EXPECT_THAT(out,
              ElementsAre(FloatNear(-1, 1e-6), FloatNear(-.5, 1e-6), FloatNear(0, 1e-6), FloatNear(.5, 1e-6), 0.0f));
}

TEST(NormalisationTest, ClipsAtEightAndGivesAFlatFeatureScaleOne) {
  MemoryWindowSource source(2, 2);
  source.Add(StationId("a"), {5, 5, 0, 0});
  const auto n = FitNormalisation(source, {0}, 2);
  ASSERT_TRUE(n.ok());
  EXPECT_EQ(n->For(StationId("a")).iqr, (std::vector<float>{1, 1}));
  std::vector<float> out(4);
  n->Apply(StationId("a"), 2, {1e30f, -1e30f, INFINITY, 0}, absl::MakeSpan(out));
  EXPECT_THAT(out, ElementsAre(8, -8, 8, 0));
}

TEST(NormalisationTest, AnUnknownStationIsScaledAsAllStationsAreAndASilentChannelToo) {
  MemoryWindowSource source(2, 4);
  Random random(3);
  std::vector<float> a, b;
  for (int i = 0; i < 8; ++i) a.push_back(static_cast<float>(std::expm1(2 + random.Normal())));
  for (int i = 0; i < 8; ++i) b.push_back(i < 4 ? kMissing : static_cast<float>(std::expm1(5 + random.Normal())));
  source.Add(StationId("a"), a);
  source.Add(StationId("b"), b);
  const auto n = FitNormalisation(source, {0, 1, 1}, 4);  // a window listed twice counts once
  ASSERT_TRUE(n.ok());
  EXPECT_EQ(n->For(StationId("never seen")), n->all_stations());
  EXPECT_EQ(n->For(StationId("b")).median[0], n->all_stations().median[0]);
  EXPECT_NE(n->For(StationId("b")).median[1], n->all_stations().median[1]);
  EXPECT_EQ(n->For(StationId("a")).median[0], n->all_stations().median[0]);  // only a speaks in channel 0
}

TEST(NormalisationTest, WindowsOutsideTheTrainingPeriodDoNotMoveTheScale) {
  MemoryWindowSource source(1, 3);
  source.Add(StationId("a"), {1, 2, 3});
  source.Add(StationId("a"), {1000, 2000, 3000});
  const auto first = FitNormalisation(source, {0}, 3), both = FitNormalisation(source, {0, 1}, 3);
  ASSERT_TRUE(first.ok() && both.ok());
  EXPECT_FLOAT_EQ(first->all_stations().median[0], std::log1p(2.0f));
  EXPECT_NE(first->all_stations().median[0], both->all_stations().median[0]);
  EXPECT_FALSE(FitNormalisation(source, {}, 3).ok());
}

}  // namespace
}  // namespace tremorcast
