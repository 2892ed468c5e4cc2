#pragma once

// Table IV's Weighted-DT and Weighted-SVM as rows of a study: summaries of the windows in, the
// study's calibration path out. Deterministic; blocks for the fits.

#include <vector>

#include <absl/status/statusor.h>

#include "model/checkpoint/network_config.h"
#include "model/study/study.h"
#include "trainer/classical/classical_models.h"

namespace tremorcast {

struct ClassicalOptions {
  TreeOptions tree;
  SvmOptions svm;
  int min_event_samples = 10;  // as TrainOptions
};

// Two rows, "Weighted-DT" and "Weighted-SVM", one sample per region whatever the network's unit;
// parameters: 0 and (columns + 1) x classes. Scaling of windows and columns is fitted on the
// training slice alone. Errors: those of the fits and of CalibrateOutsideScores.
absl::StatusOr<std::vector<StudyRow>> ClassicalRows(const StudyData& data, const NetworkConfig& network,
                                                    const ClassicalOptions& options);

}  // namespace tremorcast
