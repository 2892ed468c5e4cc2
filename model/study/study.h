#pragma once

// The paper's comparisons (its tables II, III and IV), the long-tail methods that it cites, and
// both readings of its dense blocks, in one run of one seed: the backbone is trained once, its maps
// are computed once, and every row that reads them reuses them.
//
//   StudyData data{{&samples, train, early_stop, calibration, climatology}, test};
//   auto result = RunStudy(options, data);           // StatusOr<StudyResult>
//   for (const StudyRow& row : result->rows) ...     // probabilities of each test sample, in the order of data.test
//
// Every row takes one path from scores to probabilities (METHOD.md section 3): T, and b where the
// row was trained on balanced classes, from the calibration slice; the prior that was balanced
// away; then the pool with what stands below the sample: climatology, or the catalogue rung. Nothing
// is chosen on the test slice. RunStudy blocks for the whole study (seconds to hours) and uses
// options.training.threads threads; the same seed, data, options, threads and library give the same
// numbers. The row "proposed" answers what Train gives for the same options, up to rounding. Errors
// are those of Train.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "model/balance/class_balance.h"
#include "model/checkpoint/network_config.h"
#include "model/training/training.h"

namespace tremorcast {

enum class StudyTable : int8_t {
  kInputs,    // II: the same classifier on implicit, explicit and fused features
  kHeads,     // III: Flatten, CNN and the decoupled DenseNet classifier on fused features
  kMethods,   // IV: plain CNN, DenseNet (stage 1 alone), stage 1 + T + pool, proposed
  kLongTail,  // samplings x treatments of the last layer; other losses; made-up rows
  // The proposed row and stage 1 with both kinds of dense blocks: a second backbone.
  kConnectivity,
};
absl::string_view StudyTableName(StudyTable table);  // "II" | "III" | "IV" | "long tail" | "connectivity"

// One method on the test samples; vectors by test sample, then by class.
struct StudyRow {
  StudyTable table = StudyTable::kMethods;
  std::string name;
  int64_t parameters = 0;                            // that this row trains itself: one head, or a whole neural network
  double seconds = 0;                                // of training it; rows that share heads repeat the number
  std::vector<std::vector<double>> balanced;         // mean over heads of softmax(z / T): before prior and pool
  std::vector<std::vector<double>> calibrated;       // after T, prior, b and the isotonic map where it is used
  std::vector<std::vector<double>> before_isotonic;  // without that map; empty where it is not used
  std::vector<std::vector<double>> pooled;           // with what stands below (BelowOf), floored, sum 1
  std::vector<std::vector<double>> twin_pooled;      // the row's input-free twin in the same pool; empty without one
  double pool_weight = 0;
  std::string pool_reason, event_reason;
  double tau = 0;                    // kTauNormalised: the one chosen
  double early_stop_log_score = 0;   // mean -ln p_y there, T and b fitted there: what selections are made by
  bool chosen = false;               // kLongTail: the best of the table by that score
  std::vector<double> temperatures;  // by head
};

// Losses by epoch of everything that was trained.
struct LossCurve {
  std::string name;  // "stage 1", "fused DenseNet classifier, class-balanced, head 1", "plain CNN"
  std::vector<TrainingProgress> epochs;
};

struct StudyResult {
  std::vector<StudyRow> rows;  // by table, in the order of the enumerations
  std::vector<LossCurve> curves;
  std::string chosen_long_tail;  // name of the chosen row of that table, "" without the table
};

struct StudyProgress {
  std::string what;  // the curve under way
  int finished = 0;  // curves
  int curves = 0;
  TrainingProgress training;
};

struct StudyOptions {
  NetworkConfig network;  // `input` is each row's own
  // Seed, epochs, heads and so on. Sampling, loss, augmentation and last layer are those of tables
  // II to IV and of connectivity; the long tail has its own. state_directory and progress are not
  // used: a study starts afresh.
  TrainOptions training;
  std::vector<StudyTable> tables = {StudyTable::kInputs, StudyTable::kHeads, StudyTable::kMethods,
                                    StudyTable::kLongTail};
  std::function<void(const StudyProgress&)> progress;  // after each epoch, on the calling thread
};

struct StudyData {
  TrainingData training;
  std::vector<int> test;  // indices into training.set
};

absl::StatusOr<StudyResult> RunStudy(const StudyOptions& options, const StudyData& data);

// Scores of a method other than our neural networks, for the same path: z such that softmax(z / T)
// makes sense.
struct OutsideScores {
  std::vector<std::vector<double>> early_stop, calibration, test;  // by sample of the slice, then by class
  // Whether the method was trained on classes of equal weight: then the class frequencies are
  // multiplied in and b is fitted, otherwise T alone.
  bool balanced = true;
};
// Fills everything but table, name, parameters and seconds. InvalidArgument: sizes do not fit the
// slices, a score that is not finite.
absl::StatusOr<StudyRow> CalibrateOutsideScores(const StudyData& data, int classes, int min_event_samples,
                                                const OutsideScores& scores);

}  // namespace tremorcast
