#pragma once

// The 95 features of an AETA station: 51 electromagnetic (`magn@...`), then 44 geo-acoustic
// (`sound@...`).
// Columns are bound by name, never by position; the order here is the channel order of every window
// and checkpoint. Thread safety: immutable after first use.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

namespace tremorcast {

enum class Signal : int8_t { kMagn = 0, kSound = 1 };
inline constexpr int kSignalCount = 2;
inline constexpr int kMagnFeatures = 51;
inline constexpr int kSoundFeatures = 44;
inline constexpr int kFeatures = kMagnFeatures + kSoundFeatures;

constexpr int FeatureCount(Signal signal) { return signal == Signal::kMagn ? kMagnFeatures : kSoundFeatures; }
// Channel of the signal's first feature in a [95, slots] window.
constexpr int FirstChannel(Signal signal) { return signal == Signal::kMagn ? 0 : kMagnFeatures; }
absl::string_view SignalName(Signal signal);  // "magn" | "sound"
std::optional<Signal> ParseSignal(absl::string_view name);

// Full names ("magn@var"), in channel order.
absl::Span<const absl::string_view> FeatureNames();
absl::Span<const absl::string_view> FeatureNames(Signal signal);
// Channel 0..94 of a full name, or nothing.
std::optional<int> FeatureChannel(absl::string_view name);
// SHA-256 (hex) over the names in order; written into checkpoints and checked when one is loaded.
const std::string& FeatureSchemaHash();

// Maps columns in a client's order to the schema's: result[i] is the schema index (within the
// signal) of column i. InvalidArgument names the first unknown, repeated or missing column.
absl::StatusOr<std::vector<int>> BindColumns(Signal signal, absl::Span<const std::string> columns);

}  // namespace tremorcast
