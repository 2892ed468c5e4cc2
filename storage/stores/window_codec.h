#pragma once

// A window's values as stored bytes. Codec 1: little-endian float32, byte-shuffled (all first
// bytes, all second bytes, ...), zstd. Real weeks shrink to about two thirds. Pure and thread safe.

#include <cstddef>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

namespace tremorcast {

inline constexpr int kWindowCodec = 1;

absl::StatusOr<std::string> EncodeWindowValues(absl::Span<const float> values);
// DataLoss when the bytes are not an encoding of `count` values; FailedPrecondition for a codec of
// a newer program.
absl::StatusOr<std::vector<float>> DecodeWindowValues(int codec, absl::string_view bytes, size_t count);

}  // namespace tremorcast
