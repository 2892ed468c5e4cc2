// The same checkpoint on CPU and on CUDA: answers agree within the golden tolerance, CUDA repeats
// to the bit, training on CUDA is deterministic.

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "model/modules/torch_runtime.h"
#include "model/serving/torch_predictor.h"
#include "model/training/training.h"
#include "tests/support/tiny_model.h"

namespace tremorcast {
namespace {

constexpr double kTolerance = 1e-4;  // probabilities; without TF32 the difference is a few units in 1e-6

class CudaParityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!CudaAvailable()) GTEST_SKIP() << "no CUDA device: " << TorchRuntimeName();
    for (int i = 0; i < 20; ++i)
      windows_.push_back(NoiseWindow(StationId(absl::StrCat("s0-", i % 2)), kSlotsPerWeek, 500 + i));
    for (int i = 0; i < 20; ++i) all_.windows.push_back(&windows_[static_cast<size_t>(i)]);
    all_.region = RegionId("all");
    few_.region = RegionId("few");
    few_.windows = {&windows_[3], &windows_[4]};
  }

  static std::shared_ptr<const Predictor> On(const std::string& device, const std::string& artifact) {
    TorchPredictorOptions options;
    options.device = device;
    auto predictor = TorchPredictorLoader(options).Load(ModelVersion("v"), artifact, Sha256Hex(artifact));
    EXPECT_TRUE(predictor.ok()) << predictor.status();
    return predictor.ok() ? *predictor : nullptr;
  }

  std::vector<StationWindow> windows_;
  RegionInput all_, few_;
};

TEST_F(CudaParityTest, AgreesWithTheCpuWithinTheGoldenTolerance) {
  const std::string artifact = TinyArtifact();
  const auto cpu = On("cpu", artifact), cuda = On("cuda", artifact);
  ASSERT_TRUE(cpu != nullptr && cuda != nullptr);
  EXPECT_THAT(cuda->info().runtime, ::testing::HasSubstr("cuda"));
  const auto expected = cpu->Predict({all_, few_}), actual = cuda->Predict({all_, few_});
  ASSERT_TRUE(expected.ok() && actual.ok());
  double largest = 0;
  for (size_t r = 0; r < 2; ++r) {
    for (size_t k = 0; k < kClasses; ++k) {
      largest = std::fmax(largest, std::fabs((*expected)[r].probabilities[k] - (*actual)[r].probabilities[k]));
    }
  }
  RecordProperty("largest_difference", absl::StrCat(largest));
  EXPECT_LT(largest, kTolerance);
}

TEST_F(CudaParityTest, RepeatsToTheBitWhateverElseIsAsked) {
  const auto cuda = On("cuda", TinyArtifact());
  ASSERT_NE(cuda, nullptr);
  const auto first = cuda->Predict({all_, few_});
  ASSERT_TRUE(first.ok());
  for (int i = 0; i < 5; ++i) {
    const auto again = cuda->Predict({few_, all_});
    ASSERT_TRUE(again.ok());
    EXPECT_EQ((*again)[1].probabilities, (*first)[0].probabilities);
    EXPECT_EQ((*again)[0].probabilities, (*first)[1].probabilities);
  }
}

TEST_F(CudaParityTest, ACheckpointTrainedOnCudaServesOnTheCpu) {
  TinyDataOptions data_options;
  data_options.channels = kFeatures;
  data_options.issues = 20;
  const TinyData data = MakeTinyData(data_options);
  NetworkConfig network;
  network.slots = data_options.slots;
  TrainOptions options = QuickTraining();
  options.device = "cuda";
  const auto model = Train(network, data.training(), options);
  ASSERT_TRUE(model.ok()) << model.status();
  const auto artifact = (*model)->Serialize({});
  ASSERT_TRUE(artifact.ok()) << artifact.status();
  EXPECT_NE(On("cpu", *artifact), nullptr);  // the golden output was written by CUDA
}

}  // namespace
}  // namespace tremorcast
