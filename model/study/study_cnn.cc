#include "model/study/study_cnn.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/base/status_macros.h"
#include "model/modules/map_store.h"
#include "model/serving/inference.h"
#include "model/study/study_networks.h"

namespace tremorcast {
namespace {

// Stage 3 of the random numbers: neither stage 1 nor a head.
constexpr int kCnnStage = 3;

torch::Tensor MeanMaps(const torch::Tensor& maps, const StationGroups& groups) {
  return PoolStations(maps, groups, StationPool::kMean, StationWeights(groups, torch::Tensor(), maps.device()));
}

// Logits in eval mode, a few windows at a time.
absl::StatusOr<Logits> CnnLogits(PlainCnn& cnn, WindowBank& bank, const RowSet& rows) {
  ASSIGN_OR_RETURN(
      auto logits, RowsInParts(rows, [&](const std::vector<std::vector<int>>& groups) -> absl::StatusOr<torch::Tensor> {
        const std::vector<int> windows = WindowsOf(groups);
        std::vector<torch::Tensor> maps;
        for (size_t begin = 0; begin < windows.size(); begin += kPredictorBlock) {
          ASSIGN_OR_RETURN(auto batch, bank.Batch(absl::MakeConstSpan(windows).subspan(begin, kPredictorBlock)));
          maps.push_back(cnn->Maps(batch));
        }
        return cnn->Classify(MeanMaps(torch::cat(maps), StationGroups(groups)));
      }));
  return LogitRows(logits);
}

absl::StatusOr<torch::Tensor> CnnLoss(PlainCnn& cnn, TrainingStages& stages, const std::vector<int>& rows,
                                      Random& random) {
  const TrainingStages::Draw draw = stages.DrawWindows(rows, random);
  ASSIGN_OR_RETURN(auto batch, stages.bank().Batch(draw.windows));
  return torch::nn::functional::cross_entropy(cnn->Classify(MeanMaps(cnn->Maps(batch), draw.groups)),
                                              stages.Targets(rows));
}

}  // namespace

absl::StatusOr<PlainCnnResult> TrainPlainCnn(const NetworkConfig& network, const TrainOptions& options,
                                             const torch::Device& device, const StudySlices& slices,
                                             TrainingStages& stages) {
  const auto begin = std::chrono::steady_clock::now();
  PlainCnn cnn(network);
  cnn->to(device);
  const BatchSampler sampler(stages.train_rows().labels, network.classes, Sampling::kInstance, options.max_epochs);
  Phase phase;
  phase.stage = kCnnStage;
  phase.module = cnn.get();
  phase.sampler = &sampler;
  phase.loss = [&](const std::vector<int>& rows, int /*epoch*/, Random& random) {
    return CnnLoss(cnn, stages, rows, random);
  };
  phase.validate = [&]() -> absl::StatusOr<double> {
    ASSIGN_OR_RETURN(auto logits, CnnLogits(cnn, stages.bank(), slices.early));
    return TrainingStages::PlainLoss(logits, slices.early.labels);
  };
  const TrainingStateFile no_file("");
  TrainingState state;
  RETURN_IF_ERROR(PhaseRunner(options, no_file, state).Run(phase));
  PlainCnnResult result;
  result.parameters = TrainableParameters(*cnn);
  result.curve = {"plain CNN", std::move(state.history)};
  result.scores.prior = UniformPrior(network.classes);
  result.scores.fit_event_bias = false;
  RETURN_IF_ERROR(AppendLogits(
      slices, [&](const RowSet& rows) { return CnnLogits(cnn, stages.bank(), rows); }, result.scores));
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace tremorcast
