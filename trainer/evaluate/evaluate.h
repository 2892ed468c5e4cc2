#pragma once

// The whole evaluation of one data set: the paper's tables over several seeds, the references, the
// placebos, and the verdict of the gate (METHOD.md sections 4 and 5). Blocks for minutes to hours;
// uses options.training.threads threads.
//
// Errors: those of RunStudy and Train; Cancelled when asked to stop.

#include <atomic>
#include <cstdint>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/clock.h"
#include "core/skill/gate.h"
#include "core/verification/scores.h"
#include "model/checkpoint/network_config.h"
#include "model/study/study.h"
#include "model/training/training.h"
#include "trainer/evaluate/report/evaluation_report.h"
#include "trainer/evaluate/sets/evaluation_set.h"
#include "trainer/run/progress.h"

namespace tremorcast {

// Questions beyond the paper; each adds rows to EvaluationReport::variants.
struct VariantChoice {
  bool leave_one_region_out = false;
  bool feature_groups = false;              // each signal alone; the ulf_* features alone and left out
  bool station_dropout = false;             // test samples with 100, 75, 50 and 25 % of their stations
  bool learning_curve = false;              // the newest 25, 50, 75 and 100 % of the training issues
  std::vector<int> horizon_days;            // 1 to 6: the class of so many days instead of seven
  std::vector<absl::Duration> issue_times;  // after the start of the week, below seven days: another issue time
};

struct EvaluateOptions {
  NetworkConfig network;  // channels, steps and classes follow the set
  TrainOptions training;  // its seed is each run's own
  int seeds = 5;
  uint64_t first_seed = 1;
  std::vector<StudyTable> tables = {StudyTable::kInputs, StudyTable::kHeads, StudyTable::kMethods,
                                    StudyTable::kLongTail};
  bool placebos = true;
  int placebo_seeds = 1;  // trainings of each placebo but the shifts
  int shift_runs = 5;     // circular shifts that are trained again, >= 5 in a report
  // Where a random split leaks: every station as a row of its own, an issue every day, or both
  // together.
  bool station_mode = false;
  bool daily_issues = false;
  VariantChoice variants;
  BootstrapOptions bootstrap;  // block_weeks is the set's
  GatePolicy gate;
  ProgressSink progress;                    // may be empty
  const std::atomic<bool>* stop = nullptr;  // set: Cancelled soon after

  absl::Status Validate() const;
};

// Verdict and demonstrated_skill of a report from its artifacts, of which there is at least one. A
// verdict is about one artifact as it would answer, never about a mean over seeds: of several, each
// must pass for the method to be said to have skill, and the sentence says how many did.
void SumUp(EvaluationReport& report);

// One set, or several rolling origins of one source, oldest first: every figure is then over the
// test rows of all of them, and each origin has a line of its own. Fills everything but command,
// git_revision, runtime and created_at.
absl::StatusOr<EvaluationReport> RunEvaluation(absl::Span<const EvaluationSet> origins, const EvaluateOptions& options,
                                               const Clock& clock);

}  // namespace tremorcast
