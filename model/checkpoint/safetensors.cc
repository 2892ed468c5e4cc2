#include "model/checkpoint/safetensors.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "checkpoints are little-endian");

constexpr char kMetadata[] = "__metadata__";
constexpr uint64_t kLengthBytes = 8;
// No tensor of ours comes near it, and it keeps every product below 2^63.
constexpr int64_t kMaxDimension = int64_t{1} << 31;

absl::Status Malformed(absl::string_view what) { return absl::DataLossError(absl::StrCat("checkpoint bytes: ", what)); }

struct Place {
  std::string name;
  uint64_t begin = 0;
  uint64_t end = 0;
  std::vector<int64_t> shape;
};

absl::StatusOr<Place> ParsePlace(const std::string& name, const json& entry, uint64_t data_size) {
  if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets")) {
    return Malformed(absl::StrCat("tensor '", name, "' lacks dtype, shape or data_offsets"));
  }
  if (entry["dtype"] != "F32") return Malformed(absl::StrCat("tensor '", name, "' is not F32"));
  Place place;
  place.name = name;
  uint64_t count = 1;
  if (!entry["shape"].is_array() || entry["shape"].size() > 8) return Malformed(absl::StrCat("shape of '", name, "'"));
  for (const json& dimension : entry["shape"]) {
    if (!dimension.is_number_integer()) return Malformed(absl::StrCat("shape of '", name, "'"));
    const int64_t size = dimension.get<int64_t>();
    if (size < 1 || size > kMaxDimension) return Malformed(absl::StrCat("shape of '", name, "'"));
    count *= static_cast<uint64_t>(size);
    if (count > data_size / sizeof(float))
      return Malformed(absl::StrCat("tensor '", name, "' is larger than the file"));
    place.shape.push_back(size);
  }
  const json& offsets = entry["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    return Malformed(absl::StrCat("offsets of '", name, "'"));
  }
  place.begin = offsets[0].get<uint64_t>();
  place.end = offsets[1].get<uint64_t>();
  if (place.begin > place.end || place.end > data_size || place.end - place.begin != count * sizeof(float)) {
    return Malformed(absl::StrCat("offsets of '", name, "' do not fit its shape or the file"));
  }
  return place;
}

absl::StatusOr<std::map<std::string, std::string>> ParseMetadata(const json& header) {
  std::map<std::string, std::string> metadata;
  if (!header.contains(kMetadata)) return metadata;
  const json& entries = header[kMetadata];
  if (!entries.is_object()) return Malformed("__metadata__ is not an object");
  for (const auto& [key, value] : entries.items()) {
    if (!value.is_string()) return Malformed(absl::StrCat("metadata '", key, "' is not a string"));
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

}  // namespace

std::string WriteSafetensors(const SafetensorsFile& file) {
  json header = json::object();
  if (!file.metadata.empty()) header[kMetadata] = file.metadata;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : file.tensors) {
    uint64_t count = 1;
    for (int64_t dimension : tensor.shape) count *= static_cast<uint64_t>(dimension);
    TREMORCAST_CHECK(count == tensor.values.size());
    const uint64_t end = offset + count * sizeof(float);
    header[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  const uint64_t length = text.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  bytes.reserve(kLengthBytes + text.size() + offset);
  bytes += text;
  for (const auto& [name, tensor] : file.tensors) {
    bytes.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float));
  }
  return bytes;
}

absl::StatusOr<SafetensorsFile> ReadSafetensors(absl::string_view bytes) {
  if (bytes.size() < kLengthBytes) return Malformed("shorter than its length field");
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kMaxSafetensorsHeader) return Malformed(absl::StrCat("header of ", length, " bytes"));
  if (length > bytes.size() - kLengthBytes) return Malformed("header cut off");
  const absl::string_view text = bytes.substr(kLengthBytes, length);
  const absl::string_view data = bytes.substr(kLengthBytes + length);
  const json header = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) return Malformed("header is not a JSON object");

  SafetensorsFile file;
  ASSIGN_OR_RETURN(file.metadata, ParseMetadata(header));
  std::vector<Place> places;
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadata) continue;
    ASSIGN_OR_RETURN(auto place, ParsePlace(name, entry, data.size()));
    places.push_back(std::move(place));
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.begin < b.begin; });
  uint64_t expected = 0;
  for (Place& place : places) {
    if (place.begin != expected) return Malformed(absl::StrCat("gap or overlap before '", place.name, "'"));
    expected = place.end;
    FloatTensor tensor;
    tensor.shape = std::move(place.shape);
    tensor.values.resize((place.end - place.begin) / sizeof(float));
    std::memcpy(tensor.values.data(), data.data() + place.begin, place.end - place.begin);
    if (!std::all_of(tensor.values.begin(), tensor.values.end(), [](float v) { return std::isfinite(v); })) {
      return absl::InvalidArgumentError(absl::StrCat("tensor '", place.name, "' holds NaN or infinite values"));
    }
    file.tensors.emplace(std::move(place.name), std::move(tensor));
  }
  if (expected != data.size()) return Malformed("bytes missing or left over behind the last tensor");
  return file;
}

}  // namespace tremorcast
