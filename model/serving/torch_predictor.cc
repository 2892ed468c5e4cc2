#include "model/serving/torch_predictor.h"

#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <torch/torch.h>

#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "core/observation/feature_schema.h"
#include "model/calibration/head_calibration.h"
#include "model/modules/device.h"
#include "model/modules/map_store.h"
#include "model/modules/torch_status.h"
#include "model/serving/inference.h"

namespace tremorcast {
namespace {

class TorchPredictor : public Predictor {
 public:
  TorchPredictor(PredictorInfo info, int threads, std::unique_ptr<InferenceEngine> engine,
                 std::shared_ptr<absl::Mutex> turn)
      : info_(std::move(info)), threads_(threads), turn_(std::move(turn)), engine_(std::move(engine)) {}

  const PredictorInfo& info() const override { return info_; }

  absl::StatusOr<std::vector<RegionPrediction>> Predict(absl::Span<const RegionInput> regions) const override {
    const absl::MutexLock lock(turn_.get());
    return TorchStatus("prediction", [&]() -> absl::StatusOr<std::vector<RegionPrediction>> {
      turn_->AssertHeld();
      ConfigureTorch(threads_);
      std::vector<RegionPrediction> predictions;
      for (const RegionInput& region : regions) {
        auto heads = engine_->HeadAnswersFor(region.windows);
        if (!heads.ok()) {
          return absl::Status(heads.status().code(), absl::StrCat("region ", region.region.value(), ": ",
                                                                  std::string(heads.status().message())));
        }
        RegionPrediction prediction;
        prediction.probabilities = ToClassProbabilities(MeanOf(*heads));
        for (const auto& head : *heads) prediction.heads.push_back(ToClassProbabilities(head));
        predictions.push_back(std::move(prediction));
      }
      return predictions;
    });
  }

  // Each run is a turn of its own. Where other predictors of the loader live, a pause of three
  // times its length follows: while they answer requests, a successor takes no more than a quarter
  // of their turns.
  absl::Status WarmUp(int runs) {
    const bool alone = turn_.use_count() == 2;  // the loader and this one
    for (int i = 0; i <= runs; ++i) {
      absl::Time begin;
      {
        const absl::MutexLock lock(turn_.get());
        begin = absl::Now();
        RETURN_IF_ERROR(TorchStatus("warm-up", [&]() -> absl::Status {
          turn_->AssertHeld();
          ConfigureTorch(threads_);
          return i < runs ? engine_->GoldenAnswer().status() : engine_->CheckGolden();
        }));
      }
      if (!alone && i < runs) absl::SleepFor(3 * (absl::Now() - begin));
    }
    return absl::OkStatus();
  }

 private:
  const PredictorInfo info_;
  const int threads_;
  // One computation at a time in all predictors of a loader: see the header.
  const std::shared_ptr<absl::Mutex> turn_;
  const std::unique_ptr<InferenceEngine> engine_ ABSL_PT_GUARDED_BY(*turn_);
};

absl::Status CheckServable(const Manifest& manifest, bool allow_simulated) {
  if (manifest.feature_schema_hash != FeatureSchemaHash()) {
    return absl::FailedPreconditionError("the checkpoint was trained on another feature schema");
  }
  if (manifest.network.classes != kClasses || manifest.network.channels != kFeatures) {
    return absl::FailedPreconditionError(absl::StrCat("the checkpoint has ", manifest.network.channels,
                                                      " channels and ", manifest.network.classes, " classes"));
  }
  if (manifest.network.input_slots != kSlotsPerWeek) {
    return absl::FailedPreconditionError(
        absl::StrCat("the checkpoint wants windows of ", manifest.network.input_slots, " slots"));
  }
  if (manifest.facts.simulated && !allow_simulated) {
    return absl::FailedPreconditionError("the checkpoint was trained on simulated data");
  }
  return absl::OkStatus();
}

PredictorInfo DescribeModel(const ModelVersion& version, const std::string& sha256, const Manifest& manifest) {
  PredictorInfo info;
  info.model = {version, sha256, manifest.facts.training_period, manifest.facts.git_revision};
  info.calibration = manifest.calibration.Describe();
  info.pool_weight = manifest.calibration.pool_weight;
  info.demonstrated_skill = manifest.facts.demonstrated_skill;
  info.over_catalogue_rung = manifest.facts.over_catalogue_rung;
  info.question = manifest.facts.question;
  info.network_prior = ToClassProbabilities(manifest.class_frequencies);
  if (!manifest.calibration.twin.empty()) {
    info.twin.emplace();
    info.twin->network = ToClassProbabilities(manifest.calibration.twin);
    for (const auto& [region, p] : manifest.calibration.twin_by_region) {
      info.twin->regions[region] = ToClassProbabilities(p);
    }
  }
  info.heads = manifest.heads;
  return info;
}

}  // namespace

TorchPredictorLoader::TorchPredictorLoader(TorchPredictorOptions options) : options_(std::move(options)) {}

absl::StatusOr<std::shared_ptr<const Predictor>> TorchPredictorLoader::Load(const ModelVersion& version,
                                                                            const std::string& artifact,
                                                                            const std::string& expected_sha256) const {
  RETURN_IF_ERROR(options_.Validate());
  const std::string sha256 = Sha256Hex(artifact);
  if (sha256 != expected_sha256) {
    return absl::DataLossError(absl::StrCat("model ", version.value(), ": sha256 of the artifact is ", sha256,
                                            ", registered is ", expected_sha256));
  }
  ASSIGN_OR_RETURN(auto checkpoint, ParseCheckpoint(artifact));
  RETURN_IF_ERROR(CheckServable(checkpoint.manifest, options_.allow_simulated));
  ASSIGN_OR_RETURN(
      auto predictor, TorchStatus("loading a checkpoint", [&]() -> absl::StatusOr<std::shared_ptr<TorchPredictor>> {
        ASSIGN_OR_RETURN(auto device, ChooseDevice(options_.device));
        ConfigureTorch(options_.threads);
        PredictorInfo info = DescribeModel(version, sha256, checkpoint.manifest);
        info.runtime = RuntimeDescription(device, options_.threads, kPredictorBlock);
        ASSIGN_OR_RETURN(auto engine, InferenceEngine::Create(std::move(checkpoint), device));
        return std::make_shared<TorchPredictor>(std::move(info), options_.threads, std::move(engine), turn_);
      }));
  RETURN_IF_ERROR(predictor->WarmUp(options_.warmup_runs));
  return predictor;
}

}  // namespace tremorcast
