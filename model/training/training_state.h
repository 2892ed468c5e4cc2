#pragma once

// What an interrupted training needs to go on as if nothing had happened: finished parts, and the
// weights, optimiser and counters of the part under way. Random numbers need no state: each epoch's
// come from (seed, stage, head, epoch). One safetensors file in a directory; Save blocks for a disk
// sync. Not thread safe.

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "model/checkpoint/safetensors.h"
#include "model/training/training.h"

namespace tremorcast {

struct TrainingState {
  std::string fingerprint;  // of data, options, library: state of another run is of no use
  int stage = 1;            // the part under way: stage 1, or a head of stage 2
  int head = 0;
  int epoch = 0;  // finished epochs of that part
  double best_loss = std::numeric_limits<double>::infinity();
  int epochs_without = 0;
  int64_t best_steps = 0;  // optimiser steps at the best loss
  int64_t optimiser_steps = 0;
  std::vector<TrainingProgress> history;
  // "done.stage1.*", "done.head<i>.*" of finished parts; "current.*", "best.*", "adam.*" of the
  // part under way.
  std::map<std::string, FloatTensor> tensors;
};

std::string SerializeTrainingState(const TrainingState& state);
absl::StatusOr<TrainingState> ParseTrainingState(absl::string_view bytes);

// `directory` "" keeps nothing.
class TrainingStateFile {
 public:
  explicit TrainingStateFile(std::string directory) : directory_(std::move(directory)) {}

  // Written to a temporary name, synced, renamed, the directory synced. Unavailable when the file
  // system refuses.
  absl::Status Save(const TrainingState& state) const;
  // Nothing when there is none, it is damaged, or it belongs to another run.
  std::optional<TrainingState> Load(const std::string& fingerprint) const;

 private:
  std::string directory_;
};

}  // namespace tremorcast
