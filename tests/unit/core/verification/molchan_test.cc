#include "core/verification/molchan.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/core/toy_fixture.h"
#include "tests/unit/core/verification/random_outcomes.h"

namespace tremorcast {
namespace {

TEST(MolchanDiagramTest, ReproducesTheToyFixture) {
  const MolchanDiagram diagram = BuildMolchanDiagram(ExceedanceOutcomes(ToyForecasts(), 1).value()).value();
  EXPECT_NEAR(diagram.area_skill_trapezoid, 0.6875, 1e-15);
  EXPECT_NEAR(diagram.area_skill_step, 0.625, 1e-15);
  ASSERT_EQ(diagram.points.size(), 9u);
  EXPECT_EQ(diagram.points[0].miss_rate, 1);
  EXPECT_EQ(diagram.points[0].alarm_fraction, 0);
  EXPECT_EQ(diagram.points[3].threshold, 0.45);
  EXPECT_EQ(diagram.points[3].alarm_fraction, 0.375);
  EXPECT_EQ(diagram.points[3].miss_rate, 0.25);
  EXPECT_EQ(diagram.points.back().alarm_fraction, 1);
  EXPECT_EQ(diagram.points.back().miss_rate, 0);
}

TEST(MolchanDiagramTest, AForecastThatNeverChangesHasNoSkill) {
  const MolchanDiagram diagram = BuildMolchanDiagram({{0.3, true}, {0.3, false}, {0.3, false}}).value();
  EXPECT_EQ(diagram.area_skill_trapezoid, 0.5);
  EXPECT_EQ(diagram.area_skill_step, 0);
}

// A forecast that only repeats where events are frequent looks skilful by region-weeks, and not by
// expected events.
TEST(MolchanDiagramTest, MeasuringByTheReferenceTakesKnownRatesAway) {
  std::vector<BinaryOutcome> by_weeks, by_reference;
  for (int i = 0; i < 100; ++i) {
    for (const double rate : {0.4, 0.1}) {
      const bool event = i < 100 * rate;
      by_weeks.push_back({rate, event});
      by_reference.push_back({rate, event, rate});
    }
  }
  EXPECT_NEAR(BuildMolchanDiagram(by_weeks)->area_skill_trapezoid, 0.65, 1e-12);
  EXPECT_NEAR(BuildMolchanDiagram(by_reference)->area_skill_trapezoid, 0.5, 1e-12);
}

TEST(MolchanDiagramTest, IsMonotoneAndTheStepIsTheLowerBound) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    const MolchanDiagram diagram = BuildMolchanDiagram(RandomOutcomes(seed, 40, 6)).value();
    EXPECT_LE(diagram.area_skill_step, diagram.area_skill_trapezoid) << "seed " << seed;
    double area = 0;
    for (size_t i = 1; i < diagram.points.size(); ++i) {
      EXPECT_GT(diagram.points[i].alarm_fraction, diagram.points[i - 1].alarm_fraction);
      EXPECT_LE(diagram.points[i].miss_rate, diagram.points[i - 1].miss_rate);
      area += (diagram.points[i].alarm_fraction - diagram.points[i - 1].alarm_fraction) *
              (diagram.points[i].miss_rate + diagram.points[i - 1].miss_rate) / 2;
    }
    EXPECT_NEAR(diagram.area_skill_trapezoid, 1 - area, 1e-12) << "seed " << seed;
  }
}

TEST(MolchanDiagramTest, NeedsAnEventToMiss) {
  EXPECT_EQ(BuildMolchanDiagram({{0.3, false}}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(BuildMolchanDiagram({}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(BuildMolchanDiagram({{0.3, true}})->area_skill_trapezoid, 0.5);
}

}  // namespace
}  // namespace tremorcast
