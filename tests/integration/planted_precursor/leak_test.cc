// What a random split is worth: a simulated network without any precursor, every station a row of
// its own, an issue every day. Split in time the network knows nothing; split at random it
// recognises weeks it has seen (METHOD.md section 5).

#include <cstdio>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "trainer/evaluate/variants.h"
#include "trainer/run/experiment.h"

namespace tremorcast {
namespace {

TEST(LeakTest, ARandomSplitShowsSkillWhereASplitInTimeShowsNone) {
  ExperimentOptions world_options;
  world_options.precursor = 0;
  world_options.seed = 1;
  world_options.regions = 4;
  world_options.stations = 1;
  world_options.weeks = {60, 13, 13, 26, 1};
  absl::StatusOr<SimulatedWorld> world = BuildSimulatedWorld(world_options, {});
  ASSERT_TRUE(world.ok()) << world.status();
  const std::shared_ptr<const Dataset> data(world->data.get(), [](const Dataset*) {});
  const absl::StatusOr<EvaluationSet> set = DatasetEvaluationSet(data, world->plan, world_options.config);
  ASSERT_TRUE(set.ok()) << set.status();

  EvaluateOptions options;
  options.training.heads = 1;
  options.station_mode = true;
  options.daily_issues = true;
  const absl::StatusOr<std::vector<MethodRow>> rows = RunLeakDemonstrations({*set}, options);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 2u);
  const MethodRow& in_time = (*rows)[0];
  const MethodRow& at_random = (*rows)[1];
  for (const MethodRow* row : {&in_time, &at_random}) {
    std::printf("%s, %s: accuracy %.3f, gain before the pool %s\n", row->table.c_str(), row->name.c_str(),
                row->calibrated[0].second.mean, FormatGain(*row->gain_before_pool).c_str());
  }
  EXPECT_LE(in_time.gain_before_pool->low, 0);
  EXPECT_GT(at_random.gain_before_pool->low, 0.2);
  EXPECT_GT(at_random.calibrated[0].second.mean, in_time.calibrated[0].second.mean + 0.1);
}

}  // namespace
}  // namespace tremorcast
