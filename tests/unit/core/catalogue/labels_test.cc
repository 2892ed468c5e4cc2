#include "core/catalogue/labels.h"

#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(MagnitudeClassesTest, SurvivesFloatingPoint) {
  const MagnitudeClasses classes;
  const struct {
    const char* text;
    int expected;
  } cases[] = {{"-1", 0},  {"3.4", 0}, {"3.49", 0}, {"3.5", 1},  {"3.9", 1}, {"3.9999999999", 2},
               {"4.0", 2}, {"4.4", 2}, {"4.5", 3},  {"4.99", 3}, {"5", 4},   {"8.0", 4}};
  for (const auto& c : cases) EXPECT_EQ(classes.ClassOf(std::atof(c.text)), c.expected) << c.text;
  EXPECT_EQ(classes.ClassOf(3.0 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1), 1);
  EXPECT_EQ(classes.ClassOf(std::nullopt), 0);
}

class LabelRegionTest : public ::testing::Test {
 protected:
  LabelRegionTest() { region_.polygon = BoxPolygon(22, 26, 101, 104); }
  void AddEvent(absl::Duration after_start, double magnitude, GeoPoint place = {24, 102}) {
    SeismicEvent event;
    event.origin_time = week_.begin + after_start;
    event.magnitude = magnitude;
    event.epicenter = place;
    events_.push_back(event);
  }
  RegionLabel Label() const { return LabelRegion(region_, week_, events_, MagnitudeClasses()); }

  Region region_;
  Interval week_ = {absl::FromUnixSeconds(1607184000), absl::FromUnixSeconds(1607184000) + kWeekLength};
  std::vector<SeismicEvent> events_;
};

TEST_F(LabelRegionTest, IsClassZeroWithoutEvents) {
  EXPECT_EQ(Label().magnitude_class, 0);
  EXPECT_EQ(Label().largest_magnitude, std::nullopt);
}

TEST_F(LabelRegionTest, TakesTheLargestEventInRegionAndWeek) {
  AddEvent(absl::ZeroDuration(), 3.6);
  AddEvent(kWeekLength - absl::Nanoseconds(1), 4.2, {26, 104});
  AddEvent(absl::Hours(5), 2.0);
  AddEvent(absl::Hours(5), 6.0, {26.1, 104});
  AddEvent(kWeekLength, 7.0);
  AddEvent(-absl::Nanoseconds(1), 7.0);
  EXPECT_EQ(Label().magnitude_class, 2);
  EXPECT_EQ(Label().largest_magnitude, 4.2);
  EXPECT_EQ(Label().events, 3);
}

TEST_F(LabelRegionTest, IgnoresDeletedEvents) {
  AddEvent(absl::Hours(1), 5.5);
  events_.back().deleted = true;
  EXPECT_EQ(Label().magnitude_class, 0);
  EXPECT_EQ(Label().events, 0);
}

TEST(ExceedanceTest, SumsTheClassesFromEachEdgeUp) {
  const auto q = ExceedanceProbabilities({0.5, 0.2, 0.15, 0.1, 0.05});
  EXPECT_DOUBLE_EQ(q[0], 0.5);
  EXPECT_NEAR(q[1], 0.3, 1e-15);
  EXPECT_NEAR(q[2], 0.15, 1e-15);
  EXPECT_DOUBLE_EQ(q[3], 0.05);
}

}  // namespace
}  // namespace tremorcast
