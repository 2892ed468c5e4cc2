#pragma once

// From a dataset and its plan to a scored candidate: the part that a run over the store and the
// in-memory experiment share. Blocks for the whole training.

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <absl/status/statusor.h>

#include "model/training/training.h"
#include "trainer/data/dataset.h"
#include "trainer/run/candidate_scores.h"
#include "trainer/run/config.h"
#include "trainer/run/plan.h"
#include "trainer/run/progress.h"

namespace tremorcast {

struct TrainingControl {
  ProgressSink progress;                    // may be empty
  const std::atomic<bool>* stop = nullptr;  // once set, Cancelled follows soon, with the state kept
  std::string state_directory;              // "" keeps none

  bool StopAsked() const { return stop != nullptr && stop->load(); }
};

// Tells `control.progress` how far the reading of windows has come, which is the first tenth of a
// run, and stops it when asked to. `control` must outlive it; `stage` is the name that people read.
ReadProgress ReadingProgress(const TrainingControl& control, const std::string& stage);

// Trains on the three earlier slices; sees nothing of the test slice.
absl::StatusOr<std::unique_ptr<TrainedModel>> TrainCandidate(const Dataset& data, const Plan& plan,
                                                             const TrainerConfig& config,
                                                             const TrainingControl& control);

// Asks placebos 1, 2, 7 and 8 of METHOD.md section 5 of a candidate that would pass the gate: trains
// on the same slices with inputs that cannot hold a precursor. Returns "" when none of the first three
// shows skill and the candidate (`areas`: its test rows) knows more than the last, else a sentence
// that vetoes the verdict. Blocks for up to four trainings. CheckPlacebos
// in trainer/evaluate/placebos.h is the one there is; a value, because that folder stands above
// this one.
using PlaceboCheck = std::function<absl::StatusOr<std::string>(
    const std::shared_ptr<const Dataset>& data, const Plan& plan, const TrainerConfig& config, const TestScores& areas,
    const TrainingControl& control)>;

// The candidate's scores with its verdict: by the gate, and where that would say "demonstrated
// skill" by `placebos` too.
absl::StatusOr<CandidateScores> JudgeCandidate(const std::shared_ptr<const Dataset>& data, const Plan& plan,
                                               const TrainerConfig& config, const TrainedModel& model,
                                               const PlaceboCheck& placebos, const TrainingControl& control);

// What goes into the artifact beside the weights. It holds no wall-clock time, so that the same
// data, plan and build give the same bytes.
CheckpointFacts FactsOf(const Dataset& data, const Plan& plan, const TrainerConfig& config, const GateVerdict& verdict,
                        const std::string& git_revision);

}  // namespace tremorcast
