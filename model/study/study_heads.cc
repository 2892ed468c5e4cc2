#include "model/study/study_heads.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "model/calibration/last_layer.h"
#include "model/serving/inference.h"
#include "model/training/slice_calibration.h"
#include "model/training/tau_choice.h"

namespace tremorcast {

std::string HeadSpec::Name() const {
  return absl::StrCat(ClassifierInputName(input), " ", HeadKindName(kind), ", ", BalanceName());
}

std::string HeadSpec::BalanceName() const {
  std::string name(SamplingName(sampling));
  if (loss == LossKind::kLdam) absl::StrAppend(&name, ", LDAM-DRW");
  if (loss == LossKind::kClassBalanced || loss == LossKind::kFocal)
    absl::StrAppend(&name, ", ", LossName(loss), " loss");
  if (augmentation == Augmentation::kSmote) absl::StrAppend(&name, ", SMOTE");
  if (augmentation == Augmentation::kMixup || augmentation == Augmentation::kJitter) {
    absl::StrAppend(&name, ", ", AugmentationName(augmentation));
  }
  return name;
}

namespace {

absl::StatusOr<HeadView> ViewOf(HeadModule& head, ClassifierInput input, const StudySlices& slices,
                                TrainingStages& stages) {
  const torch::NoGradGuard no_grad;
  const auto features = [&](const RowSet& rows) { return HeadFeatures(head, input, stages.maps(), rows); };
  HeadView view;
  view.weight = head.last()->weight.detach();
  view.bias = head.last()->bias.detach();
  ASSIGN_OR_RETURN(view.train, features(stages.train_rows()));
  ASSIGN_OR_RETURN(view.early, features(slices.early));
  ASSIGN_OR_RETURN(view.calibration, features(slices.calibration));
  if (slices.test.samples() > 0) {
    ASSIGN_OR_RETURN(view.test, features(slices.test));
  }
  return view;
}

Logits PlainLogits(const HeadView& view, const torch::Tensor& features) {
  const torch::NoGradGuard no_grad;
  return LogitRows(torch::nn::functional::linear(features, view.weight, view.bias));
}

// From the features of some rows to their logits, by one head's last layer as a treatment leaves
// it.
using ToLogits = std::function<Logits(const torch::Tensor& features)>;

// `labels` are those of the training rows; `tau` is for kTauNormalised.
absl::StatusOr<ToLogits> TreatedLayer(const HeadView& view, Treatment treatment, double tau,
                                      absl::Span<const int> labels) {
  switch (treatment) {
    case Treatment::kRetrained:
      break;
    case Treatment::kTauNormalised:
      return [&view, tau](const torch::Tensor& features) { return TauLogits(features, view.weight, tau); };
    case Treatment::kScaled: {
      ASSIGN_OR_RETURN(auto scales, FitClassScales(PlainLogits(view, view.train), labels));
      return
          [&view, scales](const torch::Tensor& features) { return ScaleClasses(PlainLogits(view, features), scales); };
    }
    case Treatment::kNearestMean: {
      ASSIGN_OR_RETURN(auto means,
                       NearestClassMean::Fit(LogitRows(view.train), labels, static_cast<int>(view.weight.size(0))));
      return [means](const torch::Tensor& features) { return means.Scores(LogitRows(features)); };
    }
  }
  return [&view](const torch::Tensor& features) { return PlainLogits(view, features); };
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
    RETURN_IF_ERROR(
        stages.TrainHead(runner, {number, head.get(), spec.input, spec.sampling, spec.loss, spec.augmentation}));
    result.parameters = TrainableParameters(*head);
    ASSIGN_OR_RETURN(HeadView view, ViewOf(*head, spec.input, slices, stages));
    result.heads.push_back(std::move(view));
    result.curves.push_back({absl::StrCat(spec.Name(), ", head ", number + 1), std::move(state.history)});
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

absl::StatusOr<TreatedScores> Treat(const StudyHeads& heads, Treatment treatment, absl::Span<const double> tau_grid,
                                    const StudySlices& slices, const TrainingStages& stages) {
  TreatedScores treated;
  StudyScores& scores = treated.scores;
  // Scales and means answer for classes of equal weight, whatever sampling and loss were.
  const bool as_sampled = treatment == Treatment::kRetrained || treatment == Treatment::kTauNormalised;
  scores.prior =
      as_sampled ? stages.BalancedAwayPrior(heads.spec.sampling, heads.spec.loss) : stages.ClassFrequencies();
  if (treatment == Treatment::kTauNormalised) {
    ASSIGN_OR_RETURN(treated.tau, ChooseStudyTau(heads, tau_grid, slices, scores.prior));
  }
  for (const HeadView& view : heads.heads) {
    ASSIGN_OR_RETURN(const ToLogits to_logits, TreatedLayer(view, treatment, treated.tau, stages.train_rows().labels));
    scores.early.push_back(to_logits(view.early));
    scores.calibration.push_back(to_logits(view.calibration));
    scores.test.push_back(view.test.defined() ? to_logits(view.test) : Logits());
  }
  return treated;
}

}  // namespace tremorcast
