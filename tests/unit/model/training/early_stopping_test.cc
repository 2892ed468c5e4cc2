#include "model/training/early_stopping.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

// Epochs until the end, of a loss that falls for `falling` epochs and is flat afterwards.
int EpochsUntilTheEnd(const EarlyStopping::Patience& patience, int steps_per_epoch, int falling) {
  EarlyStopping stopping(patience, 1e-4);
  int epoch = 0;
  while (!stopping.exhausted()) {
    ++epoch;
    stopping.Update(1.0 / std::min(epoch, falling), epoch * steps_per_epoch);
  }
  return epoch;
}

TEST(EarlyStoppingTest, EpochsDecideWhereTheyAreLongAndStepsWhereTheyAreShort) {
  EXPECT_EQ(EpochsUntilTheEnd({5, 250, 300}, 52, 1), 6);      // 5 epochs are 260 steps
  EXPECT_EQ(EpochsUntilTheEnd({5, 250, 300}, 52, 20), 25);    // whenever the best one was
  EXPECT_EQ(EpochsUntilTheEnd({5, 250, 0}, 3, 20), 20 + 84);  // 84 epochs of three steps are 252
  EXPECT_EQ(EpochsUntilTheEnd({5, 0, 0}, 3, 20), 25);
}

TEST(EarlyStoppingTest, NoStageEndsBeforeItsMinimum) {
  EXPECT_EQ(EpochsUntilTheEnd({5, 0, 300}, 3, 1), 100);
  EXPECT_EQ(EpochsUntilTheEnd({5, 30, 300}, 3, 99), 109);
}

TEST(EarlyStoppingTest, GoesOnFromWhereItWas) {
  EarlyStopping stopping({2, 100, 0}, 0);
  EXPECT_TRUE(stopping.Update(1, 40));
  EXPECT_FALSE(stopping.Update(2, 80));
  EarlyStopping resumed({2, 100, 0}, 0);
  resumed.Restore(stopping.best(), stopping.epochs_without(), stopping.best_steps(), 80);
  for (EarlyStopping* one : {&stopping, &resumed}) {
    one->Update(2, 120);
    EXPECT_FALSE(one->exhausted());  // two epochs, but 80 steps
    one->Update(2, 160);
    EXPECT_TRUE(one->exhausted());
  }
  // A state that was saved after the last epoch is exhausted at once.
  EarlyStopping ended({2, 100, 0}, 0);
  ended.Restore(1, 3, 40, 160);
  EXPECT_TRUE(ended.exhausted());
}

TEST(EarlyStoppingTest, ALossThatIsNoNumberIsNeverTheBest) {
  EarlyStopping stopping({1, 0, 0}, 0);
  EXPECT_FALSE(stopping.Update(std::numeric_limits<double>::quiet_NaN(), 1));
  EXPECT_TRUE(stopping.exhausted());
}

}  // namespace
}  // namespace tremorcast
