#include "model/training/phase.h"

#include <cmath>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "model/checkpoint/random.h"
#include "model/modules/torch_modules.h"
#include "model/training/adam.h"
#include "model/training/early_stopping.h"
#include "model/training/learning_rate.h"

namespace tremorcast {
namespace {

constexpr char kCurrent[] = "current.";
constexpr char kBest[] = "best.";
constexpr char kAdam[] = "adam.";

void ErasePrefix(std::map<std::string, FloatTensor>& tensors, const std::string& prefix) {
  for (auto it = tensors.lower_bound(prefix);
       it != tensors.end() && it->first.compare(0, prefix.size(), prefix) == 0;) {
    it = tensors.erase(it);
  }
}

bool HasPrefix(const std::map<std::string, FloatTensor>& tensors, const std::string& prefix) {
  const auto it = tensors.lower_bound(prefix);
  return it != tensors.end() && it->first.compare(0, prefix.size(), prefix) == 0;
}

}  // namespace

std::string PhaseRunner::DoneName(const Phase& phase) const {
  return phase.stage == 1 ? "done.stage1." : absl::StrCat("done.head", phase.head, ".");
}

absl::Status PhaseRunner::Run(const Phase& phase) {
  if (HasPrefix(state_.tensors, DoneName(phase))) {
    phase.module->eval();
    return ImportTensors(*phase.module, DoneName(phase), state_.tensors);
  }
  RETURN_IF_ERROR(RunEpochs(phase));
  return Finish(phase);
}

absl::StatusOr<double> PhaseRunner::TrainEpoch(const Phase& phase, int epoch, Adam& adam) const {
  Random random(MixSeed({options_.seed, 2, static_cast<uint64_t>(phase.stage), static_cast<uint64_t>(phase.head),
                         static_cast<uint64_t>(epoch)}));
  torch::manual_seed(random.Next());  // for dropout
  phase.module->train();
  double sum = 0;
  int64_t items = 0;
  for (const std::vector<int>& batch : Batches(phase.sampler->Draw(epoch, random), options_.batch_size)) {
    if (StopAsked()) return absl::CancelledError("training stopped as asked");
    adam.ZeroGradients();
    ASSIGN_OR_RETURN(auto loss, phase.loss(batch, epoch, random));
    const double value = loss.item<double>();
    if (!std::isfinite(value))
      return absl::InternalError(absl::StrCat("training loss is not finite in epoch ", epoch + 1));
    loss.backward();
    adam.Step(LearningRate(options_, epoch));
    sum += value * static_cast<double>(batch.size());
    items += static_cast<int64_t>(batch.size());
  }
  if (items == 0) return absl::InvalidArgumentError("training needs at least two samples");
  return sum / static_cast<double>(items);
}

absl::Status PhaseRunner::RunEpochs(const Phase& phase) {
  Adam adam(*phase.module);
  EarlyStopping stopping({options_.patience, options_.patience_steps, options_.min_steps}, options_.min_improvement);
  const bool resumed = state_.stage == phase.stage && state_.head == phase.head && HasPrefix(state_.tensors, kCurrent);
  if (resumed) {
    absl::Status status = ImportTensors(*phase.module, kCurrent, state_.tensors);
    status.Update(adam.Import(kAdam, state_.optimiser_steps, state_.tensors));
    if (!status.ok()) return status;
    stopping.Restore(state_.best_loss, state_.epochs_without, state_.best_steps, state_.optimiser_steps);
  } else {
    torch::manual_seed(
        MixSeed({options_.seed, 1, static_cast<uint64_t>(phase.stage), static_cast<uint64_t>(phase.head)}));
    InitialiseWeights(*phase.module);
    state_.epoch = 0;
  }
  state_.stage = phase.stage;
  state_.head = phase.head;
  while (state_.epoch < options_.max_epochs && !stopping.exhausted()) {
    ASSIGN_OR_RETURN(auto train_loss, TrainEpoch(phase, state_.epoch, adam));
    phase.module->eval();
    ASSIGN_OR_RETURN(auto validation_loss, phase.validate());
    const bool improved = state_.epoch >= phase.plain_epochs && stopping.Update(validation_loss, adam.steps());
    if (improved) ExportTensors(*phase.module, kBest, state_.tensors);
    ExportTensors(*phase.module, kCurrent, state_.tensors);
    adam.Export(kAdam, state_.tensors);
    ++state_.epoch;
    state_.best_loss = stopping.best();
    state_.epochs_without = stopping.epochs_without();
    state_.best_steps = stopping.best_steps();
    state_.optimiser_steps = adam.steps();
    const TrainingProgress progress{phase.stage, phase.head,      options_.heads,  state_.epoch, options_.max_epochs,
                                    train_loss,  validation_loss, stopping.best(), improved,     adam.steps()};
    state_.history.push_back(progress);
    RETURN_IF_ERROR(file_.Save(state_));
    if (options_.progress) options_.progress(progress);
  }
  return absl::OkStatus();
}

absl::Status PhaseRunner::Finish(const Phase& phase) {
  if (!HasPrefix(state_.tensors, kBest)) return absl::InternalError("no epoch gave a finite validation loss");
  phase.module->eval();
  RETURN_IF_ERROR(ImportTensors(*phase.module, kBest, state_.tensors));
  ExportTensors(*phase.module, DoneName(phase), state_.tensors);
  for (const char* prefix : {kCurrent, kBest, kAdam}) ErasePrefix(state_.tensors, prefix);
  return file_.Save(state_);
}

}  // namespace tremorcast
