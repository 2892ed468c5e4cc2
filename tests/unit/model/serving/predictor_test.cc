#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "model/checkpoint/checkpoint.h"
#include "model/modules/torch_runtime.h"
#include "model/serving/torch_predictor.h"
#include "tests/support/tiny_model.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

const std::string& Artifact() {
  static const auto* artifact = new std::string(TinyArtifact());
  return *artifact;
}

absl::StatusOr<std::shared_ptr<const Predictor>> Load(const std::string& artifact) {
  TorchPredictorOptions options;
  options.device = "cpu";
  return TorchPredictorLoader(options).Load(ModelVersion("v1"), artifact, Sha256Hex(artifact));
}

// The artifact with its manifest text changed; sha256 is the changed artifact's own.
std::string WithManifest(const std::string& from, const std::string& to) {
  auto file = ReadSafetensors(Artifact()).value();
  std::string& manifest = file.metadata["manifest"];
  const size_t at = manifest.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) manifest.replace(at, from.size(), to);
  return WriteSafetensors(file);
}

// Regions of 3, 20 (more than one block) and 1 stations.
class Regions {
 public:
  Regions() {
    uint64_t seed = 100;
    for (int count : {3, 20, 1}) {
      RegionInput input{RegionId(absl::StrCat("region", inputs_.size())), {}};
      for (int s = 0; s < count; ++s) {
        windows_.push_back(
            std::make_unique<StationWindow>(NoiseWindow(StationId(absl::StrCat("s0-", s % 2)), kSlotsPerWeek, ++seed)));
        input.windows.push_back(windows_.back().get());
      }
      inputs_.push_back(input);
    }
  }
  const std::vector<RegionInput>& inputs() const { return inputs_; }

 private:
  std::vector<std::unique_ptr<StationWindow>> windows_;
  std::vector<RegionInput> inputs_;
};

// Every bit of the answers.
std::string Digest(const std::vector<RegionPrediction>& predictions) {
  std::string bytes;
  const auto add = [&](const ClassProbabilities& p) {
    bytes.append(reinterpret_cast<const char*>(p.data()), sizeof(p));
  };
  for (const RegionPrediction& prediction : predictions) {
    add(prediction.probabilities);
    for (const ClassProbabilities& head : prediction.heads) add(head);
  }
  return HexOf(bytes);
}

TEST(TorchPredictorTest, GivesADistributionPerRegionAndHead) {
  const auto predictor = Load(Artifact());
  ASSERT_TRUE(predictor.ok()) << predictor.status();
  const Regions regions;
  const auto predictions = (*predictor)->Predict(regions.inputs());
  ASSERT_TRUE(predictions.ok()) << predictions.status();
  ASSERT_EQ(predictions->size(), 3u);
  for (const RegionPrediction& p : *predictions) {
    ASSERT_EQ(p.heads.size(), 2u);
    double sum = 0;
    for (size_t k = 0; k < kClasses; ++k) {
      sum += p.probabilities[k];
      EXPECT_NEAR(p.probabilities[k], (p.heads[0][k] + p.heads[1][k]) / 2, 1e-12);
    }
    EXPECT_NEAR(sum, 1, 1e-12);
  }
  EXPECT_NE((*predictions)[0].probabilities, (*predictions)[1].probabilities);
}

TEST(TorchPredictorTest, InfoTellsWhereTheNumbersComeFrom) {
  const auto predictor = Load(Artifact());
  ASSERT_TRUE(predictor.ok());
  const PredictorInfo& info = (*predictor)->info();
  EXPECT_EQ(info.model.version, ModelVersion("v1"));
  EXPECT_EQ(info.model.weights_sha256, Sha256Hex(Artifact()));
  EXPECT_EQ(info.heads, 2);
  EXPECT_EQ(info.model.training_period.length(), 20 * kWeekLength);
  EXPECT_FALSE(info.demonstrated_skill);
  EXPECT_THAT(info.calibration, HasSubstr("tau="));
  EXPECT_THAT(info.runtime, HasSubstr("cpu threads=1 block=16"));
}

TEST(TorchPredictorTest, RepeatsToTheBitAndDoesNotDependOnWhatElseIsAsked) {
  const auto predictor = Load(Artifact());
  ASSERT_TRUE(predictor.ok());
  const Regions regions;
  const auto together = (*predictor)->Predict(regions.inputs());
  ASSERT_TRUE(together.ok());
  for (int repeat = 0; repeat < 3; ++repeat) {
    const auto again = (*predictor)->Predict(regions.inputs());
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(Digest(*again), Digest(*together));
  }
  std::vector<RegionPrediction> alone;
  for (const RegionInput& input : regions.inputs()) {
    const auto one = (*predictor)->Predict({input});
    ASSERT_TRUE(one.ok());
    alone.push_back(one->at(0));
  }
  EXPECT_EQ(Digest(alone), Digest(*together));
  const std::vector<RegionInput> reversed(regions.inputs().rbegin(), regions.inputs().rend());
  const auto backwards = (*predictor)->Predict(reversed);
  ASSERT_TRUE(backwards.ok());
  EXPECT_EQ(Digest({backwards->rbegin(), backwards->rend()}), Digest(*together));
}

TEST(TorchPredictorTest, SeveralThreadsGetTheSameBits) {
  const auto predictor = Load(Artifact());
  ASSERT_TRUE(predictor.ok());
  const Regions regions;
  const std::string expected = Digest((*predictor)->Predict(regions.inputs()).value());
  std::vector<std::string> digests(4);
  std::vector<std::thread> threads;
  for (std::string& digest : digests) {
    threads.emplace_back([&] { digest = Digest((*predictor)->Predict(regions.inputs()).value()); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& digest : digests) EXPECT_EQ(digest, expected);
}

// Run as a program of its own: see main below.
int PrintDigest(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string artifact((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto predictor = Load(artifact);
  if (!predictor.ok()) return 1;
  const Regions regions;
  const auto predictions = (*predictor)->Predict(regions.inputs());
  if (!predictions.ok()) return 1;
  std::cout << Digest(*predictions);
  return 0;
}

TEST(TorchPredictorTest, AnotherProcessGetsTheSameBits) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/predictor_test_artifact");
  std::ofstream(path, std::ios::binary) << Artifact();
  const std::string command = absl::StrCat("/proc/", ::getpid(), "/exe --digest ", path);
  std::string printed;
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  char buffer[4096];
  for (size_t n; (n = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;) printed.append(buffer, n);
  EXPECT_EQ(::pclose(pipe), 0);
  std::remove(path.c_str());
  const auto predictor = Load(Artifact());
  ASSERT_TRUE(predictor.ok());
  EXPECT_EQ(printed, Digest((*predictor)->Predict(Regions().inputs()).value()));
}

// Each kind of checkpoint that training can write.
struct Kind {
  const char* name;
  NetworkConfig network;
  TrainOptions options;
};
std::vector<Kind> Kinds() {
  Kind plain{"plain", {}, QuickTraining()};
  plain.options.max_epochs = 2;
  std::vector<Kind> kinds(5, plain);
  kinds[0].name = "dense";
  kinds[0].network.connectivity = Connectivity::kDense;
  kinds[1].name = "LWS";
  kinds[1].options.last_layer = Treatment::kScaled;
  kinds[2].name = "NCM";
  kinds[2].options.last_layer = Treatment::kNearestMean;
  kinds[3].name = "LDAM";
  kinds[3].options.stage2_loss = LossKind::kLdam;
  kinds[4].name = "dense, station mode, NCM, SMOTE";
  kinds[4].network.connectivity = Connectivity::kDense;
  kinds[4].network.unit = SampleUnit::kStation;
  kinds[4].options.last_layer = Treatment::kNearestMean;
  kinds[4].options.augmentation = Augmentation::kSmote;
  return kinds;
}

// The golden output is among what Load checks. Windows of training go through half floats, those of
// serving do not.
TEST(TorchPredictorTest, EveryKindOfCheckpointServesWhatItsTrainingAnswers) {
  const Regions regions;
  MemoryWindowSource source(kFeatures, 24);
  SampleSet set;
  set.source = &source;
  std::vector<int> samples;
  for (const RegionInput& input : regions.inputs()) {
    samples.push_back(static_cast<int>(set.samples.size()));
    set.samples.push_back({0, input.region, 0, {}});
    for (const StationWindow* window : input.windows) set.samples.back().windows.push_back(source.Add(*window));
  }
  for (const Kind& kind : Kinds()) {
    const auto model = TrainTinyModel(kind.network, kind.options);
    const std::string artifact = TinyArtifactOf(*model);
    const auto trained = model->Predict(set, samples);
    ASSERT_TRUE(trained.ok()) << kind.name << trained.status();
    const auto predictor = Load(artifact);
    ASSERT_TRUE(predictor.ok()) << kind.name << predictor.status();
    const auto served = (*predictor)->Predict(regions.inputs());
    ASSERT_TRUE(served.ok()) << kind.name << served.status();
    for (size_t r = 0; r < samples.size(); ++r) {
      for (size_t h = 0; h < 2; ++h) {
        for (size_t k = 0; k < kClasses; ++k) {
          EXPECT_NEAR((*served)[r].heads[h][k], trained->heads[r][h][k], 2e-3) << kind.name;
        }
      }
    }
    EXPECT_EQ(Digest(Load(artifact).value()->Predict(regions.inputs()).value()), Digest(*served)) << kind.name;
  }
}

TEST(TorchPredictorTest, RefusesRegionsItCannotAnswer) {
  const auto predictor = Load(Artifact());
  ASSERT_TRUE(predictor.ok());
  EXPECT_EQ((*predictor)->Predict({RegionInput{RegionId("empty"), {}}}).status().code(),
            absl::StatusCode::kInvalidArgument);
  const StationWindow day = NoiseWindow(StationId("a"), kSlotsPerDay, 1);
  const auto status = (*predictor)->Predict({RegionInput{RegionId("short"), {&day}}}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("region short: window of station a has 144 slots"));
  const auto none = (*predictor)->Predict({});
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
}

TEST(TorchPredictorLoaderTest, AlteredOrTruncatedBytesAreDataLoss) {
  const TorchPredictorLoader loader({});
  const std::string sha256 = Sha256Hex(Artifact());
  for (size_t at : {size_t{0}, size_t{20}, Artifact().size() / 2, Artifact().size() - 1}) {
    std::string flipped = Artifact();
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    EXPECT_EQ(loader.Load(ModelVersion("v"), flipped, sha256).status().code(), absl::StatusCode::kDataLoss) << at;
  }
  for (size_t size = 0; size < Artifact().size();
       size += 8192) {  // also with a registry that recorded the truncated bytes
    const std::string cut = Artifact().substr(0, size);
    EXPECT_EQ(loader.Load(ModelVersion("v"), cut, sha256).status().code(), absl::StatusCode::kDataLoss) << size;
    EXPECT_EQ(Load(cut).status().code(), absl::StatusCode::kDataLoss) << size;
  }
}

TEST(TorchPredictorLoaderTest, ForeignSchemaIsAPrecondition) {
  const absl::Status status = Load(WithManifest(FeatureSchemaHash(), std::string(64, '0'))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("feature schema"));
}

TEST(TorchPredictorLoaderTest, WindowsOfAnotherLengthAreAPrecondition) {
  const absl::Status status = Load(WithManifest("\"input_slots\":1008", "\"input_slots\":2016")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
}

TEST(TorchPredictorLoaderTest, SimulatedCheckpointsAreRefusedWhereTheyMayNotServe) {
  TorchPredictorOptions options;
  options.allow_simulated = false;
  const absl::Status status =
      TorchPredictorLoader(options).Load(ModelVersion("v"), Artifact(), Sha256Hex(Artifact())).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("simulated"));
}

TEST(TorchPredictorLoaderTest, WeightsThatAreNotNumbersAreRefused) {
  auto file = ReadSafetensors(Artifact()).value();
  file.tensors["backbone.conv.weight"].values[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Load(WriteSafetensors(file)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(TorchPredictorLoaderTest, WrongShapesAreRefused) {
  auto file = ReadSafetensors(Artifact()).value();
  file.tensors["head0.conv1.bias"].shape = {8, 8};
  EXPECT_EQ(Load(WriteSafetensors(file)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(TorchPredictorLoaderTest, WeightsThatDoNotReproduceTheGoldenOutputAreRefused) {
  auto file = ReadSafetensors(Artifact()).value();
  for (float& v : file.tensors["head1.linear3.weight"].values) v += 0.5f;
  file.tensors["head1.linear3.bias"].values[2] += 3;
  const absl::Status status = Load(WriteSafetensors(file)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("golden output is off"));
}

TEST(TorchPredictorLoaderTest, AnotherCentreDoesNotReproduceTheGoldenOutput) {
  TrainOptions options = QuickTraining();
  options.last_layer = Treatment::kNearestMean;
  auto file = ReadSafetensors(TinyArtifactOf(*TrainTinyModel({}, options))).value();
  ASSERT_TRUE(Load(WriteSafetensors(file)).ok());
  for (float& v : file.tensors["head0.centre"].values) v += 1;
  EXPECT_THAT(Load(WriteSafetensors(file)).status().message(), HasSubstr("golden output is off"));
  file.tensors.erase("head0.centre");
  EXPECT_THAT(Load(WriteSafetensors(file)).status().message(), HasSubstr("lacks tensor 'head0.centre'"));
}

TEST(TorchPredictorLoaderTest, CudaIsRefusedWhereThereIsNone) {
  if (CudaAvailable()) GTEST_SKIP() << "there is a CUDA device";
  TorchPredictorOptions options;
  options.device = "cuda";
  EXPECT_EQ(TorchPredictorLoader(options).Load(ModelVersion("v"), Artifact(), Sha256Hex(Artifact())).status().code(),
            absl::StatusCode::kFailedPrecondition);
  options.device = "tpu";
  EXPECT_EQ(TorchPredictorLoader(options).Load(ModelVersion("v"), Artifact(), Sha256Hex(Artifact())).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tremorcast

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--digest") == 0) return tremorcast::PrintDigest(argv[2]);
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
