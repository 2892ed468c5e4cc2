#pragma once

// What size each of the 95 features has at a simulated station. They are rounded orders of
// magnitude by family of features, not the statistics of any station.

#include <cstdint>

namespace tremorcast {

enum class FeatureShape : int8_t {
  // slog1p(x) = centre + scale * u, u with an interquartile range near 1: skewness, frequencies,
  // energies, large powers.
  kSignedLog,
  // x = centre * exp(0.5 u): positive quantities far below 1, which the signed log1p leaves as they
  // are.
  kLogNormal,
};

struct FeatureRange {
  FeatureShape shape = FeatureShape::kSignedLog;
  float centre = 0;       // kSignedLog: in slog1p units; kLogNormal: in the feature's own unit
  float scale = 1;        // kSignedLog only, slog1p units
  bool positive = false;  // never below zero
  float storm = 0;        // response to a storm of strength 1, in units of u
};

// `channel` 0..94 in schema order.
const FeatureRange& RangeOf(int channel);

// Channels whose interquartile range after the signed log1p is far above the 1e-3 below which
// normalisation leaves a feature unscaled: only there can a shift in robust units be seen.
bool CarriesRobustUnits(int channel);

}  // namespace tremorcast
