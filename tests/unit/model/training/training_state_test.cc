#include "model/training/training_state.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

class TrainingStateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/training_state_XXXXXX");
    directory_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  static TrainingState Example() {
    TrainingState state;
    state.fingerprint = "run";
    state.stage = 2;
    state.head = 3;
    state.epoch = 7;
    state.best_loss = 0.1 + 0.2;
    state.epochs_without = 2;
    state.best_steps = 1234567890000;
    state.optimiser_steps = 1234567890123;
    TrainingProgress progress;
    progress.validation_loss = 1.0 / 3;
    progress.steps = 987654321098;
    state.history = {progress};
    state.tensors["current.w"] = {{2}, {1.5f, -2.5f}};
    return state;
  }

  std::string directory_;
};

TEST_F(TrainingStateTest, ComesBackBitForBit) {
  const TrainingStateFile file(directory_ + "/made/on/demand");
  ASSERT_TRUE(file.Save(Example()).ok());
  const auto loaded = file.Load("run");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(SerializeTrainingState(*loaded), SerializeTrainingState(Example()));
  EXPECT_EQ(loaded->best_loss, 0.1 + 0.2);
  EXPECT_EQ(loaded->history[0].validation_loss, 1.0 / 3);
  EXPECT_EQ(loaded->best_steps, 1234567890000);
  EXPECT_EQ(loaded->history[0].steps, 987654321098);
}

TEST_F(TrainingStateTest, NoBestYetSurvivesJson) {
  TrainingState state = Example();
  state.best_loss = std::numeric_limits<double>::infinity();
  EXPECT_EQ(ParseTrainingState(SerializeTrainingState(state))->best_loss, state.best_loss);
}

TEST_F(TrainingStateTest, StateOfAnotherRunOrDamagedStateIsNotUsed) {
  const TrainingStateFile file(directory_);
  EXPECT_FALSE(file.Load("run").has_value());
  ASSERT_TRUE(file.Save(Example()).ok());
  EXPECT_FALSE(file.Load("another run").has_value());
  std::filesystem::resize_file(directory_ + "/state.safetensors", 100);
  EXPECT_FALSE(file.Load("run").has_value());
}

TEST_F(TrainingStateTest, AKillWhileWritingLeavesThePreviousState) {
  const TrainingStateFile file(directory_);
  ASSERT_TRUE(file.Save(Example()).ok());
  std::ofstream(directory_ + "/state.safetensors.new") << "half a fi";
  ASSERT_TRUE(file.Load("run").has_value());
  ASSERT_TRUE(file.Save(Example()).ok());
  EXPECT_TRUE(file.Load("run").has_value());
}

TEST_F(TrainingStateTest, AnUnwritablePlaceIsReported) {
  std::ofstream(directory_ + "/file") << "x";
  EXPECT_EQ(TrainingStateFile(directory_ + "/file/below").Save(Example()).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(TrainingStateFile("").Save(Example()).ok());
}

}  // namespace
}  // namespace tremorcast
