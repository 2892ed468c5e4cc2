// Whole trainings with each loss, augmentation, last layer and connectivity.

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "model/training/training.h"
#include "tests/unit/model/training/tiny_training.h"

namespace tremorcast {
namespace {

// Every way to balance, on data with a signal that each must find.
std::vector<TrainOptions> EveryBalance() {
  TrainOptions plain = QuickTraining();
  plain.max_epochs = 12;
  plain.heads = 1;
  std::vector<TrainOptions> options;
  for (LossKind loss : {LossKind::kClassBalanced, LossKind::kFocal, LossKind::kLdam}) {
    options.push_back(plain);
    options.back().stage2_loss = loss;
    options.back().stage2_sampling = Sampling::kInstance;
  }
  for (Augmentation augmentation : {Augmentation::kSmote, Augmentation::kMixup, Augmentation::kJitter}) {
    options.push_back(plain);
    options.back().augmentation = augmentation;
  }
  for (Treatment treatment : {Treatment::kRetrained, Treatment::kScaled, Treatment::kNearestMean}) {
    options.push_back(plain);
    options.back().last_layer = treatment;
  }
  options.push_back(plain);
  options.back().stage2_loss = LossKind::kLdam;
  options.back().last_layer = Treatment::kScaled;
  return options;
}

TEST(TrainingTest, EveryLossAugmentationAndLastLayerFindsAnObviousSignal) {
  const TinyData data = MakeTinyData({.issues = 80, .strength = 3});
  std::set<std::string> answers;
  for (const TrainOptions& options : EveryBalance()) {
    const auto model = Train(TinyNetwork(), data.training(), options);
    ASSERT_TRUE(model.ok()) << options.ToJson() << model.status();
    const auto outputs = (*model)->Predict(data.set, data.test);
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_GT(TestGain(data, outputs->pooled), .3) << options.ToJson() << (*model)->calibration().Describe();
    const std::string bytes = Bytes(**model);
    EXPECT_TRUE(answers.insert(bytes).second) << options.ToJson();  // none is another under a new name
    const auto checkpoint = ParseCheckpoint(bytes);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    const bool unit_length = options.stage2_loss == LossKind::kLdam || options.last_layer == Treatment::kNearestMean;
    EXPECT_EQ(checkpoint->manifest.network.last_inputs, unit_length ? LastInputs::kUnitLength : LastInputs::kPlain);
    EXPECT_EQ(checkpoint->tensors.count("head0.centre"), unit_length ? 1u : 0u);
  }
}

TEST(TrainingTest, ThePriorIsWhatSamplerAndLossTookAway) {
  const TinyData data = MakeTinyData({});
  const auto prior = [&](Sampling sampling, LossKind loss, Treatment treatment) {
    TrainOptions options = QuickTraining();
    options.heads = 1;
    options.stage2_sampling = sampling;
    options.stage2_loss = loss;
    options.last_layer = treatment;
    return (*Train(TinyNetwork(), data.training(), options))->calibration().prior;
  };
  const std::vector<double> frequencies =
      prior(Sampling::kClassBalanced, LossKind::kCrossEntropy, Treatment::kRetrained);
  const std::vector<double> uniform(5, .2);
  EXPECT_EQ(prior(Sampling::kInstance, LossKind::kFocal, Treatment::kRetrained), uniform);
  // Scales and means answer for classes of equal weight, also after natural sampling.
  EXPECT_EQ(prior(Sampling::kInstance, LossKind::kCrossEntropy, Treatment::kScaled), frequencies);
  EXPECT_EQ(prior(Sampling::kInstance, LossKind::kCrossEntropy, Treatment::kNearestMean), frequencies);
  // 120 rows have nearly as many effective ones.
  for (LossKind loss : {LossKind::kClassBalanced, LossKind::kLdam}) {
    const std::vector<double> weighted = prior(Sampling::kInstance, loss, Treatment::kRetrained);
    for (size_t k = 0; k < 5; ++k) EXPECT_NEAR(weighted[k] / frequencies[k], 1, .05);
    EXPECT_NE(weighted, frequencies);
  }
}

TEST(TrainingTest, LdamKeepsNoEpochOfBeforeItsWeights) {
  const TinyData data = MakeTinyData({});
  TrainOptions options = QuickTraining();
  options.heads = 1;
  options.stage2_loss = LossKind::kLdam;
  options.max_epochs = kLdamPlainEpochs + 2;
  options.patience = 1;
  int improved_early = 0, epochs = 0;
  options.progress = [&](const TrainingProgress& p) {
    if (p.stage != 2) return;
    epochs = p.epoch;
    improved_early += p.improved && p.epoch <= kLdamPlainEpochs ? 1 : 0;
    EXPECT_EQ(p.improved, p.epoch == kLdamPlainEpochs + 1 || (p.improved && p.epoch > kLdamPlainEpochs)) << p.epoch;
  };
  ASSERT_TRUE(Train(TinyNetwork(), data.training(), options).ok());
  EXPECT_EQ(improved_early, 0);
  EXPECT_GT(epochs, kLdamPlainEpochs);  // nor does patience run out before
}

TEST(TrainingTest, GoesOnAfterAKillWithEveryBalanceToo) {
  const TinyData data = MakeTinyData({.issues = 30});
  for (TrainOptions options : EveryBalance()) {
    options.max_epochs = 2;
    const std::string expected = TrainedBytes(TinyNetwork(), data, options);
    std::string pattern = absl::StrCat(::testing::TempDir(), "/training_XXXXXX");
    options.state_directory = ::mkdtemp(pattern.data());
    std::atomic<bool> stop{false};
    options.stop = &stop;
    // In the middle of stage 2.
    options.progress = [&](const TrainingProgress& p) { stop = p.stage == 2 && p.epoch == 1; };
    EXPECT_EQ(Train(TinyNetwork(), data.training(), options).status().code(), absl::StatusCode::kCancelled);
    stop = false;
    options.progress = nullptr;
    EXPECT_EQ(TrainedBytes(TinyNetwork(), data, options), expected) << options.ToJson();
    // And when all parts were finished already.
    EXPECT_EQ(TrainedBytes(TinyNetwork(), data, options), expected) << options.ToJson();
    std::filesystem::remove_all(options.state_directory);
  }
}

TEST(TrainingTest, OptionsNameTheirBalanceOnlyWhereItIsNotTheDefault) {
  const std::string plain = QuickTraining().ToJson();
  for (const char* key : {"stage2_loss", "augmentation", "last_layer"}) {
    EXPECT_EQ(plain.find(key), std::string::npos) << key;
  }
  std::set<std::string> texts = {plain};
  for (const TrainOptions& options : EveryBalance()) EXPECT_TRUE(texts.insert(options.ToJson()).second);
}

TEST(TrainingTest, DenseConnectivityTrainsAnotherNetworkOfFewerNumbers) {
  const TinyData data = MakeTinyData({.issues = 120, .strength = 3});
  NetworkConfig network = TinyNetwork();
  network.connectivity = Connectivity::kDense;
  TrainOptions options = QuickTraining();
  options.max_epochs = 15;
  options.heads = 1;
  const auto model = Train(network, data.training(), options);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_GT(TestGain(data, (*model)->Predict(data.set, data.test)->pooled), .3);
  const auto checkpoint = ParseCheckpoint(Bytes(**model));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->manifest.network.connectivity, Connectivity::kDense);
  network.growth = 23;
  EXPECT_EQ(Train(network, data.training(), options).status().code(), absl::StatusCode::kInvalidArgument);
}

// A state of the other connectivity is another run's: its tensors would not even fit.
TEST(TrainingTest, AStateOfTheOtherConnectivityIsNotUsed) {
  const TinyData data = MakeTinyData({.issues = 30});
  TrainOptions options = QuickTraining();
  std::string pattern = absl::StrCat(::testing::TempDir(), "/training_XXXXXX");
  options.state_directory = ::mkdtemp(pattern.data());
  (void)TrainedBytes(TinyNetwork(), data, options);
  NetworkConfig dense = TinyNetwork();
  dense.connectivity = Connectivity::kDense;
  const std::string resumed = TrainedBytes(dense, data, options);
  options.state_directory.clear();
  EXPECT_EQ(resumed, TrainedBytes(dense, data, options));
  std::filesystem::remove_all(pattern);
}

}  // namespace
}  // namespace tremorcast
