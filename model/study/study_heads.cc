#include "model/study/study_heads.h"

#include <chrono>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/status_macros.h"
#include "model/calibration/last_layer.h"
#include "model/serving/inference.h"
#include "model/training/slice_calibration.h"
#include "model/training/tau_choice.h"

namespace tremorcast {

std::string HeadSpec::Name() const {
  return absl::StrCat(ClassifierInputName(input), " ", HeadKindName(kind), ", ", SamplingName(sampling));
}

namespace {

absl::Status FillView(HeadModule& head, ClassifierInput input, const StudySlices& slices, TrainingStages& stages,
                      HeadView& view) {
  const torch::NoGradGuard no_grad;
  const auto fill = [&](const RowSet& rows, torch::Tensor& features) -> absl::Status {
    auto part = HeadFeaturesOf(head, input, stages.maps(), rows);
    if (part.ok()) features = *part;
    return part.status();
  };
  view.weight = head.last()->weight.detach();
  view.bias = head.last()->bias.detach();
  absl::Status status = fill(stages.train_rows(), view.train);
  status.Update(fill(slices.early, view.early));
  status.Update(fill(slices.calibration, view.calibration));
  if (slices.test.samples() > 0) status.Update(fill(slices.test, view.test));
  return status;
}

// Applies what a treatment does with features to the three slices that answers are needed of.
template <typename ToLogits>
void Append(const HeadView& view, const ToLogits& to_logits, StudyScores& scores) {
  scores.early.push_back(to_logits(view.early));
  scores.calibration.push_back(to_logits(view.calibration));
  scores.test.push_back(view.test.defined() ? to_logits(view.test) : Logits());
}

Logits PlainLogits(const HeadView& view, const torch::Tensor& features) {
  const torch::NoGradGuard no_grad;
  return LogitRows(torch::nn::functional::linear(features, view.weight, view.bias));
}

absl::StatusOr<double> ChooseStudyTau(const StudyHeads& heads, absl::Span<const double> grid, const StudySlices& slices,
                                      const std::vector<double>& prior) {
  std::vector<LastLayer> layers;
  for (const HeadView& view : heads.heads) layers.push_back({view.early, view.weight});
  ASSIGN_OR_RETURN(auto choice, ChooseTau(grid, layers, slices.early, prior,
                                          LabelsOf(*slices.data.training.set, slices.data.training.early_stop)));
  return choice.tau;
}

}  // namespace

absl::StatusOr<StudyHeads> TrainStudyHeads(const HeadSpec& spec, const NetworkConfig& network,
                                           const TrainOptions& options, const torch::Device& device,
                                           const StudySlices& slices, TrainingStages& stages) {
  const auto begin = std::chrono::steady_clock::now();
  NetworkConfig config = network;
  config.input = spec.input;
  StudyHeads result;
  result.spec = spec;
  const TrainingStateFile no_file("");
  for (int number = 0; number < options.heads; ++number) {
    TrainingState state;
    PhaseRunner runner(options, no_file, state);
    const std::shared_ptr<HeadModule> head = MakeHead(spec.kind, config);
    head->to(device);
    RETURN_IF_ERROR(stages.TrainHead(runner, {number, head.get(), spec.input, spec.sampling}));
    result.parameters = TrainableParameters(*head);
    RETURN_IF_ERROR(FillView(*head, spec.input, slices, stages, result.heads.emplace_back()));
    result.curves.push_back({absl::StrCat(spec.Name(), ", head ", number + 1), std::move(state.history)});
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

absl::StatusOr<TreatedScores> Treat(const StudyHeads& heads, Treatment treatment, absl::Span<const double> tau_grid,
                                    const StudySlices& slices, const TrainingStages& stages) {
  TreatedScores treated;
  StudyScores& scores = treated.scores;
  // Scales and means answer for classes of equal weight, whatever the sampling was.
  const bool as_sampled = treatment == Treatment::kRetrained || treatment == Treatment::kTauNormalised;
  scores.prior = as_sampled ? stages.BalancedAwayPrior(heads.spec.sampling) : stages.ClassFrequencies();
  if (treatment == Treatment::kTauNormalised) {
    ASSIGN_OR_RETURN(treated.tau, ChooseStudyTau(heads, tau_grid, slices, scores.prior));
  }
  const std::vector<int>& labels = stages.train_rows().labels;
  for (const HeadView& view : heads.heads) {
    if (treatment == Treatment::kRetrained) {
      Append(
          view, [&](const torch::Tensor& features) { return PlainLogits(view, features); }, scores);
    } else if (treatment == Treatment::kTauNormalised) {
      Append(
          view, [&](const torch::Tensor& features) { return TauLogits(features, view.weight, treated.tau); }, scores);
    } else if (treatment == Treatment::kScaled) {
      ASSIGN_OR_RETURN(auto scales, FitClassScales(PlainLogits(view, view.train), labels));
      Append(
          view, [&](const torch::Tensor& features) { return ScaleClasses(PlainLogits(view, features), scales); },
          scores);
    } else {
      ASSIGN_OR_RETURN(auto means,
                       NearestClassMean::Fit(LogitRows(view.train), labels, static_cast<int>(view.weight.size(0))));
      Append(
          view, [&](const torch::Tensor& features) { return means.Scores(LogitRows(features)); }, scores);
    }
  }
  return treated;
}

}  // namespace tremorcast
