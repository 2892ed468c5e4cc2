#include "trainer/run/plan.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

absl::Time Issue(int week) { return WeekGrid::Service().At(absl::FromUnixSeconds(1483200000), week + 1).begin; }

// One area and the whole network, both with a sample at each of the first `issues` issues.
std::unique_ptr<Dataset> DataOf(int issues) {
  auto data = std::make_unique<Dataset>();
  for (int i = 0; i < issues; ++i) {
    for (const bool whole : {false, true}) {
      RegionWeek week;
      week.region = RegionId(whole ? "all" : "area");
      week.whole_network = whole;
      week.issue = Issue(i);
      week.sample = static_cast<int>(data->samples.samples.size());
      Sample sample;
      sample.region = week.region;
      data->samples.samples.push_back(sample);
      data->sample_issue.push_back(week.issue);
      data->weeks.push_back(week);
    }
  }
  data->catalogue = {Issue(0), Issue(issues)};
  data->data_hash = "d";
  return data;
}

TrainerConfig Config() {
  TrainerConfig config;
  config.Normalise();
  return config;
}

// Plans of before the length came from the data keep their hash.
TEST(PlanTest, NamesTheLeastLengthOfABlockUnlessOneIsFixed) {
  TrainerConfig config = Config();
  EXPECT_THAT(config.ToJson(), HasSubstr(R"("block_weeks":4)"));
  EXPECT_THAT(config.ToJson(), testing::Not(HasSubstr("blocks_are_fixed")));
  config.bootstrap.block_weeks = 4;
  EXPECT_THAT(config.ToJson(), HasSubstr(R"("blocks_are_fixed":true)"));
}

TEST(PlanTest, CountsTheSlicesBackFromTheNewestIssueWithOneSkippedBetween) {
  const auto data = DataOf(211);
  const Plan plan = MakePlan(Config(), *data, "rev").value();
  EXPECT_FALSE(plan.shrunk);
  EXPECT_EQ(plan.slices.train.size(), 104u);
  EXPECT_EQ(plan.slices.early_stop.size(), 26u);
  EXPECT_EQ(plan.slices.calibration.size(), 26u);
  EXPECT_EQ(plan.slices.test.size(), 52u);
  EXPECT_EQ(plan.slices.test.back(), Issue(210));
  EXPECT_EQ(plan.test_begin, plan.slices.test.front());
  EXPECT_EQ(plan.slices.test.front() - plan.slices.calibration.back(), 2 * kWeekLength);
  // What training saw ends before the test labels begin.
  EXPECT_EQ(plan.training_period.begin, Issue(0) - kWeekLength);
  EXPECT_LE(plan.training_period.end, plan.test_begin);
}

TEST(PlanTest, ShrinksAllSlicesInProportionWhereIssuesAreFew) {
  for (const int issues : {7, 8, 12, 20, 60}) {
    const Plan plan = MakePlan(Config(), *DataOf(issues), "rev").value();
    EXPECT_TRUE(plan.shrunk) << issues;
    const Slices& s = plan.slices;
    EXPECT_GE(s.train.size(), 1u);
    EXPECT_GE(s.early_stop.size(), 1u);
    EXPECT_GE(s.calibration.size(), 1u);
    EXPECT_GE(s.test.size(), s.calibration.size());
    EXPECT_EQ(s.train.size() + s.early_stop.size() + s.calibration.size() + s.test.size() + 3,
              static_cast<size_t>(issues));
  }
}

TEST(PlanTest, TrainsWithoutCalibrationAndTestOnThreeToSixIssues) {
  for (const int issues : {3, 4, 6}) {
    const Plan plan = MakePlan(Config(), *DataOf(issues), "rev").value();
    EXPECT_TRUE(plan.slices.calibration.empty());
    EXPECT_TRUE(plan.slices.test.empty());
    EXPECT_EQ(plan.slices.train.size(), static_cast<size_t>(issues - 2));
    EXPECT_EQ(plan.slices.early_stop.front(), Issue(issues - 1));
    EXPECT_EQ(plan.test_begin, Issue(issues));
  }
  const auto few = MakePlan(Config(), *DataOf(2), "rev");
  EXPECT_EQ(few.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(few.status().message()), HasSubstr("only 2 weeks"));
}

TEST(PlanTest, HashCoversConfigurationDataAndBuild) {
  const auto data = DataOf(30);
  const std::string hash = MakePlan(Config(), *data, "rev").value().hash;
  EXPECT_EQ(MakePlan(Config(), *data, "rev").value().hash, hash);
  EXPECT_NE(MakePlan(Config(), *data, "other").value().hash, hash);
  TrainerConfig seeded = Config();
  seeded.training.seed = 2;
  EXPECT_NE(MakePlan(seeded, *data, "rev").value().hash, hash);
  TrainerConfig gated = Config();
  gated.gate.min_test_weeks = 10;
  EXPECT_NE(MakePlan(gated, *data, "rev").value().hash, hash);
  TrainerConfig balanced = Config();
  balanced.training.stage2_loss = LossKind::kFocal;
  EXPECT_NE(MakePlan(balanced, *data, "rev").value().hash, hash);
  TrainerConfig dense = Config();
  dense.network.connectivity = Connectivity::kDense;
  EXPECT_NE(MakePlan(dense, *data, "rev").value().hash, hash);
  data->data_hash = "e";
  EXPECT_NE(MakePlan(Config(), *data, "rev").value().hash, hash);
}

// Plans of before these choices existed keep their hash.
TEST(PlanTest, NamesNetworkAndTrainingChoicesOnlyWhereTheyAreNotTheDefault) {
  const std::string plain = Config().ToJson();
  for (const char* key : {"connectivity", "last_inputs", "stage2_loss", "augmentation", "last_layer"}) {
    EXPECT_THAT(plain, ::testing::Not(HasSubstr(key)));
  }
  TrainerConfig chosen = Config();
  chosen.network.connectivity = Connectivity::kDense;
  chosen.training.augmentation = Augmentation::kSmote;
  EXPECT_THAT(chosen.ToJson(), HasSubstr("\"connectivity\":\"dense\""));
  EXPECT_THAT(chosen.ToJson(), HasSubstr("\"augmentation\":\"smote\""));
}

TEST(PlanTest, TestsThePeriodThatWasAskedFor) {
  TrainerConfig config = Config();
  config.test_period = Interval{Issue(150), Issue(180)};
  const Plan plan = MakePlan(config, *DataOf(211), "rev").value();
  EXPECT_FALSE(plan.shrunk);
  EXPECT_EQ(plan.slices.test.size(), 30u);
  EXPECT_EQ(plan.test_begin, Issue(150));
  EXPECT_EQ(plan.slices.calibration.back(), Issue(148));
  EXPECT_NE(plan.hash, MakePlan(Config(), *DataOf(211), "rev").value().hash);
}

TEST(PlanTest, RollingOriginsTestTheNewestWeeksOnceAndTrainOnAllBefore) {
  const std::vector<Plan> plans = MakeRollingPlans(Config(), *DataOf(300), "rev", 3).value();
  ASSERT_EQ(plans.size(), 3u);
  for (size_t k = 0; k < 3; ++k) {
    const Slices& s = plans[k].slices;
    EXPECT_EQ(s.test.size(), 52u);
    EXPECT_EQ(s.test.front(), Issue(300 - 156 + static_cast<int>(k) * 52));
    EXPECT_EQ(s.train.front(), Issue(0));
    EXPECT_EQ(s.test.front() - s.calibration.back(), 2 * kWeekLength);
  }
  EXPECT_EQ(plans[2].slices.train.size(), plans[0].slices.train.size() + 104);
  // The first origin has nothing before it.
  EXPECT_THAT(std::string(MakeRollingPlans(Config(), *DataOf(100), "rev", 2).status().message()),
              HasSubstr("0 issue times before the test period"));
}

TEST(PlanTest, KeepsTheWholeNetworkApartFromItsAreas) {
  const auto data = DataOf(10);
  const std::vector<absl::Time> issues = {Issue(2), Issue(5)};
  for (const RegionKind kind : {RegionKind::kAreas, RegionKind::kWholeNetwork}) {
    const std::vector<int> samples = SamplesOf(*data, issues, kind);
    ASSERT_EQ(samples.size(), 2u);
    for (const int i : samples) {
      EXPECT_EQ(data->samples.samples[static_cast<size_t>(i)].region.value(),
                kind == RegionKind::kAreas ? "area" : "all");
    }
  }
}

}  // namespace
}  // namespace tremorcast
