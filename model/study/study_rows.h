#pragma once

// How a study turns logits into a row: the one calibration path of all its methods. Internal to
// model/; pure.

#include <functional>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "model/calibration/head_calibration.h"
#include "model/calibration/row_set.h"
#include "model/study/study.h"

namespace tremorcast {

// The slices of a study as rows, region or station unit alike.
struct StudySlices {
  StudySlices(const StudyData& study, SampleUnit unit);

  const StudyData& data;
  RowSet early, calibration, test;  // calibration: early stop's rows where there is no such slice
  std::vector<double> class_frequencies;
  int min_event_samples = 10;
};

// What a method says of each slice, by head.
struct StudyScores {
  std::vector<Logits> early, calibration, test;
  std::vector<double> prior;   // multiplied in after T
  bool fit_event_bias = true;  // false for what natural sampling trained
};

// Appends one head's logits on the three slices, as `logits_of` gives them for rows; a slice
// without rows has none.
absl::Status AppendLogits(const StudySlices& slices,
                          const std::function<absl::StatusOr<Logits>(const RowSet&)>& logits_of, StudyScores& scores);

// Mean -ln p_y on the early-stop slice, with T (and b) fitted there: what selections compare.
absl::StatusOr<double> EarlyStopLogScore(const StudySlices& slices, const StudyScores& scores);
// Probabilities, pool and score; not table, name, parameters, seconds.
absl::StatusOr<StudyRow> MakeStudyRow(const StudySlices& slices, const StudyScores& scores);

// K equal parts: the prior of what was trained on natural frequencies, which balanced nothing away.
std::vector<double> UniformPrior(int classes);

}  // namespace tremorcast
