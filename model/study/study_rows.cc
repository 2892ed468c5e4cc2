#include "model/study/study_rows.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "model/training/batch_sampler.h"
#include "model/training/slice_calibration.h"

namespace tremorcast {

StudySlices::StudySlices(const StudyData& study, SampleUnit unit)
    : data(study),
      early(BuildRows(*study.training.set, study.training.early_stop, unit)),
      calibration(BuildRows(*study.training.set, CalibrationSlice(study.training), unit)),
      test(BuildRows(*study.training.set, study.test, unit)) {}

std::vector<double> UniformPrior(int classes) {
  return std::vector<double>(static_cast<size_t>(classes), 1.0 / static_cast<double>(classes));
}

absl::Status AppendLogits(const StudySlices& slices,
                          const std::function<absl::StatusOr<Logits>(const RowSet&)>& logits_of, StudyScores& scores) {
  for (const auto& [rows, out] :
       {std::pair{&slices.early, &scores.early}, std::pair{&slices.calibration, &scores.calibration},
        std::pair{&slices.test, &scores.test}}) {
    Logits& logits = out->emplace_back();
    if (rows->groups.empty()) continue;
    ASSIGN_OR_RETURN(logits, logits_of(*rows));
  }
  return absl::OkStatus();
}

absl::StatusOr<double> EarlyStopLogScore(const StudySlices& slices, const StudyScores& scores) {
  ASSIGN_OR_RETURN(auto fits, FitHeads(scores.early, slices.early, scores.prior, scores.fit_event_bias));
  return MeanLogScore(HeadAnswers(scores.early, slices.early, fits, scores.prior),
                      LabelsOf(*slices.data.training.set, slices.data.training.early_stop));
}

absl::StatusOr<StudyRow> MakeStudyRow(const StudySlices& slices, const StudyScores& scores) {
  StudyRow row;
  ASSIGN_OR_RETURN(row.early_stop_log_score, EarlyStopLogScore(slices, scores));
  CheckpointCalibration fitted;
  fitted.prior = scores.prior;
  RETURN_IF_ERROR(CalibrateOnSlice(slices.data.training, slices.class_frequencies, slices.min_event_samples,
                                   scores.calibration, slices.calibration, scores.fit_event_bias, fitted));
  row.temperatures = fitted.temperatures;
  row.pool_weight = fitted.pool_weight;
  row.pool_reason = fitted.pool_reason;
  row.event_reason = fitted.event_reason;
  const HeadFits fits = FitsOf(fitted);
  const auto balanced = HeadAnswers(scores.test, slices.test, fits, {});
  const auto calibrated = HeadAnswers(scores.test, slices.test, fits, scores.prior);
  AnswersByHead unmapped;
  if (!fits.event_calibrations.empty()) {
    unmapped = HeadAnswers(scores.test, slices.test, {fits.temperatures, fits.event_biases}, scores.prior);
  }
  for (size_t i = 0; i < balanced.size(); ++i) {
    const Sample& sample = slices.data.training.set->samples[static_cast<size_t>(slices.data.test[i])];
    row.balanced.push_back(MeanOf(balanced[i]));
    row.calibrated.push_back(MeanOf(calibrated[i]));
    if (!unmapped.empty()) row.before_isotonic.push_back(MeanOf(unmapped[i]));
    const std::vector<double>& below = BelowOf(sample, slices.data.training.climatology, slices.class_frequencies);
    row.pooled.push_back(Pool(row.calibrated.back(), below, row.pool_weight));
    if (!fitted.twin.empty()) {
      row.twin_pooled.push_back(Pool(fitted.TwinOf(sample.region), below, row.pool_weight));
    }
  }
  return row;
}

namespace {

absl::Status CheckScores(const std::vector<std::vector<double>>& scores, size_t samples, int classes,
                         absl::string_view slice) {
  if (scores.size() != samples) {
    return absl::InvalidArgumentError(
        absl::StrCat("scores of the ", slice, " slice: ", scores.size(), " rows, ", samples, " samples"));
  }
  for (const std::vector<double>& row : scores) {
    bool good = row.size() == static_cast<size_t>(classes);
    for (double z : row) good = good && std::isfinite(z);
    if (!good) {
      return absl::InvalidArgumentError(
          absl::StrCat("scores of the ", slice, " slice: not ", classes, " finite numbers in every row"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StudyRow> CalibrateOutsideScores(const StudyData& data, int classes, int min_event_samples,
                                                const OutsideScores& scores) {
  const TrainingData& training = data.training;
  absl::Status status = CheckScores(scores.early_stop, training.early_stop.size(), classes, "early-stop");
  status.Update(CheckScores(scores.calibration, training.calibration.size(), classes, "calibration"));
  status.Update(CheckScores(scores.test, data.test.size(), classes, "test"));
  if (!status.ok()) return status;
  if (training.train.empty() || training.early_stop.empty()) {
    return absl::InvalidArgumentError("an empty training or early-stop slice");
  }
  StudySlices slices(data, SampleUnit::kRegion);
  slices.class_frequencies =
      BatchSampler(LabelsOf(*training.set, training.train), classes, Sampling::kClassBalanced, 1).BalancedAwayPrior();
  slices.min_event_samples = min_event_samples;
  StudyScores all;
  all.early = {scores.early_stop};
  all.calibration = {training.calibration.empty() ? scores.early_stop : scores.calibration};
  all.test = {scores.test};
  all.prior = scores.balanced ? slices.class_frequencies : UniformPrior(classes);
  all.fit_event_bias = scores.balanced;
  return MakeStudyRow(slices, all);
}

}  // namespace tremorcast
