#include "model/training.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <torch/torch.h>

#include "core/digest.h"
#include "model/batch_sampler.h"
#include "model/device.h"
#include "model/phase.h"
#include "model/torch_status.h"
#include "model/trained_model.h"
#include "model/training_state.h"

namespace tremorcast {
namespace {

// Everything that decides the result: state written under another fingerprint is another run's.
std::string Fingerprint(const NetworkConfig& n, const TrainingData& data, const TrainOptions& options,
                        const std::string& runtime) {
  Sha256Stream stream;
  stream.UpdateField(absl::StrCat("training state 1 ", runtime));
  stream.UpdateField(absl::StrCat(n.channels, " ", n.input_slots, " ", n.slots, " ", n.classes, " ", n.growth, " ",
                                  n.dropout, " ", StationPoolName(n.pool), " ", ClassifierInputName(n.input), " ",
                                  SampleUnitName(n.unit)));
  stream.UpdateField(options.ToJson());
  stream.UpdateField(options.data_fingerprint);
  for (const std::vector<int>* slice : {&data.train, &data.early_stop, &data.calibration}) {
    stream.UpdateField(absl::StrJoin(*slice, " "));
  }
  for (const Sample& sample : data.set->samples) {
    stream.UpdateField(absl::StrCat(sample.issue, " ", sample.region.value(), " ", sample.label, " ",
                                    absl::StrJoin(sample.windows, ",")));
  }
  return HexOf(stream.Finish());
}

std::vector<int> Labels(const SampleSet& set, absl::Span<const int> samples) {
  std::vector<int> labels;
  for (int i : samples) labels.push_back(set.samples[static_cast<size_t>(i)].label);
  return labels;
}

int Events(const SampleSet& set, absl::Span<const int> samples) {
  const std::vector<int> labels = Labels(set, samples);
  return static_cast<int>(std::count_if(labels.begin(), labels.end(), [](int label) { return label >= 1; }));
}

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

class TrainingRun {
 public:
  TrainingRun(const NetworkConfig& network, const TrainingData& data, const TrainOptions& options, torch::Device device)
      : data_(data),
        options_(options),
        set_(*data.set),
        parts_(std::make_unique<TrainedParts>(network, device)),
        train_rows_(BuildRows(set_, data.train, network.unit)),
        early_rows_(BuildRows(set_, data.early_stop, network.unit)) {}

  absl::StatusOr<std::unique_ptr<TrainedModel>> Run() {
    const NetworkConfig& network = parts_->networks.network;
    parts_->options = options_;
    parts_->climatology = data_.climatology;
    if (absl::Status status = FitInputs(); !status.ok()) return status;
    const TrainingStateFile file(options_.state_directory);
    const std::string fingerprint = Fingerprint(
        network, data_, options_, RuntimeDescription(parts_->networks.device, options_.threads, options_.batch_size));
    TrainingState state = file.Load(fingerprint).value_or(TrainingState{});
    state.fingerprint = fingerprint;
    PhaseRunner runner(options_, file, state);
    if (absl::Status status = StageOnePhase(runner); !status.ok()) return status;
    maps_ = std::make_unique<MapStore>(*bank_, parts_->networks.stage1->backbone, network, parts_->networks.device);
    for (int head = 0; head < options_.heads; ++head) {
      if (absl::Status status = HeadPhase(runner, head); !status.ok()) return status;
    }
    parts_->history = state.history;
    if (absl::Status status = ChooseTau(); !status.ok()) return status;
    if (absl::Status status = CalibrateHeads(); !status.ok()) return status;
    if (absl::Status status = CalibrateStageOne(); !status.ok()) return status;
    return std::unique_ptr<TrainedModel>(std::make_unique<TorchTrainedModel>(std::move(parts_)));
  }

 private:
  absl::Status FitInputs() {
    const NetworkConfig& network = parts_->networks.network;
    std::vector<int> windows;
    for (const auto& group : train_rows_.groups) windows.insert(windows.end(), group.begin(), group.end());
    auto normalisation = FitNormalisation(*set_.source, windows, network.slots);
    if (!normalisation.ok()) return normalisation.status();
    parts_->normalisation = *std::move(normalisation);
    bank_ = std::make_unique<WindowBank>(*set_.source, parts_->normalisation, network, options_.window_cache_bytes,
                                         parts_->networks.device);
    const BatchSampler natural(train_rows_.labels, network.classes, Sampling::kClassBalanced, options_.max_epochs);
    parts_->class_frequencies = natural.BalancedAwayPrior();
    return absl::OkStatus();
  }

  torch::Tensor Targets(const std::vector<int>& rows) const {
    std::vector<int64_t> labels;
    for (int row : rows) labels.push_back(train_rows_.labels[static_cast<size_t>(row)]);
    return torch::tensor(labels, torch::kLong).to(parts_->networks.device);
  }

  // Stage 1: windows of the drawn rows through the backbone, pooled, averaged over time, one linear layer.
  absl::StatusOr<torch::Tensor> StageOneLoss(const std::vector<int>& rows, Random& random) {
    TrainedNetworks& networks = parts_->networks;
    StationGroups groups;
    std::vector<int> windows;
    for (int row : rows) {
      const std::vector<int> kept = DropStations(train_rows_.groups[static_cast<size_t>(row)], options_.station_dropout,
                                                 options_.max_stations_per_draw, random);
      groups.Add(static_cast<int64_t>(kept.size()));
      windows.insert(windows.end(), kept.begin(), kept.end());
    }
    auto batch = bank_->Batch(windows);
    if (!batch.ok()) return batch.status();
    NetworkConfig implicit = networks.network;
    implicit.input = ClassifierInput::kImplicit;
    const torch::Tensor z = networks.stage1->backbone->forward(*batch);
    const torch::Tensor pooled = ClassifierInputs(networks.stage1->backbone, implicit, groups, z, torch::Tensor());
    return torch::nn::functional::cross_entropy(networks.stage1->linear->forward(pooled.mean(2)), Targets(rows));
  }

  absl::StatusOr<double> StageOneValidation() {
    // The backbone changes every epoch, so its maps live for one validation.
    MapStore maps(*bank_, parts_->networks.stage1->backbone, parts_->networks.network, parts_->networks.device);
    auto logits = parts_->networks.StageOneLogits(maps, early_rows_);
    if (!logits.ok()) return logits.status();
    double sum = 0;
    for (size_t i = 0; i < logits->size(); ++i) {
      sum -= std::log(
          std::max(HeadProbabilities((*logits)[i], 1.0, {}, 0.0)[static_cast<size_t>(early_rows_.labels[i])], 1e-300));
    }
    return sum / static_cast<double>(logits->size());
  }

  absl::Status StageOnePhase(PhaseRunner& runner) {
    const BatchSampler sampler(train_rows_.labels, parts_->networks.network.classes, Sampling::kInstance,
                               options_.max_epochs);
    Phase phase;
    phase.stage = 1;
    phase.module = parts_->networks.stage1.get();
    phase.sampler = &sampler;
    phase.loss = [this](const std::vector<int>& rows, Random& random) { return StageOneLoss(rows, random); };
    phase.validate = [this] { return StageOneValidation(); };
    if (absl::Status status = runner.Run(phase); !status.ok()) return status;
    // Frozen, batch-norm statistics included: eval mode from here on.
    for (torch::Tensor& parameter : parts_->networks.stage1->parameters()) parameter.set_requires_grad(false);
    parts_->networks.stage1->eval();
    return absl::OkStatus();
  }

  absl::StatusOr<torch::Tensor> HeadLoss(Classifier& head, const std::vector<int>& rows, Random& random) {
    std::vector<std::vector<int>> groups;
    for (int row : rows) {
      groups.push_back(
          DropStations(train_rows_.groups[static_cast<size_t>(row)], options_.station_dropout, /*at_most=*/0, random));
    }
    auto inputs = maps_->Inputs(groups);
    if (!inputs.ok()) return inputs.status();
    return torch::nn::functional::cross_entropy(head->forward(*inputs), Targets(rows));
  }

  // NLL of softmax(z / T + ln pi) with T refitted: plain or balanced cross-entropy picks worse epochs.
  absl::StatusOr<double> HeadValidation(int head) {
    auto logits = parts_->networks.HeadLogits(head, *maps_, early_rows_);
    if (!logits.ok()) return logits.status();
    auto fit = FitHead(*logits, early_rows_.labels, parts_->calibration.prior, 0, /*fit_event_bias=*/false);
    if (!fit.ok()) return fit.status();
    return fit->negative_log_likelihood;
  }

  absl::Status HeadPhase(PhaseRunner& runner, int head) {
    TrainedNetworks& networks = parts_->networks;
    const BatchSampler sampler(train_rows_.labels, networks.network.classes, options_.stage2_sampling,
                               options_.max_epochs);
    parts_->calibration.prior = sampler.BalancedAwayPrior();
    networks.heads.emplace_back(networks.network);
    networks.heads.back()->to(networks.device);
    Phase phase;
    phase.stage = 2;
    phase.head = head;
    phase.module = networks.heads.back().get();
    phase.sampler = &sampler;
    phase.loss = [this, head](const std::vector<int>& rows, Random& random) {
      return HeadLoss(parts_->networks.heads[static_cast<size_t>(head)], rows, random);
    };
    phase.validate = [this, head] { return HeadValidation(head); };
    return runner.Run(phase);
  }

  // By log score on the early-stop slice, after temperature, prior and bias have been fitted for each candidate.
  absl::Status ChooseTau() {
    if (options_.tau_grid.empty()) return absl::OkStatus();
    TrainedNetworks& networks = parts_->networks;
    std::vector<torch::Tensor> features;
    for (int head = 0; head < options_.heads; ++head) {
      auto part = networks.HeadFeatures(head, *maps_, early_rows_);
      if (!part.ok()) return part.status();
      features.push_back(*part);
    }
    std::vector<double> losses;
    for (double tau : options_.tau_grid) {
      std::vector<Logits> logits;
      for (size_t h = 0; h < features.size(); ++h) {
        logits.push_back(TauLogits(features[h], networks.heads[h]->last()->weight, tau));
      }
      auto fits = FitHeads(logits, early_rows_, parts_->calibration.prior, /*fit_event_bias=*/true);
      if (!fits.ok()) return fits.status();
      losses.push_back(MeanLogScore(HeadAnswers(logits, early_rows_, *fits, parts_->calibration.prior),
                                    Labels(set_, data_.early_stop)));
    }
    auto tau = SelectTau(options_.tau_grid, losses);
    if (!tau.ok()) return tau.status();
    networks.ApplyTau(*tau);
    parts_->calibration.tau = *tau;
    parts_->calibration.tau_normalised = true;
    return absl::OkStatus();
  }

  // T and b on the calibration slice (T alone on the early-stop slice where there is none), then the pool weight.
  absl::Status Calibrate(const std::vector<Logits>& logits, const RowSet& rows, bool fit_event_bias,
                         CheckpointCalibration& calibration) {
    const bool sliced = !data_.calibration.empty();
    auto fits = FitHeads(logits, rows, calibration.prior, fit_event_bias && sliced);
    if (!fits.ok()) return fits.status();
    calibration.temperatures = fits->temperatures;
    calibration.event_biases = fits->event_biases;
    std::vector<PoolRow> pool_rows;
    const auto answers = HeadAnswers(logits, rows, *fits, calibration.prior);
    for (size_t i = 0; i < data_.calibration.size(); ++i) {
      const Sample& sample = set_.samples[static_cast<size_t>(data_.calibration[i])];
      const size_t label = static_cast<size_t>(sample.label);
      const auto found = data_.climatology.find(sample.region);
      const std::vector<double>& climatology =
          found == data_.climatology.end() ? parts_->class_frequencies : found->second;
      pool_rows.push_back({sample.issue, MeanOf(answers[i])[label], climatology[label]});
    }
    auto choice = ChoosePoolWeight(pool_rows, Events(set_, data_.early_stop), Events(set_, data_.calibration),
                                   options_.min_event_samples);
    if (!choice.ok()) return choice.status();
    calibration.pool_weight = choice->weight;
    calibration.pool_reason = choice->reason;
    return absl::OkStatus();
  }

  RowSet CalibrationRows() const {
    const std::vector<int>& slice = data_.calibration.empty() ? data_.early_stop : data_.calibration;
    return BuildRows(set_, slice, parts_->networks.network.unit);
  }

  absl::Status CalibrateHeads() {
    const RowSet rows = CalibrationRows();
    std::vector<Logits> logits;
    for (int head = 0; head < options_.heads; ++head) {
      auto part = parts_->networks.HeadLogits(head, *maps_, rows);
      if (!part.ok()) return part.status();
      logits.push_back(*std::move(part));
    }
    return Calibrate(logits, rows, /*fit_event_bias=*/true, parts_->calibration);
  }

  // Natural sampling balanced nothing away, so stage 1 needs neither prior nor bias.
  absl::Status CalibrateStageOne() {
    const RowSet rows = CalibrationRows();
    auto logits = parts_->networks.StageOneLogits(*maps_, rows);
    if (!logits.ok()) return logits.status();
    const size_t classes = static_cast<size_t>(parts_->networks.network.classes);
    parts_->stage1_calibration.prior.assign(classes, 1.0 / static_cast<double>(classes));
    return Calibrate({*std::move(logits)}, rows, /*fit_event_bias=*/false, parts_->stage1_calibration);
  }

  const TrainingData& data_;
  const TrainOptions& options_;
  const SampleSet& set_;
  std::unique_ptr<TrainedParts> parts_;
  const RowSet train_rows_, early_rows_;
  std::unique_ptr<WindowBank> bank_;
  std::unique_ptr<MapStore> maps_;
};

absl::Status ValidateData(const NetworkConfig& network, const TrainingData& data) {
  if (data.set == nullptr) return absl::InvalidArgumentError("training: no samples");
  if (absl::Status status = data.set->Validate(network.classes); !status.ok()) return status;
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

}  // namespace

absl::StatusOr<std::unique_ptr<TrainedModel>> Train(const NetworkConfig& network, const TrainingData& data,
                                                    const TrainOptions& options) {
  if (absl::Status status = network.Validate(); !status.ok()) return status;
  if (absl::Status status = options.Validate(); !status.ok()) return status;
  if (absl::Status status = ValidateData(network, data); !status.ok()) return status;
  TrainOptions resolved = options;
  if (resolved.threads == 0) resolved.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2);
  std::unique_ptr<TrainedModel> model;
  const absl::Status status = TorchStatus("training", [&]() -> absl::Status {
    auto device = ChooseDevice(options.device);
    if (!device.ok()) return device.status();
    ConfigureTorch(resolved.threads);
    auto trained = TrainingRun(network, data, resolved, *device).Run();
    if (!trained.ok()) return trained.status();
    model = *std::move(trained);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return model;
}

}  // namespace tremorcast
