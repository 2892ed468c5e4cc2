#pragma once

// Training of table IV's plain CNN: natural sampling on normalised windows, as stage 1. Internal to
// model/; not thread safe; throws c10::Error.

#include <absl/status/statusor.h>
#include <torch/torch.h>

#include "model/study/study.h"
#include "model/study/study_rows.h"
#include "model/training/training_stages.h"

namespace tremorcast {

struct PlainCnnResult {
  StudyScores scores;
  int64_t parameters = 0;
  double seconds = 0;
  LossCurve curve;
};

absl::StatusOr<PlainCnnResult> TrainPlainCnn(const NetworkConfig& network, const TrainOptions& options,
                                             const torch::Device& device, const StudySlices& slices,
                                             TrainingStages& stages);

}  // namespace tremorcast
