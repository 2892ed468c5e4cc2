#include "model/training/training.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <torch/torch.h>

#include "core/base/digest.h"
#include "model/modules/device.h"
#include "model/modules/torch_status.h"
#include "model/training/phase.h"
#include "model/training/slice_calibration.h"
#include "model/training/tau_choice.h"
#include "model/training/trained_model.h"
#include "model/training/training_stages.h"
#include "model/training/training_state.h"

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

class TrainingRun {
 public:
  TrainingRun(const NetworkConfig& network, const TrainingData& data, const TrainOptions& options, torch::Device device)
      : data_(data),
        options_(options),
        parts_(std::make_unique<TrainedParts>(network, device)),
        stages_(data, options, parts_->networks, parts_->normalisation) {}

  absl::StatusOr<std::unique_ptr<TrainedModel>> Run() {
    const NetworkConfig& network = parts_->networks.network;
    parts_->options = options_;
    parts_->climatology = data_.climatology;
    if (absl::Status status = stages_.FitInputs(); !status.ok()) return status;
    parts_->class_frequencies = stages_.ClassFrequencies();
    const TrainingStateFile file(options_.state_directory);
    const std::string fingerprint = Fingerprint(
        network, data_, options_, RuntimeDescription(parts_->networks.device, options_.threads, options_.batch_size));
    TrainingState state = file.Load(fingerprint).value_or(TrainingState{});
    state.fingerprint = fingerprint;
    PhaseRunner runner(options_, file, state);
    if (absl::Status status = stages_.TrainStageOne(runner); !status.ok()) return status;
    if (absl::Status status = TrainHeads(runner); !status.ok()) return status;
    parts_->history = state.history;
    if (absl::Status status = ApplyBestTau(); !status.ok()) return status;
    if (absl::Status status = CalibrateHeads(); !status.ok()) return status;
    if (absl::Status status = CalibrateStageOne(); !status.ok()) return status;
    return std::unique_ptr<TrainedModel>(std::make_unique<TorchTrainedModel>(std::move(parts_)));
  }

 private:
  absl::Status TrainHeads(PhaseRunner& runner) {
    TrainedNetworks& networks = parts_->networks;
    parts_->calibration.prior = stages_.BalancedAwayPrior(options_.stage2_sampling);
    for (int head = 0; head < options_.heads; ++head) {
      networks.heads.emplace_back(networks.network);
      networks.heads.back()->to(networks.device);
      const HeadTask task{head, networks.heads.back().get(), networks.network.input, options_.stage2_sampling};
      if (absl::Status status = stages_.TrainHead(runner, task); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ApplyBestTau() {
    if (options_.tau_grid.empty()) return absl::OkStatus();
    TrainedNetworks& networks = parts_->networks;
    std::vector<LastLayer> layers;
    for (int head = 0; head < options_.heads; ++head) {
      auto features = networks.HeadFeatures(head, stages_.maps(), stages_.early_rows());
      if (!features.ok()) return features.status();
      layers.push_back({*features, networks.heads[static_cast<size_t>(head)]->last()->weight});
    }
    auto choice = ChooseTau(options_.tau_grid, layers, stages_.early_rows(), parts_->calibration.prior,
                            LabelsOf(*data_.set, data_.early_stop));
    if (!choice.ok()) return choice.status();
    networks.ApplyTau(choice->tau);
    parts_->calibration.tau = choice->tau;
    parts_->calibration.tau_normalised = true;
    return absl::OkStatus();
  }

  RowSet CalibrationRows() const {
    return BuildRows(*data_.set, CalibrationSlice(data_), parts_->networks.network.unit);
  }

  absl::Status CalibrateHeads() {
    const RowSet rows = CalibrationRows();
    std::vector<Logits> logits;
    for (int head = 0; head < options_.heads; ++head) {
      auto part = parts_->networks.HeadLogits(head, stages_.maps(), rows);
      if (!part.ok()) return part.status();
      logits.push_back(*std::move(part));
    }
    return CalibrateOnSlice(data_, parts_->class_frequencies, options_.min_event_samples, logits, rows,
                            /*fit_event_bias=*/true, parts_->calibration);
  }

  // Natural sampling balanced nothing away, so stage 1 needs neither prior nor bias.
  absl::Status CalibrateStageOne() {
    const RowSet rows = CalibrationRows();
    auto logits = parts_->networks.StageOneLogits(stages_.maps(), rows);
    if (!logits.ok()) return logits.status();
    const size_t classes = static_cast<size_t>(parts_->networks.network.classes);
    parts_->stage1_calibration.prior.assign(classes, 1.0 / static_cast<double>(classes));
    return CalibrateOnSlice(data_, parts_->class_frequencies, options_.min_event_samples, {*std::move(logits)}, rows,
                            /*fit_event_bias=*/false, parts_->stage1_calibration);
  }

  const TrainingData& data_;
  const TrainOptions& options_;
  std::unique_ptr<TrainedParts> parts_;
  TrainingStages stages_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TrainedModel>> Train(const NetworkConfig& network, const TrainingData& data,
                                                    const TrainOptions& options) {
  if (absl::Status status = network.Validate(); !status.ok()) return status;
  if (absl::Status status = options.Validate(); !status.ok()) return status;
  if (absl::Status status = ValidateTrainingData(network, data); !status.ok()) return status;
  const TrainOptions resolved = WithThreads(options);
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
