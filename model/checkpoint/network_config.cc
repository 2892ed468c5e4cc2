#include "model/checkpoint/network_config.h"

#include <absl/strings/str_cat.h>

namespace tremorcast {

absl::string_view StationPoolName(StationPool pool) {
  switch (pool) {
    case StationPool::kMean:
      return "mean";
    case StationPool::kMax:
      return "max";
    case StationPool::kAttention:
      return "attention";
  }
  return "?";
}

absl::string_view ClassifierInputName(ClassifierInput input) {
  switch (input) {
    case ClassifierInput::kFused:
      return "fused";
    case ClassifierInput::kImplicit:
      return "implicit";
    case ClassifierInput::kExplicit:
      return "explicit";
  }
  return "?";
}

absl::string_view SampleUnitName(SampleUnit unit) { return unit == SampleUnit::kRegion ? "region" : "station"; }

absl::string_view ConnectivityName(Connectivity connectivity) {
  return connectivity == Connectivity::kDense ? "dense" : "single";
}

absl::string_view LastInputsName(LastInputs inputs) {
  return inputs == LastInputs::kUnitLength ? "unit length" : "plain";
}

absl::StatusOr<StationPool> ParseStationPool(absl::string_view name) {
  for (StationPool pool : {StationPool::kMean, StationPool::kMax, StationPool::kAttention}) {
    if (name == StationPoolName(pool)) return pool;
  }
  return absl::InvalidArgumentError(absl::StrCat("pool is '", name, "'; it must be mean, max or attention"));
}

absl::StatusOr<ClassifierInput> ParseClassifierInput(absl::string_view name) {
  for (ClassifierInput input : {ClassifierInput::kFused, ClassifierInput::kImplicit, ClassifierInput::kExplicit}) {
    if (name == ClassifierInputName(input)) return input;
  }
  return absl::InvalidArgumentError(absl::StrCat("input is '", name, "'; it must be fused, implicit or explicit"));
}

absl::StatusOr<Connectivity> ParseConnectivity(absl::string_view name) {
  for (Connectivity connectivity : {Connectivity::kSingle, Connectivity::kDense}) {
    if (name == ConnectivityName(connectivity)) return connectivity;
  }
  return absl::InvalidArgumentError(absl::StrCat("connectivity is '", name, "'; it must be single or dense"));
}

absl::StatusOr<LastInputs> ParseLastInputs(absl::string_view name) {
  for (LastInputs inputs : {LastInputs::kPlain, LastInputs::kUnitLength}) {
    if (name == LastInputsName(inputs)) return inputs;
  }
  return absl::InvalidArgumentError(absl::StrCat("last inputs is '", name, "'; it must be plain or unit length"));
}

absl::StatusOr<SampleUnit> ParseSampleUnit(absl::string_view name) {
  for (SampleUnit unit : {SampleUnit::kRegion, SampleUnit::kStation}) {
    if (name == SampleUnitName(unit)) return unit;
  }
  return absl::InvalidArgumentError(absl::StrCat("unit is '", name, "'; it must be region or station"));
}

absl::Status NetworkConfig::Validate() const {
  if (channels < 1 || channels > 4096) return absl::InvalidArgumentError(absl::StrCat("channels is ", channels));
  if (slots < 1 || input_slots < 1 || input_slots > 1'000'000 || input_slots % slots != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("slots (", slots, ") must divide the window's ", input_slots, " steps"));
  }
  if (classes < 2 || classes > kMaxClasses) {
    return absl::InvalidArgumentError(absl::StrCat("classes is ", classes, "; it must be 2 to ", kMaxClasses));
  }
  if (growth < 1 || growth > 1024) return absl::InvalidArgumentError(absl::StrCat("growth is ", growth));
  if (connectivity == Connectivity::kDense && growth % 2 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("growth is ", growth, "; each of the two layers of a dense block adds half of it"));
  }
  if (!(dropout >= 0 && dropout < 1)) return absl::InvalidArgumentError(absl::StrCat("dropout is ", dropout));
  return absl::OkStatus();
}

int HalvedSteps(int steps, int count) {
  for (int i = 0; i < count && steps >= 2; ++i) steps /= 2;
  return steps;
}

int NetworkConfig::implicit_steps() const { return HalvedSteps(slots, 3); }

int NetworkConfig::classifier_channels() const {
  switch (input) {
    case ClassifierInput::kImplicit:
      return implicit_channels();
    case ClassifierInput::kExplicit:
      return channels;
    case ClassifierInput::kFused:
      break;
  }
  return implicit_channels() + channels;
}

namespace {

int64_t ConvParameters(int64_t in, int64_t out, int64_t kernel) { return in * out * kernel + out; }
int64_t NormParameters(int64_t channels) { return 2 * channels; }
int64_t LinearParameters(int64_t in, int64_t out) { return in * out + out; }
int64_t DenseBlockParameters(const NetworkConfig& config, int64_t in) {
  const int64_t out = config.layer_channels();
  const int64_t second = config.connectivity == Connectivity::kDense ? in + out : out;
  return NormParameters(in) + ConvParameters(in, out, 3) + NormParameters(second) + ConvParameters(second, out, 3);
}
int64_t TransitionParameters(int64_t in, int64_t out) { return NormParameters(in) + ConvParameters(in, out, 1); }

}  // namespace

std::vector<LayerParameters> BackboneParameters(const NetworkConfig& config) {
  const int64_t g = config.growth;
  std::vector<LayerParameters> layers = {{"conv", ConvParameters(config.channels, g, 7)}, {"norm", NormParameters(g)}};
  for (int i = 1; i <= 4; ++i) {
    layers.push_back({absl::StrCat("block", i), DenseBlockParameters(config, g)});
    if (i < 4) layers.push_back({absl::StrCat("transition", i), TransitionParameters(2 * g, g)});
  }
  layers.push_back({"implicit", NormParameters(2 * g)});
  layers.push_back({"linear", LinearParameters(2 * g, config.classes)});
  if (config.pool == StationPool::kAttention) layers.push_back({"attention", LinearParameters(2 * g, 1)});
  return layers;
}

std::vector<LayerParameters> ClassifierParameters(const NetworkConfig& config) {
  const int64_t in = config.classifier_channels();
  const int64_t dense = in + config.growth;
  const int64_t squeezed = dense / 2;
  return {
      {"block", DenseBlockParameters(config, in)},
      {"transition", TransitionParameters(dense, squeezed)},
      {"convolutions", ConvParameters(squeezed, 64, 3) + 2 * ConvParameters(64, 64, 3)},
      {"linears", LinearParameters(64, 64) + LinearParameters(64, 32) + LinearParameters(32, config.classes)},
  };
}

int64_t TotalParameters(const std::vector<LayerParameters>& layers) {
  int64_t total = 0;
  for (const LayerParameters& layer : layers) total += layer.parameters;
  return total;
}

}  // namespace tremorcast
