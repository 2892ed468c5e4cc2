#include "model/checkpoint/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "core/forecast/calibration.h"
#include "model/checkpoint/manifest_json.h"

namespace tremorcast {
namespace {

constexpr char kManifestKey[] = "manifest";
constexpr char kMedianName[] = "normalisation.median";
constexpr char kIqrName[] = "normalisation.iqr";
constexpr int kMaxHeads = 64;

using Shapes = std::map<std::string, std::vector<int64_t>>;

void AddConv(Shapes& shapes, const std::string& name, int64_t in, int64_t out, int64_t kernel) {
  shapes[name + ".weight"] = {out, in, kernel};
  shapes[name + ".bias"] = {out};
}
void AddLinear(Shapes& shapes, const std::string& name, int64_t in, int64_t out) {
  shapes[name + ".weight"] = {out, in};
  shapes[name + ".bias"] = {out};
}
void AddNorm(Shapes& shapes, const std::string& name, int64_t channels) {
  for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"}) shapes[name + part] = {channels};
}
void AddBlock(Shapes& shapes, const std::string& name, const NetworkConfig& network, int64_t in) {
  const int64_t out = network.layer_channels();
  const int64_t second = network.connectivity == Connectivity::kDense ? in + out : out;
  AddNorm(shapes, name + ".norm1", in);
  AddConv(shapes, name + ".conv1", in, out, 3);
  AddNorm(shapes, name + ".norm2", second);
  AddConv(shapes, name + ".conv2", second, out, 3);
}
void AddTransition(Shapes& shapes, const std::string& name, int64_t in, int64_t out) {
  AddNorm(shapes, name + ".norm", in);
  AddConv(shapes, name + ".conv", in, out, 1);
}

bool IsDistribution(const std::vector<double>& p, int classes) {
  if (p.size() != static_cast<size_t>(classes)) return false;
  double sum = 0;
  for (double x : p) {
    if (!(x >= 0 && x <= 1)) return false;
    sum += x;
  }
  return std::fabs(sum - 1) < 1e-6;
}

absl::Status Inconsistent(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("checkpoint manifest: ", what));
}

absl::Status CheckCalibration(const CheckpointCalibration& c, int heads, int classes) {
  const size_t count = static_cast<size_t>(heads);
  if (c.temperatures.size() != count || c.event_biases.size() != count)
    return Inconsistent("calibration of other heads");
  if (!c.event_calibrations.empty() && c.event_calibrations.size() != count)
    return Inconsistent("event calibration of other heads");
  for (double t : c.temperatures) {
    // These are the fit's own bounds, with room for the last bits.
    if (!(t >= kMinTemperature * 0.999 && t <= kMaxTemperature * 1.001))
      return Inconsistent("temperature out of range");
  }
  for (double b : c.event_biases) {
    if (!std::isfinite(b)) return Inconsistent("event bias is not finite");
  }
  if (!std::isfinite(c.tau)) return Inconsistent("tau is not finite");
  if (!(c.pool_weight >= 0 && c.pool_weight <= 1)) return Inconsistent("pool weight outside [0, 1]");
  if (!IsDistribution(c.prior, classes)) return Inconsistent("prior is not a distribution over the classes");
  if (std::any_of(c.prior.begin(), c.prior.end(), [](double p) { return p <= 0; }))
    return Inconsistent("prior holds a zero");
  if (!c.twin.empty() && !IsDistribution(c.twin, classes)) return Inconsistent("the twin's answer is no distribution");
  for (const auto& [region, p] : c.twin_by_region) {
    if (c.twin.empty() || !IsDistribution(p, classes)) {
      return Inconsistent(absl::StrCat("the twin's answer for region '", region.value(), "' is no distribution"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckManifest(const Manifest& m) {
  RETURN_IF_ERROR(m.network.Validate());
  if (m.heads < 1 || m.heads > kMaxHeads) return Inconsistent(absl::StrCat(m.heads, " heads"));
  RETURN_IF_ERROR(CheckCalibration(m.calibration, m.heads, m.network.classes));
  if (!IsDistribution(m.class_frequencies, m.network.classes))
    return Inconsistent("class frequencies are not a distribution");
  const auto& edges = m.facts.magnitude_classes.edges;
  for (size_t i = 0; i < edges.size(); ++i) {
    if (!std::isfinite(edges[i]) || (i > 0 && edges[i] <= edges[i - 1]))
      return Inconsistent("magnitude edges do not ascend");
  }
  for (const auto& [region, climatology] : m.facts.climatology) {
    if (!IsDistribution(climatology, m.network.classes)) {
      return Inconsistent(absl::StrCat("climatology of region '", region.value(), "' is not a distribution"));
    }
  }
  if (m.facts.training_period.end < m.facts.training_period.begin)
    return Inconsistent("training period ends before it begins");
  if (m.golden.stations < 1 || m.golden.stations > 64 || !(m.golden.tolerance > 0 && m.golden.tolerance <= 0.01)) {
    return Inconsistent("golden test out of range");
  }
  if (m.golden.head_probabilities.size() != static_cast<size_t>(m.heads))
    return Inconsistent("golden output of other heads");
  for (const auto& p : m.golden.head_probabilities) {
    if (!IsDistribution(p, m.network.classes)) return Inconsistent("golden output is not a distribution");
  }
  return absl::OkStatus();
}

absl::Status CheckTensors(const std::map<std::string, FloatTensor>& tensors, const Shapes& expected) {
  for (const auto& [name, shape] : expected) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) return absl::InvalidArgumentError(absl::StrCat("checkpoint lacks tensor '", name, "'"));
    if (found->second.shape != shape)
      return absl::InvalidArgumentError(absl::StrCat("tensor '", name, "' has the wrong shape"));
    const auto& values = found->second.values;
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
      return absl::InvalidArgumentError(absl::StrCat("tensor '", name, "' holds NaN or infinite values"));
    }
    const bool variance = name.size() > 12 && name.compare(name.size() - 12, 12, ".running_var") == 0;
    if (variance && std::any_of(values.begin(), values.end(), [](float v) { return v < 0; })) {
      return absl::InvalidArgumentError(absl::StrCat("tensor '", name, "' holds a negative variance"));
    }
  }
  if (tensors.size() == expected.size()) return absl::OkStatus();
  for (const auto& [name, tensor] : tensors) {
    if (expected.count(name) == 0)
      return absl::InvalidArgumentError(absl::StrCat("checkpoint holds unknown tensor '", name, "'"));
  }
  return absl::OkStatus();
}

Shapes NormalisationShapes(int channels, size_t stations) {
  const std::vector<int64_t> shape = {static_cast<int64_t>(stations) + 1, channels};
  return {{kMedianName, shape}, {kIqrName, shape}};
}

void PackNormalisation(const Normalisation& normalisation, std::map<std::string, FloatTensor>& tensors) {
  FloatTensor median, iqr;
  median.shape = iqr.shape = {static_cast<int64_t>(normalisation.stations().size()) + 1, normalisation.channels()};
  const auto append = [&](const RobustScale& scale) {
    median.values.insert(median.values.end(), scale.median.begin(), scale.median.end());
    iqr.values.insert(iqr.values.end(), scale.iqr.begin(), scale.iqr.end());
  };
  append(normalisation.all_stations());
  for (const auto& [station, scale] : normalisation.stations()) append(scale);
  tensors[kMedianName] = std::move(median);
  tensors[kIqrName] = std::move(iqr);
}

absl::StatusOr<Normalisation> UnpackNormalisation(const std::vector<StationId>& stations, const FloatTensor& median,
                                                  const FloatTensor& iqr, int channels) {
  if (std::any_of(iqr.values.begin(), iqr.values.end(), [](float v) { return v < kSmallestIqr; })) {
    return absl::InvalidArgumentError("normalisation: an interquartile range below its floor");
  }
  const auto row = [&](size_t r) {
    const auto begin = static_cast<std::ptrdiff_t>(r) * channels;
    return RobustScale{{median.values.begin() + begin, median.values.begin() + begin + channels},
                       {iqr.values.begin() + begin, iqr.values.begin() + begin + channels}};
  };
  std::map<StationId, RobustScale> scales;
  for (size_t i = 0; i < stations.size(); ++i) {
    if (!scales.emplace(stations[i], row(i + 1)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("normalisation: station '", stations[i].value(), "' appears twice"));
    }
  }
  return Normalisation(row(0), std::move(scales));
}

}  // namespace

const std::vector<double>& CheckpointCalibration::TwinOf(const RegionId& region) const {
  const auto found = twin_by_region.find(region);
  return found == twin_by_region.end() ? twin : found->second;
}

std::string CheckpointCalibration::Describe() const {
  const std::string tau_text = tau_normalised ? absl::StrFormat("%.1f", tau) : "none";
  const auto mean = [](const std::vector<double>& v) {
    return v.empty() ? 0.0 : std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
  };
  return absl::StrFormat("T=%.3f b=%.3f tau=%s%s w=%.2f", mean(temperatures), mean(event_biases), tau_text,
                         event_calibrations.empty() ? "" : " isotonic", pool_weight);
}

std::map<std::string, std::vector<int64_t>> ExpectedTensors(const NetworkConfig& network, int heads) {
  Shapes shapes;
  const int64_t g = network.growth;
  AddConv(shapes, "backbone.conv", network.channels, g, 7);
  AddNorm(shapes, "backbone.norm", g);
  for (int i = 1; i <= 4; ++i) {
    AddBlock(shapes, absl::StrCat("backbone.block", i), network, g);
    if (i < 4) AddTransition(shapes, absl::StrCat("backbone.transition", i), 2 * g, g);
  }
  AddNorm(shapes, "backbone.implicit", 2 * g);
  if (network.pool == StationPool::kAttention) AddLinear(shapes, "backbone.attention", 2 * g, 1);
  const int64_t in = network.classifier_channels();
  const int64_t squeezed = (in + g) / 2;
  for (int h = 0; h < heads; ++h) {
    const std::string head = absl::StrCat("head", h);
    AddBlock(shapes, head + ".block", network, in);
    AddTransition(shapes, head + ".transition", in + g, squeezed);
    AddConv(shapes, head + ".conv1", squeezed, 64, 3);
    AddConv(shapes, head + ".conv2", 64, 64, 3);
    AddConv(shapes, head + ".conv3", 64, 64, 3);
    AddLinear(shapes, head + ".linear1", 64, 64);
    AddLinear(shapes, head + ".linear2", 64, 32);
    AddLinear(shapes, head + ".linear3", 32, network.classes);
    if (network.last_inputs == LastInputs::kUnitLength) shapes[head + ".centre"] = {32};
  }
  return shapes;
}

absl::StatusOr<std::string> SerializeCheckpoint(const Checkpoint& checkpoint) {
  const Manifest& manifest = checkpoint.manifest;
  RETURN_IF_ERROR(CheckManifest(manifest));
  if (absl::Status status = CheckTensors(checkpoint.tensors, ExpectedTensors(manifest.network, manifest.heads));
      !status.ok()) {
    return status;
  }
  if (checkpoint.normalisation.channels() != manifest.network.channels)
    return Inconsistent("normalisation of other channels");
  SafetensorsFile file;
  file.tensors = checkpoint.tensors;
  PackNormalisation(checkpoint.normalisation, file.tensors);
  ManifestText text{manifest, {}};
  for (const auto& [station, scale] : checkpoint.normalisation.stations()) text.stations.push_back(station);
  file.metadata[kManifestKey] = ManifestToJson(text);
  return WriteSafetensors(file);
}

absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view bytes) {
  ASSIGN_OR_RETURN(auto file, ReadSafetensors(bytes));
  const auto entry = file.metadata.find(kManifestKey);
  if (entry == file.metadata.end()) return absl::DataLossError("checkpoint bytes: no manifest");
  ASSIGN_OR_RETURN(auto text, ManifestFromJson(entry->second));
  Checkpoint checkpoint;
  checkpoint.manifest = std::move(text.manifest);
  const NetworkConfig& network = checkpoint.manifest.network;
  RETURN_IF_ERROR(CheckManifest(checkpoint.manifest));
  Shapes expected = ExpectedTensors(network, checkpoint.manifest.heads);
  expected.merge(NormalisationShapes(network.channels, text.stations.size()));
  RETURN_IF_ERROR(CheckTensors(file.tensors, expected));
  ASSIGN_OR_RETURN(checkpoint.normalisation, UnpackNormalisation(text.stations, file.tensors[kMedianName],
                                                                 file.tensors[kIqrName], network.channels));
  file.tensors.erase(kMedianName);
  file.tensors.erase(kIqrName);
  checkpoint.tensors = std::move(file.tensors);
  return checkpoint;
}

}  // namespace tremorcast
