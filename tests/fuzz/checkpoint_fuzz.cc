// Checkpoint artifacts. First byte 'm': the rest is a manifest, put into a file whose tensors fit
// it; else the rest is a whole artifact. What is accepted is written back and accepted again, to
// the byte.

#include <string>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/manifest_json.h"
#include "model/checkpoint/safetensors.h"
#include "tests/fuzz/fuzz.h"

namespace tremorcast {
namespace {

constexpr int64_t kMaxValues = 1 << 18;  // larger networks are legal and slow; their manifest is checked all the same

void Accepted(absl::string_view bytes) {
  const auto checkpoint = ParseCheckpoint(bytes);
  if (!checkpoint.ok()) return;
  const auto written = SerializeCheckpoint(*checkpoint);
  FUZZ_CHECK(written.ok());
  const auto again = ParseCheckpoint(*written);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(SerializeCheckpoint(*again).value() == *written);
}

void FromManifest(const std::string& json) {
  const auto text = ManifestFromJson(json);
  if (!text.ok()) return;
  const Manifest& manifest = text->manifest;
  if (!manifest.network.Validate().ok() || manifest.heads < 1 || manifest.heads > 3) return;
  SafetensorsFile file;
  int64_t values = 0;
  auto shapes = ExpectedTensors(manifest.network, manifest.heads);
  const std::vector<int64_t> scale = {static_cast<int64_t>(text->stations.size()) + 1, manifest.network.channels};
  shapes["normalisation.median"] = shapes["normalisation.iqr"] = scale;
  for (const auto& [name, shape] : shapes) {
    int64_t count = 1;
    for (int64_t dimension : shape) count *= dimension;
    if ((values += count) > kMaxValues) return;
    file.tensors[name] = {shape, std::vector<float>(static_cast<size_t>(count), 1.0f)};
  }
  file.metadata["manifest"] = json;
  Accepted(WriteSafetensors(file));
}

}  // namespace

void FuzzOne(absl::string_view input) {
  if (TakeByte(&input) == 'm') return FromManifest(std::string(input));
  const auto file = ReadSafetensors(input);
  if (file.ok()) FUZZ_CHECK(ReadSafetensors(WriteSafetensors(*file)).ok());
  Accepted(input);
}

}  // namespace tremorcast
