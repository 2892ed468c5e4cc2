#pragma once

// Heads of a study: trained once per (input, kind, sampling), their last layers treated in several
// ways. Internal to model/; not thread safe; throws c10::Error.

#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <torch/torch.h>

#include "model/study/study.h"
#include "model/study/study_networks.h"
#include "model/study/study_rows.h"
#include "model/training/training_stages.h"

namespace tremorcast {

struct HeadSpec {
  ClassifierInput input = ClassifierInput::kFused;
  HeadKind kind = HeadKind::kClassifier;
  Sampling sampling = Sampling::kClassBalanced;
  LossKind loss = LossKind::kCrossEntropy;
  Augmentation augmentation = Augmentation::kNone;
  friend bool operator==(const HeadSpec&, const HeadSpec&) = default;

  std::string Name() const;  // "fused DenseNet classifier, class-balanced, SMOTE"
  // Sampling, loss and augmentation, as far as they are not plain: "class-balanced, SMOTE".
  std::string BalanceName() const;
};

// What one head's last layer sees, and the layer.
struct HeadView {
  torch::Tensor train, early, calibration, test;  // features, [rows, 32]
  torch::Tensor weight, bias;
};

struct StudyHeads {
  HeadSpec spec;
  std::vector<HeadView> heads;
  int64_t parameters = 0;  // of one head
  double seconds = 0;
  std::vector<LossCurve> curves;
};

// Trains options.heads heads from fresh starts.
absl::StatusOr<StudyHeads> TrainStudyHeads(const HeadSpec& spec, const NetworkConfig& network,
                                           const TrainOptions& options, const torch::Device& device,
                                           const StudySlices& slices, TrainingStages& stages);

struct TreatedScores {
  StudyScores scores;
  double tau = 0;
};
// kTauNormalised chooses from `tau_grid`.
absl::StatusOr<TreatedScores> Treat(const StudyHeads& heads, Treatment treatment, absl::Span<const double> tau_grid,
                                    const StudySlices& slices, const TrainingStages& stages);

}  // namespace tremorcast
