#include "trainer/classical/classical_rows.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

#include "core/base/status_macros.h"
#include "model/checkpoint/normalisation.h"
#include "trainer/classical/window_summary.h"

namespace tremorcast {
namespace {

struct Summaries {
  FeatureMatrix train, early_stop, calibration, test;
  std::vector<int> labels;
};

absl::StatusOr<Summaries> Summarise(const StudyData& data, const NetworkConfig& network) {
  const TrainingData& training = data.training;
  std::vector<int> windows;
  Summaries summaries;
  for (int i : training.train) {
    const Sample& sample = training.set->samples[static_cast<size_t>(i)];
    windows.insert(windows.end(), sample.windows.begin(), sample.windows.end());
    summaries.labels.push_back(sample.label);
  }
  ASSIGN_OR_RETURN(auto normalisation, FitNormalisation(*training.set->source, windows, network.slots));
  for (const auto& [slice, out] :
       {std::pair{&training.train, &summaries.train}, std::pair{&training.early_stop, &summaries.early_stop},
        std::pair{&training.calibration, &summaries.calibration}, std::pair{&data.test, &summaries.test}}) {
    ASSIGN_OR_RETURN(auto matrix, SummariseSamples(*training.set, *slice, normalisation, network.slots));
    *out = std::move(matrix);
  }
  return summaries;
}

}  // namespace

absl::StatusOr<std::vector<StudyRow>> ClassicalRows(const StudyData& data, const NetworkConfig& network,
                                                    const ClassicalOptions& options) {
  ASSIGN_OR_RETURN(auto summaries, Summarise(data, network));
  std::vector<StudyRow> rows;
  for (const bool tree : {true, false}) {
    const auto begin = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(auto model, tree
                                     ? FitWeightedTree(summaries.train, summaries.labels, network.classes, options.tree)
                                     : FitWeightedSvm(summaries.train, summaries.labels, network.classes, options.svm));
    const OutsideScores scores = {model->Scores(summaries.early_stop), model->Scores(summaries.calibration),
                                  model->Scores(summaries.test), /*balanced=*/true};
    ASSIGN_OR_RETURN(auto row, CalibrateOutsideScores(data, network.classes, options.min_event_samples, scores));
    row.table = StudyTable::kMethods;
    row.name = tree ? "Weighted-DT" : "Weighted-SVM";
    row.parameters = tree ? 0 : int64_t{summaries.train.columns + 1} * network.classes;
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace tremorcast
