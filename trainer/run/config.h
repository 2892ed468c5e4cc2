#pragma once

// Everything that decides what a training run computes. Plain values; read from flags in main.cc
// and nowhere else.

#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/status.h>

#include "core/base/time_grid.h"
#include "core/forecast/rung.h"
#include "core/skill/gate.h"
#include "core/verification/scores.h"
#include "core/verification/splits.h"
#include "model/checkpoint/network_config.h"
#include "model/training/training.h"
#include "trainer/data/dataset.h"

namespace tremorcast {

struct TrainerConfig {
  DatasetOptions data;
  // input_slots, slots and classes follow `data`; see Normalise().
  NetworkConfig network;
  // seed, epochs, heads and so on; state directory, fingerprint, progress and stop flag are set by
  // the run.
  TrainOptions training;
  // Sizes of the four slices in issues. Too little data shrinks them in proportion.
  SplitSizes split;
  // The issues to test on; without it, the newest split.test. The other slices count back from it
  // (SplitIssuesAt).
  std::optional<Interval> test_period;
  BootstrapOptions bootstrap;
  GatePolicy gate;
  // What stands below the network: its answer is pooled with that, and must show skill over it.
  // Absent: the catalogue rung where that has a champion, else climatology.
  std::optional<Rung> below;
  int64_t below_catalogues = 10000;  // that the catalogue rung simulates for each issue

  // Copies into `network` what `data` decides.
  void Normalise();
  absl::Status Validate() const;
  // What decides the result, for the plan; keys in a fixed order.
  std::string ToJson() const;
};

}  // namespace tremorcast
