#pragma once

// The safetensors layout, float32 only: 8 bytes little-endian header length, a JSON header naming
// each tensor's shape and place, then the raw numbers without gap or overlap. Metadata is a map of
// strings. Pure; thread safe.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace tremorcast {

// float32, row major.
struct FloatTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;
  friend bool operator==(const FloatTensor&, const FloatTensor&) = default;
};

struct SafetensorsFile {
  std::map<std::string, std::string> metadata;
  std::map<std::string, FloatTensor> tensors;
};

// A header longer than this is refused before it is parsed.
inline constexpr uint64_t kMaxSafetensorsHeader = uint64_t{16} << 20;

// Deterministic: tensors in name order. A shape must hold exactly the values given.
std::string WriteSafetensors(const SafetensorsFile& file);
// DataLoss: truncated, a bad header, other element types, offsets that leave gaps, overlap or pass
// the end. InvalidArgument: NaN or infinite values.
absl::StatusOr<SafetensorsFile> ReadSafetensors(absl::string_view bytes);

}  // namespace tremorcast
