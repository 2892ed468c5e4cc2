#include "model/training/training.h"

#include <cstddef>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <torch/torch.h>

#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "model/calibration/last_layer.h"
#include "model/modules/device.h"
#include "model/modules/torch_status.h"
#include "model/serving/inference.h"
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
  stream.UpdateField(absl::StrCat("training state 2 ", runtime));
  stream.UpdateField(absl::StrCat(n.channels, " ", n.input_slots, " ", n.slots, " ", n.classes, " ", n.growth, " ",
                                  n.dropout, " ", StationPoolName(n.pool), " ", ClassifierInputName(n.input), " ",
                                  SampleUnitName(n.unit)));
  if (n.connectivity != Connectivity::kSingle) stream.UpdateField(ConnectivityName(n.connectivity));
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

// Heads begin with a plain last layer, whatever they end with.
NetworkConfig WithPlainInputs(NetworkConfig network) {
  network.last_inputs = LastInputs::kPlain;
  return network;
}

class TrainingRun {
 public:
  TrainingRun(const NetworkConfig& network, const TrainingData& data, const TrainOptions& options, torch::Device device)
      : data_(data),
        options_(options),
        parts_(std::make_unique<TrainedParts>(WithPlainInputs(network), device)),
        stages_(data, options, parts_->networks, parts_->normalisation) {}

  absl::StatusOr<std::unique_ptr<TrainedModel>> Run() {
    const NetworkConfig& network = parts_->networks.config;
    parts_->options = options_;
    parts_->climatology = data_.climatology;
    RETURN_IF_ERROR(stages_.FitInputs());
    parts_->class_frequencies = stages_.ClassFrequencies();
    const TrainingStateFile file(options_.state_directory);
    const std::string fingerprint = Fingerprint(
        network, data_, options_, RuntimeDescription(parts_->networks.device, options_.threads, options_.batch_size));
    TrainingState state = file.Load(fingerprint).value_or(TrainingState{});
    state.fingerprint = fingerprint;
    PhaseRunner runner(options_, file, state);
    RETURN_IF_ERROR(stages_.TrainStageOne(runner));
    RETURN_IF_ERROR(TrainHeads(runner));
    parts_->history = state.history;
    RETURN_IF_ERROR(TreatLastLayers());
    RETURN_IF_ERROR(CalibrateHeads());
    RETURN_IF_ERROR(CalibrateStageOne());
    return std::unique_ptr<TrainedModel>(std::make_unique<TorchTrainedModel>(std::move(parts_)));
  }

 private:
  absl::Status TrainHeads(PhaseRunner& runner) {
    TrainedNetworks& networks = parts_->networks;
    parts_->calibration.prior = stages_.BalancedAwayPrior(options_.stage2_sampling, options_.stage2_loss);
    for (int head = 0; head < options_.heads; ++head) {
      networks.heads.emplace_back(networks.config);
      networks.heads.back()->to(networks.device);
      const HeadTask task{head,
                          networks.heads.back().get(),
                          networks.config.input,
                          options_.stage2_sampling,
                          options_.stage2_loss,
                          options_.augmentation};
      RETURN_IF_ERROR(stages_.TrainHead(runner, task));
    }
    if (options_.stage2_loss == LossKind::kLdam) networks.config.last_inputs = LastInputs::kUnitLength;
    return absl::OkStatus();
  }

  // The answers of a study's rows (Treat in model/study) as part of the weights.
  absl::Status TreatLastLayers() {
    switch (options_.LastLayer()) {
      case Treatment::kRetrained:
        return absl::OkStatus();
      case Treatment::kTauNormalised:
        return ApplyBestTau();
      case Treatment::kScaled:
      case Treatment::kNearestMean:
        break;
    }
    // Scales and means answer for classes of equal weight, whatever sampling and loss were.
    parts_->calibration.prior = stages_.ClassFrequencies();
    for (Classifier& head : parts_->networks.heads) {
      RETURN_IF_ERROR(options_.last_layer == Treatment::kScaled ? ScaleClassesOf(*head) : TakeMeansOf(*head));
    }
    return absl::OkStatus();
  }

  absl::Status ScaleClassesOf(HeadModule& head) {
    const RowSet& rows = stages_.train_rows();
    ASSIGN_OR_RETURN(auto logits, HeadLogits(head, parts_->networks.config.input, stages_.maps(), rows));
    ASSIGN_OR_RETURN(auto scales, FitClassScales(logits, rows.labels));
    ScaleLastLayer(head, scales);
    return absl::OkStatus();
  }

  absl::Status TakeMeansOf(HeadModule& head) {
    const RowSet& rows = stages_.train_rows();
    NetworkConfig& config = parts_->networks.config;
    ASSIGN_OR_RETURN(auto features, HeadFeatures(head, config.input, stages_.maps(), rows));
    ASSIGN_OR_RETURN(auto means, NearestClassMean::Fit(LogitRows(features), rows.labels, config.classes));
    ReplaceLastLayer(head, means);
    config.last_inputs = LastInputs::kUnitLength;
    return absl::OkStatus();
  }

  absl::Status ApplyBestTau() {
    TrainedNetworks& networks = parts_->networks;
    std::vector<LastLayer> layers;
    for (Classifier& head : networks.heads) {
      ASSIGN_OR_RETURN(auto features, HeadFeatures(*head, networks.config.input, stages_.maps(), stages_.early_rows()));
      layers.push_back({features, head->last()->weight});
    }
    ASSIGN_OR_RETURN(auto choice, ChooseTau(options_.tau_grid, layers, stages_.early_rows(), parts_->calibration.prior,
                                            LabelsOf(*data_.set, data_.early_stop)));
    networks.ApplyTau(choice.tau);
    parts_->calibration.tau = choice.tau;
    parts_->calibration.tau_normalised = true;
    return absl::OkStatus();
  }

  RowSet CalibrationRows() const {
    return BuildRows(*data_.set, CalibrationSlice(data_), parts_->networks.config.unit);
  }

  absl::Status CalibrateHeads() {
    const RowSet rows = CalibrationRows();
    std::vector<Logits> logits;
    for (Classifier& head : parts_->networks.heads) {
      ASSIGN_OR_RETURN(auto part, HeadLogits(*head, parts_->networks.config.input, stages_.maps(), rows));
      logits.push_back(std::move(part));
    }
    return CalibrateOnSlice(data_, parts_->class_frequencies, options_.min_event_samples, logits, rows,
                            /*fit_event_bias=*/true, parts_->calibration);
  }

  // Natural sampling balanced nothing away, so stage 1 needs neither prior nor bias.
  absl::Status CalibrateStageOne() {
    const RowSet rows = CalibrationRows();
    ASSIGN_OR_RETURN(auto logits, parts_->networks.StageOneLogits(stages_.maps(), rows));
    const size_t classes = static_cast<size_t>(parts_->networks.config.classes);
    parts_->stage1_calibration.prior.assign(classes, 1.0 / static_cast<double>(classes));
    return CalibrateOnSlice(data_, parts_->class_frequencies, options_.min_event_samples, {std::move(logits)}, rows,
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
  RETURN_IF_ERROR(network.Validate());
  RETURN_IF_ERROR(options.Validate());
  RETURN_IF_ERROR(ValidateTrainingData(network, data));
  const TrainOptions resolved = ResolveOptions(options, network, data);
  return TorchStatus("training", [&]() -> absl::StatusOr<std::unique_ptr<TrainedModel>> {
    ASSIGN_OR_RETURN(auto device, ChooseDevice(options.device));
    ConfigureTorch(resolved.threads);
    return TrainingRun(network, data, resolved, device).Run();
  });
}

}  // namespace tremorcast
