#pragma once

// Small real data sets and checkpoints for tests: nothing here is a stand-in for the model, only
// short training.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/observation/window.h"
#include "model/checkpoint/sample_set.h"
#include "model/training/training.h"

namespace tremorcast {

// A window of noise in [95, slots], about one sample in fifty missing.
StationWindow NoiseWindow(const StationId& station, int slots, uint64_t seed);

// Regions "r0", ... with two stations each, one sample per region and issue; label 1 with
// probability `event_rate`. In event samples the first two channels are shifted by `strength`
// standard deviations over the last quarter of the window.
struct TinyDataOptions {
  int channels = 8;
  int slots = 24;
  int classes = 5;
  int regions = 4;
  int issues = 60;
  double event_rate = 0.3;
  double strength = 0;
  uint64_t seed = 1;
};
struct TinyData {
  std::unique_ptr<MemoryWindowSource> source;
  SampleSet set;
  // Consecutive issues in the proportions 50 : 15 : 15 : 20, one issue skipped between neighbours;
  // all regions of an issue together.
  std::vector<int> train, early_stop, calibration, test;
  std::map<RegionId, std::vector<double>> climatology;  // of everything before the test slice

  // The pool weight is fitted against the same climatology: the labels of all slices have one rate.
  TrainingData training() const { return {&set, train, early_stop, calibration, climatology, climatology}; }
};
TinyData MakeTinyData(const TinyDataOptions& options);

// One or two epochs of two heads on one thread.
TrainOptions QuickTraining(uint64_t seed = 1);

// A checkpoint the service accepts (95 channels, windows of 1008 slots averaged to 24), trained for
// an epoch on simulated noise: the bytes of an artifact, and their sha256 with Sha256Hex.
// Deterministic for a seed on one machine.
std::string TinyArtifact(uint64_t seed = 1);
// The same with another network or other options, in two steps.
std::unique_ptr<TrainedModel> TrainTinyModel(NetworkConfig network, const TrainOptions& options);
std::string TinyArtifactOf(const TrainedModel& model);

}  // namespace tremorcast
