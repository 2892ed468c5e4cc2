#include "model/training/training_stages.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <thread>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "model/calibration/head_calibration.h"
#include "model/serving/inference.h"
#include "model/training/batch_sampler.h"

namespace tremorcast {
namespace {

// A random part of a row's stations, in their order; never empty.
std::vector<int> DropStations(const std::vector<int>& windows, double dropout, int at_most, Random& random) {
  std::vector<int> kept;
  for (int window : windows) {
    if (random.Uniform() >= dropout) kept.push_back(window);
  }
  if (kept.empty()) kept.push_back(windows[random.Below(windows.size())]);
  while (at_most > 0 && kept.size() > static_cast<size_t>(at_most)) {
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(random.Below(kept.size())));
  }
  return kept;
}

}  // namespace

TrainingStages::TrainingStages(const TrainingData& data, const TrainOptions& options, TrainedNetworks& networks,
                               Normalisation& normalisation)
    : data_(data),
      options_(options),
      networks_(networks),
      normalisation_(normalisation),
      train_rows_(BuildRows(*data.set, data.train, networks.config.unit)),
      early_rows_(BuildRows(*data.set, data.early_stop, networks.config.unit)) {}

absl::Status TrainingStages::FitInputs() {
  ASSIGN_OR_RETURN(normalisation_,
                   FitNormalisation(*data_.set->source, WindowsOf(train_rows_.groups), networks_.config.slots));
  bank_ = std::make_unique<WindowBank>(*data_.set->source, normalisation_, networks_.config,
                                       options_.window_cache_bytes, networks_.device);
  return absl::OkStatus();
}

std::vector<double> TrainingStages::BalancedAwayPrior(Sampling sampling, LossKind loss) const {
  const int classes = networks_.config.classes;
  return PriorAfterLoss(BatchSampler(train_rows_.labels, classes, sampling, options_.max_epochs).BalancedAwayPrior(),
                        RowsByClass(train_rows_.labels, classes), loss);
}

torch::Tensor TrainingStages::Targets(const std::vector<int>& rows) const {
  std::vector<int64_t> labels;
  for (int row : rows) labels.push_back(train_rows_.labels[static_cast<size_t>(row)]);
  return torch::tensor(labels, torch::kLong).to(networks_.device);
}

TrainingStages::Draw TrainingStages::DrawWindows(const std::vector<int>& rows, Random& random) const {
  Draw draw;
  for (int row : rows) {
    const std::vector<int> kept = DropStations(train_rows_.groups[static_cast<size_t>(row)], options_.station_dropout,
                                               options_.max_stations_per_draw, random);
    draw.groups.Add(static_cast<int64_t>(kept.size()));
    draw.windows.insert(draw.windows.end(), kept.begin(), kept.end());
  }
  return draw;
}

double TrainingStages::PlainLoss(const Logits& logits, absl::Span<const int> labels) {
  double sum = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    sum -= std::log(std::max(HeadProbabilities(logits[i], 1.0, {}, 0.0)[static_cast<size_t>(labels[i])], 1e-300));
  }
  return sum / static_cast<double>(logits.size());
}

// Windows of the drawn rows through the backbone, pooled, averaged over time, one linear layer.
absl::StatusOr<torch::Tensor> TrainingStages::StageOneLoss(const std::vector<int>& rows, Random& random) {
  const Draw draw = DrawWindows(rows, random);
  ASSIGN_OR_RETURN(auto batch, bank_->Batch(draw.windows));
  NetworkConfig implicit = networks_.config;
  implicit.input = ClassifierInput::kImplicit;
  const torch::Tensor z = networks_.stage1->backbone->forward(batch);
  const torch::Tensor pooled = ClassifierInputs(networks_.stage1->backbone, implicit, draw.groups, z, torch::Tensor());
  return torch::nn::functional::cross_entropy(networks_.stage1->linear->forward(pooled.mean(2)), Targets(rows));
}

absl::StatusOr<double> TrainingStages::StageOneValidation() {
  // The backbone changes every epoch, so its maps live for one validation.
  MapStore maps(*bank_, networks_.stage1->backbone, networks_.config, networks_.device);
  ASSIGN_OR_RETURN(auto logits, networks_.StageOneLogits(maps, early_rows_));
  return PlainLoss(logits, early_rows_.labels);
}

absl::Status TrainingStages::TrainStageOne(PhaseRunner& runner) {
  const BatchSampler sampler(train_rows_.labels, networks_.config.classes, Sampling::kInstance, options_.max_epochs);
  Phase phase;
  phase.stage = 1;
  phase.module = networks_.stage1.get();
  phase.sampler = &sampler;
  phase.loss = [this](const std::vector<int>& rows, int /*epoch*/, Random& random) {
    return StageOneLoss(rows, random);
  };
  phase.validate = [this] { return StageOneValidation(); };
  RETURN_IF_ERROR(runner.Run(phase));
  // Frozen, batch-norm statistics included: eval mode from here on.
  for (torch::Tensor& parameter : networks_.stage1->parameters()) parameter.set_requires_grad(false);
  networks_.stage1->eval();
  maps_ = std::make_unique<MapStore>(*bank_, networks_.stage1->backbone, networks_.config, networks_.device);
  return absl::OkStatus();
}

std::vector<std::vector<int>> TrainingStages::DrawGroups(const std::vector<int>& rows, Random& random) const {
  std::vector<std::vector<int>> groups;
  for (int row : rows) {
    groups.push_back(
        DropStations(train_rows_.groups[static_cast<size_t>(row)], options_.station_dropout, /*at_most=*/0, random));
  }
  return groups;
}

// Distances are between rows with all of their stations.
absl::StatusOr<std::optional<Smote>> TrainingStages::SmoteOf(const HeadTask& task, const BatchSampler& sampler) {
  if (task.augmentation != Augmentation::kSmote) return std::optional<Smote>();
  ASSIGN_OR_RETURN(Smote smote, Smote::Create(train_rows_.labels, sampler.ClassProbabilities(options_.max_epochs),
                                              [&](const std::vector<int>& rows) {
                                                std::vector<std::vector<int>> groups;
                                                for (int row : rows)
                                                  groups.push_back(train_rows_.groups[static_cast<size_t>(row)]);
                                                return maps_->Inputs(groups, task.input);
                                              }));
  return std::optional<Smote>(std::move(smote));
}

absl::StatusOr<torch::Tensor> TrainingStages::HeadInputs(const HeadBatches& batches, const std::vector<int>& rows,
                                                         int epoch, Random& random) {
  ASSIGN_OR_RETURN(auto inputs, maps_->Inputs(DrawGroups(rows, random), batches.task.input));
  if (batches.task.augmentation == Augmentation::kJitter) return Jittered(inputs);
  if (!batches.smote) return inputs;
  const std::vector<double> shares = batches.sampler.ClassProbabilities(epoch);
  std::vector<int> towards;
  std::vector<double> ways;
  for (int row : rows) {
    const Smote::Step step = batches.smote->Draw(row, shares, random);
    towards.push_back(step.towards);
    ways.push_back(step.way);
  }
  ASSIGN_OR_RETURN(auto ends, maps_->Inputs(DrawGroups(towards, random), batches.task.input));
  return Between(inputs, ends, ways);
}

absl::StatusOr<torch::Tensor> TrainingStages::HeadLoss(const HeadBatches& batches, const std::vector<int>& rows,
                                                       int epoch, Random& random) {
  ASSIGN_OR_RETURN(auto inputs, HeadInputs(batches, rows, epoch, random));
  const torch::Tensor targets = Targets(rows);
  const auto loss_of = [&](const torch::Tensor& logits, const torch::Tensor& labels) {
    return batches.loss.Mean(logits, labels, epoch);
  };
  if (batches.task.augmentation != Augmentation::kMixup) {
    return loss_of(batches.loss.LogitsOf(*batches.task.head, inputs), targets);
  }
  const Mixture mixture = DrawMixture(rows.size(), random);
  const torch::Tensor partner = torch::tensor(mixture.partner, torch::kLong).to(networks_.device);
  const torch::Tensor mixed = mixture.share * inputs + (1 - mixture.share) * inputs.index_select(0, partner);
  const torch::Tensor logits = batches.loss.LogitsOf(*batches.task.head, mixed);
  return mixture.share * loss_of(logits, targets) +
         (1 - mixture.share) * loss_of(logits, targets.index_select(0, partner));
}

// NLL of softmax(z / T + ln pi) with T refitted: plain or balanced cross-entropy picks worse
// epochs.
absl::StatusOr<double> TrainingStages::HeadValidation(const HeadTask& task, const BatchLoss& loss,
                                                      const std::vector<double>& prior) {
  ASSIGN_OR_RETURN(
      auto logits,
      RowsInParts(early_rows_, [&](const std::vector<std::vector<int>>& groups) -> absl::StatusOr<torch::Tensor> {
        ASSIGN_OR_RETURN(auto inputs, maps_->Inputs(groups, task.input));
        return loss.LogitsOf(*task.head, inputs);
      }));
  ASSIGN_OR_RETURN(auto fit, FitHead(LogitRows(logits), early_rows_.labels, prior, 0, /*fit_event_bias=*/false));
  return fit.negative_log_likelihood;
}

absl::Status TrainingStages::TrainHead(PhaseRunner& runner, const HeadTask& task) {
  const int classes = networks_.config.classes;
  const BatchSampler sampler(train_rows_.labels, classes, task.sampling, options_.max_epochs);
  const BatchLoss loss(task.loss, train_rows_.labels, classes, options_.max_epochs, networks_.device);
  const std::vector<double> prior = BalancedAwayPrior(task.sampling, task.loss);
  ASSIGN_OR_RETURN(std::optional<Smote> smote, SmoteOf(task, sampler));
  const HeadBatches batches{task, sampler, loss, std::move(smote)};
  Phase phase;
  phase.stage = 2;
  phase.head = task.number;
  phase.module = task.head;
  phase.sampler = &sampler;
  phase.plain_epochs = loss.plain_epochs();
  phase.loss = [&](const std::vector<int>& rows, int epoch, Random& random) {
    return HeadLoss(batches, rows, epoch, random);
  };
  phase.validate = [&] { return HeadValidation(task, loss, prior); };
  RETURN_IF_ERROR(runner.Run(phase));
  loss.Fold(*task.head);
  return absl::OkStatus();
}

absl::Status ValidateTrainingData(const NetworkConfig& network, const TrainingData& data) {
  if (data.set == nullptr) return absl::InvalidArgumentError("training: no samples");
  RETURN_IF_ERROR(data.set->Validate(network.classes));
  const WindowSource& source = *data.set->source;
  if (source.channels() != network.channels ||
      (source.slots() != network.input_slots && source.slots() != network.slots)) {
    return absl::InvalidArgumentError(absl::StrCat("training: windows are ", source.channels(), " x ", source.slots(),
                                                   ", the network wants ", network.channels, " x ", network.input_slots,
                                                   " or ", network.channels, " x ", network.slots));
  }
  if (data.train.size() < 2) return absl::InvalidArgumentError("training: fewer than two training samples");
  if (data.early_stop.empty()) return absl::InvalidArgumentError("training: an empty early-stop slice");
  for (const std::vector<int>* slice : {&data.train, &data.early_stop, &data.calibration}) {
    for (int i : *slice) {
      if (i < 0 || i >= static_cast<int>(data.set->samples.size())) {
        return absl::InvalidArgumentError(absl::StrCat("training: no sample ", i));
      }
    }
  }
  for (const auto& [region, climatology] : data.climatology) {
    if (climatology.size() != static_cast<size_t>(network.classes) ||
        std::any_of(climatology.begin(), climatology.end(), [](double p) { return !(p > 0); })) {
      return absl::InvalidArgumentError(
          absl::StrCat("training: climatology of region ", region.value(), " is not positive everywhere"));
    }
  }
  return absl::OkStatus();
}

TrainOptions WithThreads(TrainOptions options) {
  if (options.threads == 0) options.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2);
  return options;
}

TrainOptions ResolveOptions(const TrainOptions& options, const NetworkConfig& network, const TrainingData& data) {
  TrainOptions resolved = WithThreads(options);
  if (resolved.max_epochs > 0) return resolved;
  const int rows = static_cast<int>(BuildRows(*data.set, data.train, network.unit).labels.size());
  const int steps = std::max(1, StepsPerEpoch(rows, resolved.batch_size));
  resolved.max_epochs = std::max(kUsualEpochs, (kUsualSteps + steps - 1) / steps);
  return resolved;
}

}  // namespace tremorcast
