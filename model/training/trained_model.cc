#include "model/training/trained_model.h"

#include <cstddef>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/observation/feature_schema.h"
#include "model/modules/torch_status.h"
#include "model/serving/inference.h"
#include "model/training/slice_calibration.h"

namespace tremorcast {

absl::StatusOr<SampleOutputs> TorchTrainedModel::Predict(const SampleSet& set, absl::Span<const int> samples) const {
  return TorchStatus("prediction", [&] { return Compute(set, samples); });
}

absl::StatusOr<SampleOutputs> TorchTrainedModel::Compute(const SampleSet& set, absl::Span<const int> samples) const {
  TrainedNetworks& networks = parts_->networks;
  RETURN_IF_ERROR(set.Validate(networks.config.classes));
  SampleOutputs outputs;
  outputs.classes = networks.config.classes;
  if (samples.empty()) return outputs;
  ConfigureTorch(parts_->options.threads);
  WindowBank bank(*set.source, parts_->normalisation, networks.config, /*cache_bytes=*/0, networks.device);
  MapStore maps(bank, networks.stage1->backbone, networks.config, networks.device);
  const RowSet rows = BuildRows(set, samples, networks.config.unit);

  std::vector<Logits> heads;
  for (Classifier& head : networks.heads) {
    ASSIGN_OR_RETURN(auto logits, HeadLogits(*head, networks.config.input, maps, rows));
    heads.push_back(std::move(logits));
  }
  ASSIGN_OR_RETURN(auto stage1_logits, networks.StageOneLogits(maps, rows));
  const std::vector<Logits> stage1 = {std::move(stage1_logits)};

  const CheckpointCalibration &c = parts_->calibration, &c1 = parts_->stage1_calibration;
  const auto balanced = HeadAnswers(heads, rows, FitsOf(c), {});
  const auto calibrated = HeadAnswers(heads, rows, FitsOf(c), c.prior);
  const auto plain1 = HeadAnswers(stage1, rows, {{1.0}, {0.0}}, {});
  const auto calibrated1 = HeadAnswers(stage1, rows, FitsOf(c1), c1.prior);
  for (size_t i = 0; i < samples.size(); ++i) {
    const Sample& sample = set.samples[static_cast<size_t>(samples[i])];
    const std::vector<double>& below = BelowOf(sample, parts_->climatology, parts_->class_frequencies);
    outputs.balanced.push_back(MeanOf(balanced[i]));
    outputs.calibrated.push_back(MeanOf(calibrated[i]));
    outputs.pooled.push_back(Pool(outputs.calibrated.back(), below, c.pool_weight));
    if (!c.twin.empty()) {
      outputs.twin.push_back(c.TwinOf(sample.region));
      outputs.twin_pooled.push_back(Pool(outputs.twin.back(), below, c.pool_weight));
    }
    outputs.heads.push_back(calibrated[i]);
    outputs.stage1.push_back(MeanOf(plain1[i]));
    outputs.stage1_pooled.push_back(Pool(MeanOf(calibrated1[i]), below, c1.pool_weight));
  }
  return outputs;
}

absl::StatusOr<std::string> TorchTrainedModel::Serialize(const CheckpointFacts& facts) const {
  return TorchStatus("writing a checkpoint", [&] { return Write(facts); });
}

absl::StatusOr<std::string> TorchTrainedModel::Write(const CheckpointFacts& facts) const {
  TrainedNetworks& networks = parts_->networks;
  Checkpoint checkpoint;
  Manifest& manifest = checkpoint.manifest;
  manifest.network = networks.config;
  manifest.heads = static_cast<int>(networks.heads.size());
  if (networks.config.channels == kFeatures) manifest.feature_schema_hash = FeatureSchemaHash();
  manifest.calibration = parts_->calibration;
  manifest.class_frequencies = parts_->class_frequencies;
  manifest.facts = facts;
  if (manifest.facts.climatology.empty()) manifest.facts.climatology = parts_->climatology;
  manifest.seed = parts_->options.seed;
  manifest.training_options = parts_->options.ToJson();
  manifest.golden.seed = parts_->options.seed;
  checkpoint.normalisation = parts_->normalisation;
  ExportTensors(*networks.stage1->backbone, "backbone.", checkpoint.tensors);
  for (size_t h = 0; h < networks.heads.size(); ++h) {
    ExportTensors(*networks.heads[h], absl::StrCat("head", h, "."), checkpoint.tensors);
  }
  ConfigureTorch(parts_->options.threads);
  ASSIGN_OR_RETURN(auto engine, InferenceEngine::Create(checkpoint, networks.device));
  ASSIGN_OR_RETURN(manifest.golden.head_probabilities, engine->GoldenAnswer());
  return SerializeCheckpoint(checkpoint);
}

}  // namespace tremorcast
