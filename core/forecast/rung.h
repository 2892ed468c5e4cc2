#pragma once

// The ladder (METHOD.md section 7): each rung answers only where it has shown skill over the rung
// below it. Plain values; pure.

#include <cstdint>

#include <absl/strings/string_view.h>

namespace tremorcast {

enum class Rung : int8_t {
  kClimatology = 0,
  kCatalogue = 1,  // ETAS: knows the earthquakes before the forecast
  kStations = 2,   // the DenseNet: knows what the stations measured
};
absl::string_view RungName(Rung rung);  // "climatology", "catalogue", "stations"

}  // namespace tremorcast
