#include "model/serving/inference.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "model/calibration/head_calibration.h"
#include "model/modules/map_store.h"
#include "model/serving/golden.h"

namespace tremorcast {

std::vector<std::vector<double>> LogitRows(const torch::Tensor& logits) {
  const torch::Tensor host = logits.detach().to(torch::kCPU, torch::kDouble).contiguous();
  std::vector<std::vector<double>> rows;
  const double* data = host.data_ptr<double>();
  for (int64_t i = 0; i < host.size(0); ++i, data += host.size(1)) rows.emplace_back(data, data + host.size(1));
  return rows;
}

InferenceEngine::InferenceEngine(Checkpoint checkpoint, torch::Device device)
    : checkpoint_(std::move(checkpoint)), device_(device), backbone_(checkpoint_.manifest.network) {}

absl::StatusOr<std::unique_ptr<InferenceEngine>> InferenceEngine::Create(Checkpoint checkpoint, torch::Device device) {
  std::unique_ptr<InferenceEngine> engine(new InferenceEngine(std::move(checkpoint), device));
  const auto& tensors = engine->checkpoint_.tensors;
  RETURN_IF_ERROR(ImportTensors(*engine->backbone_, "backbone.", tensors));
  engine->backbone_->eval();
  engine->backbone_->to(device);
  for (int h = 0; h < engine->manifest().heads; ++h) {
    Classifier head(engine->manifest().network);
    RETURN_IF_ERROR(ImportTensors(*head, absl::StrCat("head", h, "."), tensors));
    head->eval();
    head->to(device);
    engine->heads_.push_back(head);
  }
  engine->checkpoint_.tensors.clear();  // the modules hold them now
  return engine;
}

absl::StatusOr<torch::Tensor> InferenceEngine::Normalised(absl::Span<const StationWindow* const> windows) const {
  const NetworkConfig& network = manifest().network;
  if (windows.empty()) return absl::InvalidArgumentError("prediction without windows");
  const size_t expected = static_cast<size_t>(network.channels) * static_cast<size_t>(network.input_slots);
  torch::Tensor batch =
      torch::empty({static_cast<int64_t>(windows.size()), network.channels, network.slots}, torch::kFloat);
  const size_t size = static_cast<size_t>(network.channels) * static_cast<size_t>(network.slots);
  for (size_t i = 0; i < windows.size(); ++i) {
    const StationWindow& window = *windows[i];
    if (window.slots != network.input_slots || window.values.size() != expected) {
      return absl::InvalidArgumentError(absl::StrCat(
          "window of station ", window.key.station.value(), " has ", window.slots, " slots and ", window.values.size(),
          " values; the checkpoint wants ", network.channels, " x ", network.input_slots));
    }
    const absl::Span<float> out(batch.data_ptr<float>() + i * size, size);
    PoolSlots(window.values, network.channels, network.input_slots, network.slots, out);
    checkpoint_.normalisation.Apply(window.key.station, network.slots, out, out);
  }
  return batch.to(device_);
}

absl::StatusOr<std::vector<std::vector<double>>> InferenceEngine::HeadAnswersFor(
    absl::Span<const StationWindow* const> windows) {
  const torch::InferenceMode guard;
  ASSIGN_OR_RETURN(auto batch, Normalised(windows));
  const NetworkConfig& network = manifest().network;
  const BlockMaps maps = RunBackboneInBlocks(backbone_, batch);
  const int64_t stations = batch.size(0);
  // One row, or one for each station in station mode; each row runs alone, so that its shape never
  // changes.
  StationGroups groups;
  RowSet rows;
  if (network.unit == SampleUnit::kRegion) {
    groups.Add(stations);
  } else {
    for (int64_t i = 0; i < stations; ++i) groups.Add(1);
  }
  rows.begin.push_back(static_cast<int>(groups.groups()));
  const torch::Tensor inputs = ClassifierInputs(backbone_, network, groups, maps.z, maps.e);
  std::vector<Logits> logits(heads_.size());
  for (size_t h = 0; h < heads_.size(); ++h) {
    for (int64_t r = 0; r < inputs.size(0); ++r) {
      logits[h].push_back(LogitRows(heads_[h]->forward(inputs.slice(0, r, r + 1)))[0]);
    }
  }
  return HeadAnswers(logits, rows, FitsOf(manifest().calibration), manifest().calibration.prior)[0];
}

absl::StatusOr<std::vector<std::vector<double>>> InferenceEngine::GoldenAnswer() {
  const std::vector<StationWindow> windows =
      GoldenWindows(manifest().golden, manifest().network, checkpoint_.normalisation);
  std::vector<const StationWindow*> pointers;
  for (const StationWindow& window : windows) pointers.push_back(&window);
  return HeadAnswersFor(pointers);
}

absl::Status InferenceEngine::CheckGolden() {
  ASSIGN_OR_RETURN(auto answer, GoldenAnswer());
  const GoldenTest& golden = manifest().golden;
  double largest = 0;
  for (size_t h = 0; h < answer.size(); ++h) {
    for (size_t k = 0; k < answer[h].size(); ++k) {
      const double difference = std::fabs(answer[h][k] - golden.head_probabilities[h][k]);
      // NaN would pass every comparison below.
      if (!std::isfinite(difference)) return absl::FailedPreconditionError("the golden input gives no finite answer");
      largest = std::max(largest, difference);
    }
  }
  if (largest <= golden.tolerance) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("the golden output is off by %.3g; the checkpoint allows %.3g", largest, golden.tolerance));
}

}  // namespace tremorcast
