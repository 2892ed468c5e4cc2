#include "storage/stores/window_codec.h"

#include <cstring>

#include <absl/strings/str_cat.h>
#include <zstd.h>

namespace tremorcast {
namespace {

constexpr int kZstdLevel = 3;

}  // namespace

absl::StatusOr<std::string> EncodeWindowValues(absl::Span<const float> values) {
  const size_t count = values.size();
  std::string shuffled(count * sizeof(float), '\0');
  const char* in = reinterpret_cast<const char*>(values.data());
  for (size_t byte = 0; byte < sizeof(float); ++byte) {
    char* out = shuffled.data() + byte * count;
    for (size_t i = 0; i < count; ++i) out[i] = in[i * sizeof(float) + byte];
  }
  std::string packed(ZSTD_compressBound(shuffled.size()), '\0');
  const size_t size = ZSTD_compress(packed.data(), packed.size(), shuffled.data(), shuffled.size(), kZstdLevel);
  if (ZSTD_isError(size) != 0)
    return absl::InternalError(absl::StrCat("compressing a window: ", ZSTD_getErrorName(size)));
  packed.resize(size);
  return packed;
}

absl::StatusOr<std::vector<float>> DecodeWindowValues(int codec, absl::string_view bytes, size_t count) {
  if (codec != kWindowCodec)
    return absl::FailedPreconditionError(absl::StrCat("window codec ", codec, " is not known here"));
  std::string shuffled(count * sizeof(float), '\0');
  const size_t size = ZSTD_decompress(shuffled.data(), shuffled.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(size) != 0 || size != shuffled.size())
    return absl::DataLossError("a stored window cannot be decompressed");
  std::vector<float> values(count);
  char* out = reinterpret_cast<char*>(values.data());
  for (size_t byte = 0; byte < sizeof(float); ++byte) {
    const char* in = shuffled.data() + byte * count;
    for (size_t i = 0; i < count; ++i) out[i * sizeof(float) + byte] = in[i];
  }
  return values;
}

}  // namespace tremorcast
