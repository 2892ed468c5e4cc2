#pragma once

// Numbers as people read and write them. Pure; thread safe.

#include <cstdint>
#include <optional>
#include <string>

#include <absl/strings/string_view.h>

namespace tremorcast {

// "1,234,567", "-1,234".
std::string Grouped(int64_t number);

// A decimal number with or without an exponent, spaces around it allowed; "nan" and "inf" too.
// Nothing for anything else: a hexadecimal float ("0x1p3"), which the standard library would take,
// is a damaged field and no magnitude.
std::optional<double> ParseNumber(absl::string_view text);
// Likewise, but finite.
std::optional<double> ParseFinite(absl::string_view text);
// As ParseNumber, rounded once: what is nearest among floats to the decimal number.
std::optional<float> ParseFloat(absl::string_view text);

}  // namespace tremorcast
