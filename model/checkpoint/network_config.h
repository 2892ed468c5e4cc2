#pragma once

// Shape of the two-stage neural network of METHOD.md section 2: a dense one-dimensional backbone
// per station window, a masked pool over the stations of a region, and a classifier on the pooled
// implicit (Z) and explicit (E) features. Plain values and pure functions; thread safe. No Torch
// here.

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/base/time_grid.h"
#include "core/catalogue/labels.h"
#include "core/observation/feature_schema.h"

namespace tremorcast {

// How the stations of a region become one map.
enum class StationPool : int8_t { kMean, kMax, kAttention };
// What the classifier sees: Z and E, or one of them (METHOD.md, table II).
enum class ClassifierInput : int8_t { kFused, kImplicit, kExplicit };
// What the layers of a dense block see. kSingle: one after the other, and one concatenation with
// the block's input at the end (the paper's Fig. 2). kDense: each layer sees the block's input and
// the outputs of all layers before it (its eq. 2), at half the growth, so that a block gives as
// many channels.
enum class Connectivity : int8_t { kSingle, kDense };
// What the last layer of a head is given: its 32 inputs as they are, or brought to length 1 after a
// centre of the head's own was taken away (nearest class mean, LDAM).
enum class LastInputs : int8_t { kPlain, kUnitLength };
// A sample is a region (its stations pooled) or each station alone (the paper's network).
enum class SampleUnit : int8_t { kRegion, kStation };

absl::string_view StationPoolName(StationPool pool);            // "mean" | "max" | "attention"
absl::string_view ClassifierInputName(ClassifierInput input);   // "fused" | "implicit" | "explicit"
absl::string_view ConnectivityName(Connectivity connectivity);  // "single" | "dense"
absl::string_view LastInputsName(LastInputs inputs);            // "plain" | "unit length"
absl::string_view SampleUnitName(SampleUnit unit);              // "region" | "station"
// InvalidArgument names what is allowed.
absl::StatusOr<StationPool> ParseStationPool(absl::string_view name);
absl::StatusOr<ClassifierInput> ParseClassifierInput(absl::string_view name);
absl::StatusOr<Connectivity> ParseConnectivity(absl::string_view name);
absl::StatusOr<LastInputs> ParseLastInputs(absl::string_view name);
absl::StatusOr<SampleUnit> ParseSampleUnit(absl::string_view name);

// More than any set of the UCR and UEA archives has (60), so that a damaged manifest asks for no
// giant layer.
inline constexpr int kMaxClasses = 64;

struct NetworkConfig {
  int channels = kFeatures;
  // The service holds windows of `input_slots` steps and the neural network sees `slots` steps:
  // windows are averaged down, missing samples ignored, so that `slots` divides `input_slots`.
  int input_slots = kSlotsPerWeek;
  int slots = kSlotsPerWeek;
  int classes = kClasses;  // of the service; 2 to kMaxClasses for published sets
  int growth = 24;         // channels that a block adds and that stand between blocks; Z has twice as many
  double dropout = 0.2;
  StationPool pool = StationPool::kMean;
  ClassifierInput input = ClassifierInput::kFused;
  SampleUnit unit = SampleUnit::kRegion;
  // Of all dense blocks, those of the heads too. Manifests of before it existed have kSingle.
  Connectivity connectivity = Connectivity::kSingle;
  // Of all heads. Nobody's choice: training sets it to what its last layers are, whatever it was.
  LastInputs last_inputs = LastInputs::kPlain;

  // InvalidArgument: a size that is not positive, `slots` that does not divide `input_slots`, an
  // odd growth with dense connectivity, dropout outside [0, 1), a number of classes outside
  // [2, kMaxClasses].
  absl::Status Validate() const;

  // Channels and steps of the implicit features Z. A pool which would leave less than one step is
  // skipped.
  int implicit_channels() const { return 2 * growth; }
  int implicit_steps() const;
  // Channels of the classifier's input: 143, 48 or 95.
  int classifier_channels() const;
  // Channels of each of the two layers of a dense block.
  int layer_channels() const { return connectivity == Connectivity::kDense ? growth / 2 : growth; }

  friend bool operator==(const NetworkConfig&, const NetworkConfig&) = default;
};

// Halvings among `count` average pools of size 2 that leave at least one step.
int HalvedSteps(int steps, int count);

struct LayerParameters {
  std::string name;
  int64_t parameters = 0;
};
// In the order of METHOD.md's table; the sums are 34,589 and 73,793 (46,233 implicit, 58,673
// explicit) for the defaults, and 29,405 and 72,735 (44,985, 57,519) with dense connectivity. The
// attention pool adds its own row. The networks themselves are tested against these.
std::vector<LayerParameters> BackboneParameters(const NetworkConfig& config);
std::vector<LayerParameters> ClassifierParameters(const NetworkConfig& config);
int64_t TotalParameters(const std::vector<LayerParameters>& layers);

}  // namespace tremorcast
