#pragma once

// The checkpoint: one byte string in the safetensors layout (8-byte little-endian header length,
// JSON header, raw tensors) whose __metadata__ holds the manifest. Everything needed to forecast is
// inside; nothing in it is executed. docs/CHECKPOINT_FORMAT.md describes the bytes.
//
// Pure functions over bytes; thread safe. Errors of ParseCheckpoint: DataLoss for truncated or
// malformed bytes, InvalidArgument for NaN, infinite or missing numbers and an inconsistent
// manifest, FailedPrecondition for another format version or architecture.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "core/catalogue/labels.h"
#include "core/forecast/station_question.h"
#include "core/verification/event_calibration.h"
#include "model/checkpoint/network_config.h"
#include "model/checkpoint/normalisation.h"
#include "model/checkpoint/safetensors.h"

namespace tremorcast {

inline constexpr int kCheckpointFormat = 1;
inline constexpr absl::string_view kArchitecture = "tremorcast-densenet1d-1";

// METHOD.md section 3: p_k ~ exp(z_k / T + ln pi_k + b [k >= 1]) for each head, where there is one
// the head's isotonic map of P(class >= 1), mean over the heads, then the pool w p + (1 - w) c. T,
// b and the map are the heads' own: their scores differ in scale.
struct CheckpointCalibration {
  std::vector<double> temperatures;  // by head
  std::vector<double> event_biases;  // by head
  std::vector<double> prior;         // pi, by class
  // By head. Empty where it is not used (few events, or no gain on issues held out) and in
  // manifests older than it.
  std::vector<EventCalibration> event_calibrations;
  std::string event_reason;     // why they are used or not, one sentence; not stored where they are not
  double tau = 0;               // of the last layer, already applied to the stored weights
  bool tau_normalised = false;  // false: the last layer is the trained one, with its bias
  double pool_weight = 0;
  // Why w is what it is, one sentence.
  std::string pool_reason;
  // The input-free twin (METHOD.md section 5): what the heads answer on average over the
  // calibration slice, before the pool, by region and over all of them. It has all that T, prior, b
  // and the map learned of base rates, and sees no station. Empty without a calibration slice and
  // in manifests older than it.
  std::map<RegionId, std::vector<double>> twin_by_region;
  std::vector<double> twin;  // over all regions, for those that the slice lacks

  const std::vector<double>& TwinOf(const RegionId& region) const;

  std::string Describe() const;  // means over the heads: "T=1.23 b=-0.10 tau=0.7 w=0.00"
};

// What the caller of training knows and the neural network does not.
struct CheckpointFacts {
  Interval training_period{absl::UnixEpoch(), absl::UnixEpoch()};
  // The slices in words, for people: "train 2017-01-01..2020-06-28 (182 issues), ...".
  std::string slices;
  MagnitudeClasses magnitude_classes;
  std::map<RegionId, std::vector<double>> climatology;  // per region, shrunk to that of all regions
  std::string data_hash;
  std::string plan_hash;
  std::string git_revision;
  bool demonstrated_skill = false;
  std::string verdict;     // one sentence, shown with each forecast
  bool simulated = false;  // trained on simulated data: never serves real regions
  // The pool was fitted and the verdict found over the catalogue rung's answers (METHOD.md section 7),
  // not over climatology.
  bool over_catalogue_rung = false;
  StationQuestion question;
};

// Input of the self-test: windows generated from a seed (GoldenWindows in model/serving/golden.h),
// and the answer of the machine that wrote the checkpoint, per head.
struct GoldenTest {
  uint64_t seed = 0;
  int stations = 3;
  std::vector<std::vector<double>> head_probabilities;  // [heads][classes]
  double tolerance = 1e-4;
};

struct Manifest {
  int format = kCheckpointFormat;
  std::string architecture{kArchitecture};
  NetworkConfig network;
  int heads = 1;
  std::string feature_schema_hash;  // "" for data sets that are not AETA's; the service refuses those
  CheckpointCalibration calibration;
  std::vector<double> class_frequencies;  // of the training slice, all regions, Jeffreys-smoothed
  CheckpointFacts facts;
  uint64_t seed = 0;
  std::string training_options;  // JSON text, for the record
  GoldenTest golden;
};

struct Checkpoint {
  Manifest manifest;
  Normalisation normalisation;
  // "backbone.*" and "head<i>.*"; names and shapes are exactly those of the architecture.
  std::map<std::string, FloatTensor> tensors;
};

// Deterministic: equal checkpoints give equal bytes. InvalidArgument when the checkpoint would not
// be accepted back.
absl::StatusOr<std::string> SerializeCheckpoint(const Checkpoint& checkpoint);
absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view bytes);

// Names and shapes the architecture has; what ParseCheckpoint demands of `tensors`.
std::map<std::string, std::vector<int64_t>> ExpectedTensors(const NetworkConfig& network, int heads);

}  // namespace tremorcast
