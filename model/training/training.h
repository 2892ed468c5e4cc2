#pragma once

// Trains a checkpoint (METHOD.md sections 2 and 3): the backbone in stage 1, the heads on the
// frozen backbone in stage 2, then tau, the calibration and the pool.
//
// Train blocks for the whole training (minutes to hours) and uses options.threads threads. The same
// seed, data, options, threads and library give the same bytes. It can be stopped between batches
// and, with a state directory, resumed after a kill at the last finished epoch with the same result
// as without the kill.
//
//   TrainingData data{&samples, train, early_stop, calibration, climatology};
//   auto model = Train(config, data, options);                 // StatusOr<std::unique_ptr<TrainedModel>>
//   auto outputs = (*model)->Predict(samples, test);           // StatusOr<SampleOutputs>
//   auto bytes = (*model)->Serialize(facts);                   // StatusOr<std::string>: the artifact
//
// Errors: InvalidArgument for options or data that cannot be used; Cancelled when the stop flag was
// set, with the last finished epoch saved; FailedPrecondition where cuda is asked for and absent;
// Unavailable when the state cannot be written; Internal when LibTorch failed or a loss is not
// finite.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "model/balance/class_balance.h"
#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/network_config.h"
#include "model/checkpoint/sample_set.h"

namespace tremorcast {

// Class j is drawn with probability proportional to n_j^q: q = 1, 1/2, 0; progressive goes from 1
// to 0 over the epochs.
enum class Sampling : int8_t { kInstance, kSquareRoot, kClassBalanced, kProgressive };
absl::string_view SamplingName(Sampling sampling);  // "instance" | "sqrt" | "class-balanced" | "progressive"
absl::StatusOr<Sampling> ParseSampling(absl::string_view name);

// How the learning rate goes down over a run: one cosine arc to 0, or SGDR's warm restarts
// (model/training/learning_rate.h).
enum class Schedule : int8_t { kCosine, kWarmRestarts };
absl::string_view ScheduleName(Schedule schedule);  // "cosine" | "warm-restarts"
absl::StatusOr<Schedule> ParseSchedule(absl::string_view name);

// Where the number of epochs is left open, a stage takes at most kUsualEpochs, or on a set so small
// that these are fewer than kUsualSteps optimiser steps, as many epochs as make that many steps.
inline constexpr int kUsualEpochs = 60;
inline constexpr int kUsualSteps = 3000;

// What is told at the end of every epoch.
struct TrainingProgress {
  int stage = 1;
  int head = 0;  // stage 2: 0 .. heads - 1
  int heads = 1;
  int epoch = 0;  // finished epochs of this stage and head, from 1
  int max_epochs = 0;
  double train_loss = 0;
  double validation_loss = 0;
  double best_validation_loss = 0;
  bool improved = false;
  int64_t steps = 0;  // optimiser steps of this stage and head so far
};

struct TrainOptions {
  uint64_t seed = 1;
  int batch_size = 16;
  // The length of a stage's run, which early stopping may cut short. 0 leaves it to the number of
  // training rows: kUsualEpochs, or more on a small set.
  int max_epochs = 0;
  // A stage ends early once its validation loss has not fallen for `patience` epochs and
  // patience_steps optimiser steps, and min_steps have been taken. At METHOD.md's sizes (52 steps an
  // epoch) the epochs decide; on small sets the steps do.
  int patience = 5;
  int patience_steps = 250;
  int min_steps = 300;
  double min_improvement = 1e-4;
  double learning_rate = 1e-3;
  Schedule schedule = Schedule::kCosine;
  int restart_epochs = 0;  // of the first arc of warm restarts; 0: a fifteenth of the run
  int heads = 5;
  Sampling stage2_sampling = Sampling::kClassBalanced;
  LossKind stage2_loss = LossKind::kCrossEntropy;
  Augmentation augmentation = Augmentation::kNone;  // of the maps of stage 2
  // What becomes of the last layers. LDAM's are normalised already: tau leaves them as they are,
  // and NCM, which would replace them, is refused.
  Treatment last_layer = Treatment::kTauNormalised;
  // Candidates for tau of the last layer. Without any, kTauNormalised leaves the layer as trained,
  // with its bias (plain cRT).
  std::vector<double> tau_grid = {0,   0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0,
                                  1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0};
  double station_dropout = 0.2;  // chance that a station is left out of a draw; one always stays
  // Stage 1 draws at most this many stations of a region at once, other ones each time, which
  // bounds its memory. 0 draws all.
  int max_stations_per_draw = 16;
  int threads = 0;              // intra-op; 0 takes half of the hardware threads, at least 1
  std::string device = "auto";  // auto | cpu | cuda
  // With fewer event samples than this in the early-stop or the calibration slice, w is 0
  // (METHOD.md section 2).
  int min_event_samples = 10;
  // Normalised windows are kept as half floats up to this; beyond it they are read and normalised
  // again when needed.
  int64_t window_cache_bytes = int64_t{2} << 30;

  // "" keeps no state. Otherwise the state is written after each epoch (to a temporary name,
  // synced, renamed) and an interrupted run of the same data and options goes on from it. The
  // caller removes the directory after a success.
  std::string state_directory;
  // A hash of the data, which becomes part of the state's fingerprint. A state of other data,
  // options or library is not used: training starts afresh.
  std::string data_fingerprint;

  std::function<void(const TrainingProgress&)> progress;  // called on the training thread
  const std::atomic<bool>* stop = nullptr;                // once set, Train returns Cancelled before the next batch

  // last_layer as it is carried out: see there.
  Treatment LastLayer() const;

  absl::Status Validate() const;
  // What decides the result, for the manifest and the plan. What came after the first manifests is
  // named only where it is not the default, so that plans and checkpoints without it keep their
  // bytes.
  std::string ToJson() const;
};

// Three of the four ordered slices, as indices into samples. The fourth is the test, which training
// never sees.
struct TrainingData {
  const SampleSet* set = nullptr;
  std::vector<int> train;
  std::vector<int> early_stop;
  std::vector<int> calibration;  // if empty, T and tau come from early_stop, and b = w = 0
  // Per region, counted on everything before the test period: what the answers are pooled with. A
  // region that is absent has the class frequencies of train.
  std::map<RegionId, std::vector<double>> climatology;
  // Per region, counted on everything before the calibration slice: what the pool weight is fitted
  // against. The other one has seen the very labels that the fit is asked about. An absent region as
  // above.
  std::map<RegionId, std::vector<double>> climatology_before_calibration;
};

// One row per asked sample, `classes` numbers each.
struct SampleOutputs {
  int classes = 0;
  std::vector<std::vector<double>> balanced;    // mean of the heads' softmax(z / T), before prior and pool
  std::vector<std::vector<double>> calibrated;  // after T, prior, b and map, mean of the heads, before the pool
  std::vector<std::vector<double>> pooled;      // with what stands below (BelowOf), floored, sum 1: what is issued
  // The input-free twin (CheckpointCalibration::twin) before the pool and with the same pool; empty
  // without a calibration slice.
  std::vector<std::vector<double>> twin, twin_pooled;
  std::vector<std::vector<std::vector<double>>> heads;  // [sample][head]: calibrated, before the pool
  // Stage 1 alone (natural sampling): softmax(z), and the row "stage 1 + T + pool".
  std::vector<std::vector<double>> stage1;
  std::vector<std::vector<double>> stage1_pooled;
};

class TrainedModel {
 public:
  virtual ~TrainedModel() = default;
  virtual const NetworkConfig& network() const = 0;
  virtual const CheckpointCalibration& calibration() const = 0;
  virtual const CheckpointCalibration& stage1_calibration() const = 0;
  // Epochs and losses as they went, in order.
  virtual const std::vector<TrainingProgress>& history() const = 0;
  // `set` may be another set than the training one (placebo inputs), with windows of the same
  // shape. Not thread safe.
  virtual absl::StatusOr<SampleOutputs> Predict(const SampleSet& set, absl::Span<const int> samples) const = 0;
  // The artifact, golden output included: bytes for the model registry. facts.climatology empty:
  // training's.
  virtual absl::StatusOr<std::string> Serialize(const CheckpointFacts& facts) const = 0;
};

absl::StatusOr<std::unique_ptr<TrainedModel>> Train(const NetworkConfig& network, const TrainingData& data,
                                                    const TrainOptions& options);

}  // namespace tremorcast
