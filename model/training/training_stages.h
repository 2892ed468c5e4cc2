#pragma once

// The steps that Train and RunStudy are made of: inputs fitted on the training slice, stage 1, its
// maps, and heads on the maps. Internal to model/; not thread safe; throws c10::Error.

#include <memory>
#include <optional>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/types/span.h>
#include <torch/torch.h>

#include "model/balance/batch_loss.h"
#include "model/balance/map_augmentation.h"
#include "model/calibration/row_set.h"
#include "model/checkpoint/normalisation.h"
#include "model/modules/map_store.h"
#include "model/modules/window_bank.h"
#include "model/training/phase.h"
#include "model/training/trained_networks.h"
#include "model/training/training.h"

namespace tremorcast {

// A head under training: what it is, what it reads, and how its batches are drawn.
struct HeadTask {
  int number = 0;  // of the heads that share one state; decides its random numbers
  HeadModule* head = nullptr;
  ClassifierInput input = ClassifierInput::kFused;
  Sampling sampling = Sampling::kClassBalanced;
  LossKind loss = LossKind::kCrossEntropy;
  Augmentation augmentation = Augmentation::kNone;
};

class TrainingStages {
 public:
  // All must outlive the object; `normalisation` receives what FitInputs fits.
  TrainingStages(const TrainingData& data, const TrainOptions& options, TrainedNetworks& networks,
                 Normalisation& normalisation);

  // The first step.
  absl::Status FitInputs();
  // The second step: trains networks.stage1 and freezes it with its batch-norm statistics.
  absl::Status TrainStageOne(PhaseRunner& runner);
  // The third step, any number of times. The module ends with its best weights, in eval mode, and
  // its forward is what its loss was of (BatchLoss::Fold).
  absl::Status TrainHead(PhaseRunner& runner, const HeadTask& task);

  // Class frequencies of the training slice, all regions, Jeffreys-smoothed.
  std::vector<double> ClassFrequencies() const { return BalancedAwayPrior(Sampling::kClassBalanced); }
  // What remains for the prior of the probabilities after this sampling (BatchSampler) and this
  // loss (PriorAfterLoss).
  std::vector<double> BalancedAwayPrior(Sampling sampling, LossKind loss = LossKind::kCrossEntropy) const;

  const RowSet& train_rows() const { return train_rows_; }
  const RowSet& early_rows() const { return early_rows_; }
  WindowBank& bank() { return *bank_; }  // after FitInputs
  MapStore& maps() { return *maps_; }    // after TrainStageOne

  // Mean over rows of -ln softmax(z)_y.
  static double PlainLoss(const Logits& logits, absl::Span<const int> labels);
  // Windows of the drawn rows as stage 1 draws them: some stations are left out at random, and a
  // region gives at most options.max_stations_per_draw.
  struct Draw {
    StationGroups groups;
    std::vector<int> windows;
  };
  Draw DrawWindows(const std::vector<int>& rows, Random& random) const;
  torch::Tensor Targets(const std::vector<int>& rows) const;

 private:
  absl::StatusOr<torch::Tensor> StageOneLoss(const std::vector<int>& rows, Random& random);
  absl::StatusOr<double> StageOneValidation();
  // What a head's batches are made with.
  struct HeadBatches {
    const HeadTask& task;
    const BatchSampler& sampler;
    const BatchLoss& loss;
    std::optional<Smote> smote;
  };
  std::vector<std::vector<int>> DrawGroups(const std::vector<int>& rows, Random& random) const;
  absl::StatusOr<std::optional<Smote>> SmoteOf(const HeadTask& task, const BatchSampler& sampler);
  // Maps of the drawn rows, made up where the task says so (not mixed: that takes the labels too).
  absl::StatusOr<torch::Tensor> HeadInputs(const HeadBatches& batches, const std::vector<int>& rows, int epoch,
                                           Random& random);
  absl::StatusOr<torch::Tensor> HeadLoss(const HeadBatches& batches, const std::vector<int>& rows, int epoch,
                                         Random& random);
  absl::StatusOr<double> HeadValidation(const HeadTask& task, const BatchLoss& loss, const std::vector<double>& prior);

  const TrainingData& data_;
  const TrainOptions& options_;
  TrainedNetworks& networks_;
  Normalisation& normalisation_;
  const RowSet train_rows_, early_rows_;
  std::unique_ptr<WindowBank> bank_;
  std::unique_ptr<MapStore> maps_;
};

// InvalidArgument for data that no training can use.
absl::Status ValidateTrainingData(const NetworkConfig& network, const TrainingData& data);
// `options` with the number of threads filled in.
TrainOptions WithThreads(TrainOptions options);
// Also with the number of epochs, which goes by the number of training rows.
TrainOptions ResolveOptions(const TrainOptions& options, const NetworkConfig& network, const TrainingData& data);

}  // namespace tremorcast
