#include "model/slice_calibration.h"

#include <algorithm>
#include <cstddef>

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

const std::vector<double>& ClimatologyOf(const TrainingData& data, const std::vector<double>& class_frequencies,
                                         const RegionId& region) {
  const auto found = data.climatology.find(region);
  return found == data.climatology.end() ? class_frequencies : found->second;
}

absl::Span<const int> CalibrationSlice(const TrainingData& data) {
  return data.calibration.empty() ? data.early_stop : data.calibration;
}

absl::Status CalibrateOnSlice(const TrainingData& data, const std::vector<double>& class_frequencies,
                              int min_event_samples, absl::Span<const Logits> heads, const RowSet& rows,
                              bool fit_event_bias, CheckpointCalibration& calibration) {
  const bool sliced = !data.calibration.empty();
  auto fits = FitHeads(heads, rows, calibration.prior, fit_event_bias && sliced);
  if (!fits.ok()) return fits.status();
  calibration.temperatures = fits->temperatures;
  calibration.event_biases = fits->event_biases;
  std::vector<PoolRow> pool_rows;
  const auto answers = HeadAnswers(heads, rows, *fits, calibration.prior);
  for (size_t i = 0; i < data.calibration.size(); ++i) {
    const Sample& sample = data.set->samples[static_cast<size_t>(data.calibration[i])];
    const size_t label = static_cast<size_t>(sample.label);
    pool_rows.push_back(
        {sample.issue, MeanOf(answers[i])[label], ClimatologyOf(data, class_frequencies, sample.region)[label]});
  }
  auto choice = ChoosePoolWeight(pool_rows, EventsAmong(*data.set, data.early_stop),
                                 EventsAmong(*data.set, data.calibration), min_event_samples);
  if (!choice.ok()) return choice.status();
  calibration.pool_weight = choice->weight;
  calibration.pool_reason = choice->reason;
  return absl::OkStatus();
}

}  // namespace tremorcast
