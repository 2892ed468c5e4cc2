#include "model/training/learning_rate.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

constexpr double kPi = 3.141592653589793;

TrainOptions Options(int max_epochs, Schedule schedule = Schedule::kCosine) {
  TrainOptions options;
  options.max_epochs = max_epochs;
  options.learning_rate = 0.01;
  options.schedule = schedule;
  return options;
}

TEST(LearningRateTest, TheArcIsAsLongAsTheRun) {
  for (const int epochs : {1, 12, 60, 200, 1000}) {
    const TrainOptions options = Options(epochs);
    EXPECT_EQ(LearningRate(options, 0), 0.01) << epochs;
    EXPECT_NEAR(LearningRate(options, epochs / 2), 0.005 * (1 + std::cos(kPi * (epochs / 2) / epochs)), 1e-15);
    for (int epoch = 0; epoch < epochs; ++epoch) EXPECT_GT(LearningRate(options, epoch), 0) << epoch << "/" << epochs;
    EXPECT_NEAR(LearningRate(options, epochs), 0, 1e-15);
  }
}

TEST(LearningRateTest, WarmRestartsComeAtArcsThatDouble) {
  const TrainOptions options = Options(150, Schedule::kWarmRestarts);
  EXPECT_EQ(FirstArc(options), 10);
  std::vector<int> restarts;
  for (int epoch = 1; epoch < 150; ++epoch) {
    if (LearningRate(options, epoch) > LearningRate(options, epoch - 1)) restarts.push_back(epoch);
  }
  EXPECT_EQ(restarts, (std::vector<int>{10, 30, 70}));
  for (const int epoch : {0, 10, 30, 70}) EXPECT_EQ(LearningRate(options, epoch), 0.01);
  EXPECT_NEAR(LearningRate(options, 20), 0.005, 1e-15);                                   // half of the second arc
  EXPECT_NEAR(LearningRate(options, 149), 0.005 * (1 + std::cos(kPi * 79 / 80)), 1e-15);  // the fourth ends the run
}

TEST(LearningRateTest, TheFirstArcMayBeGivenAndIsNeverEmpty) {
  TrainOptions options = Options(60, Schedule::kWarmRestarts);
  EXPECT_EQ(FirstArc(options), 4);
  options.restart_epochs = 7;
  EXPECT_EQ(FirstArc(options), 7);
  EXPECT_EQ(LearningRate(options, 7), 0.01);
  EXPECT_EQ(FirstArc(Options(1, Schedule::kWarmRestarts)), 1);
}

}  // namespace
}  // namespace tremorcast
