#include "trainer/evaluate/catalogue_past.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "core/base/status_macros.h"
#include "core/catalogue/climatology.h"

namespace tremorcast {

TrainOptions Unhurried(TrainOptions training) {
  constexpr int kPatienceSteps = 1000;
  const TrainOptions usual;
  training.max_epochs = usual.max_epochs;
  training.patience = std::max(training.patience, usual.patience);
  training.patience_steps = std::max(training.patience_steps, kPatienceSteps);
  training.min_steps = std::max(training.min_steps, kPatienceSteps);
  training.learning_rate = usual.learning_rate;
  training.schedule = usual.schedule;
  training.stage2_sampling = usual.stage2_sampling;
  training.stage2_loss = usual.stage2_loss;
  training.augmentation = usual.augmentation;
  training.last_layer = usual.last_layer;
  training.tau_grid = usual.tau_grid;
  return training;
}

absl::StatusOr<Probabilities> TableOfThePast(const SetView& view) {
  constexpr size_t kWeeks = 3;  // its first channels
  const WindowSource& source = *view.samples.source;
  std::vector<float> window(static_cast<size_t>(source.channels()) * static_cast<size_t>(source.slots()));
  const auto pattern_of = [&](int sample) -> absl::StatusOr<int> {
    RETURN_IF_ERROR(
        source.Read(view.samples.samples[static_cast<size_t>(sample)].windows.front(), absl::MakeSpan(window)));
    int pattern = 0;
    for (size_t week = 0; week < kWeeks; ++week) {
      const float k = window[week * static_cast<size_t>(source.slots())];
      pattern = 3 * pattern + (std::isnan(k) ? 2 : k > 0 ? 1 : 0);
    }
    return pattern;
  };
  std::map<int, std::vector<double>> counts;
  for (const std::vector<int>* slice : {&view.train, &view.early_stop, &view.calibration}) {
    for (const int sample : *slice) {
      ASSIGN_OR_RETURN(const int pattern, pattern_of(sample));
      auto& n = counts.try_emplace(pattern, static_cast<size_t>(view.classes), 0.0).first->second;
      n[static_cast<size_t>(view.label(sample))] += 1;
    }
  }
  Probabilities answers;
  for (const int sample : view.test) {
    ASSIGN_OR_RETURN(const int pattern, pattern_of(sample));
    std::vector<double> p = view.ClimatologyOf(sample);
    const auto seen = counts.find(pattern);
    double all = kClimatologyPriorWeeks;
    for (size_t k = 0; k < p.size(); ++k) {
      p[k] *= kClimatologyPriorWeeks;
      if (seen == counts.end()) continue;
      p[k] += seen->second[k];
      all += seen->second[k];
    }
    for (double& value : p) value /= all;
    answers.push_back(std::move(p));
  }
  return answers;
}

}  // namespace tremorcast
