#include "model/training/slice_calibration.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "core/catalogue/climatology.h"
#include "core/verification/binary_outcome.h"
#include "core/verification/event_calibration.h"

namespace tremorcast {

std::vector<int> LabelsOf(const SampleSet& set, absl::Span<const int> samples) {
  std::vector<int> labels;
  for (int i : samples) labels.push_back(set.samples[static_cast<size_t>(i)].label);
  return labels;
}

int EventsAmong(const SampleSet& set, absl::Span<const int> samples) {
  const std::vector<int> labels = LabelsOf(set, samples);
  return static_cast<int>(std::count_if(labels.begin(), labels.end(), [](int label) { return label >= 1; }));
}

const std::vector<double>& BelowOf(const Sample& sample, const std::map<RegionId, std::vector<double>>& climatology,
                                   const std::vector<double>& class_frequencies) {
  if (!sample.below.empty()) return sample.below;
  const auto found = climatology.find(sample.region);
  return found == climatology.end() ? class_frequencies : found->second;
}

absl::Span<const int> CalibrationSlice(const TrainingData& data) {
  return data.calibration.empty() ? data.early_stop : data.calibration;
}

namespace {

// The map of one head from the samples that `used` marks.
absl::StatusOr<EventCalibration> FitEvents(const AnswersByHead& answers, absl::Span<const int> labels, size_t head,
                                           const std::vector<bool>& used) {
  std::vector<BinaryOutcome> outcomes;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!used[i]) continue;
    outcomes.push_back({std::clamp(1 - answers[i][head][0], 0.0, 1.0), labels[i] >= 1, 1});
  }
  return EventCalibration::Fit(outcomes);
}

// Block of each sample: issues in time order, cut into kIsotonicFolds runs.
std::vector<int> FoldsOf(const SampleSet& set, absl::Span<const int> samples) {
  std::map<int64_t, int> issues;
  for (int i : samples) issues[set.samples[static_cast<size_t>(i)].issue] = 0;
  int64_t at = 0;
  const int64_t count = static_cast<int64_t>(issues.size());
  for (auto& [issue, fold] : issues) fold = static_cast<int>(at++ * kIsotonicFolds / count);
  std::vector<int> folds;
  for (int i : samples) folds.push_back(issues.at(set.samples[static_cast<size_t>(i)].issue));
  return folds;
}

// Every sample's answer by maps that its own block had no part in.
absl::StatusOr<AnswersByHead> HeldOut(const AnswersByHead& answers, absl::Span<const int> labels,
                                      const std::vector<int>& folds) {
  AnswersByHead held_out = answers;
  for (int fold = 0; fold < kIsotonicFolds; ++fold) {
    std::vector<bool> used;
    for (int own : folds) used.push_back(own != fold);
    for (size_t head = 0; head < answers[0].size(); ++head) {
      ASSIGN_OR_RETURN(auto map, FitEvents(answers, labels, head, used));
      for (size_t i = 0; i < answers.size(); ++i) {
        if (!used[i]) map.Apply(absl::MakeSpan(held_out[i][head]));
      }
    }
  }
  return held_out;
}

// Mean answer by region and over all regions of the calibration slice.
void AverageAnswers(const TrainingData& data, const AnswersByHead& answers, CheckpointCalibration& calibration) {
  std::map<RegionId, std::vector<std::vector<double>>> by_region;
  std::vector<std::vector<double>> all;
  for (size_t i = 0; i < answers.size(); ++i) {
    all.push_back(MeanOf(answers[i]));
    by_region[data.set->samples[static_cast<size_t>(data.calibration[i])].region].push_back(all.back());
  }
  calibration.twin = MeanOf(all);
  for (const auto& [region, own] : by_region) calibration.twin_by_region[region] = MeanOf(own);
}

}  // namespace

absl::Status CalibrateEvents(const SampleSet& set, absl::Span<const int> samples, AnswersByHead& answers,
                             CheckpointCalibration& calibration) {
  const std::vector<int> labels = LabelsOf(set, samples);
  const int events = EventsAmong(set, samples);
  const std::vector<int> folds = FoldsOf(set, samples);
  calibration.event_calibrations.clear();
  if (events < kMinIsotonicPositives || *std::max_element(folds.begin(), folds.end()) + 1 < kIsotonicFolds) {
    calibration.event_reason = absl::StrFormat(
        "isotonic calibration of P(class >= 1) not used: %d event samples in the calibration slice, %d needed", events,
        kMinIsotonicPositives);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(auto held_out, HeldOut(answers, labels, folds));
  const double gain = MeanLogScore(answers, labels) - MeanLogScore(held_out, labels);
  calibration.event_reason = absl::StrFormat(
      "isotonic calibration of P(class >= 1) %s: on issues held out its gain over temperature and offset is %+.4f nats "
      "a sample, %d event samples in the calibration slice",
      gain > kLeastGain ? "used" : "not used", gain, events);
  if (!(gain > kLeastGain)) return absl::OkStatus();
  for (size_t head = 0; head < answers[0].size(); ++head) {
    ASSIGN_OR_RETURN(auto map, FitEvents(answers, labels, head, std::vector<bool>(answers.size(), true)));
    calibration.event_calibrations.push_back(std::move(map));
  }
  answers = std::move(held_out);
  return absl::OkStatus();
}

absl::Status CalibrateOnSlice(const TrainingData& data, const std::vector<double>& class_frequencies,
                              int min_event_samples, absl::Span<const Logits> heads, const RowSet& rows,
                              bool fit_event_bias, CheckpointCalibration& calibration) {
  const bool sliced = !data.calibration.empty();
  ASSIGN_OR_RETURN(auto fits, FitHeads(heads, rows, calibration.prior, fit_event_bias && sliced));
  calibration.temperatures = fits.temperatures;
  calibration.event_biases = fits.event_biases;
  std::vector<PoolRow> pool_rows;
  AnswersByHead answers = HeadAnswers(heads, rows, fits, calibration.prior);
  if (sliced) {
    RETURN_IF_ERROR(CalibrateEvents(*data.set, data.calibration, answers, calibration));
    AverageAnswers(data, answers, calibration);
  }
  for (size_t i = 0; i < data.calibration.size(); ++i) {
    const Sample& sample = data.set->samples[static_cast<size_t>(data.calibration[i])];
    const size_t label = static_cast<size_t>(sample.label);
    pool_rows.push_back({sample.issue, MeanOf(answers[i])[label],
                         BelowOf(sample, data.climatology_before_calibration, class_frequencies)[label]});
  }
  ASSIGN_OR_RETURN(auto choice, ChoosePoolWeight(pool_rows, EventsAmong(*data.set, data.early_stop),
                                                 EventsAmong(*data.set, data.calibration), min_event_samples));
  calibration.pool_weight = choice.weight;
  calibration.pool_reason = choice.reason;
  return absl::OkStatus();
}

}  // namespace tremorcast
