#pragma once

// Counter-based random numbers: a stream is named by numbers (seed, purpose, station, week, ...),
// so what one stream yields never depends on whether or when another was read. The standard
// distributions are left alone because their results differ between libraries. Value types; nothing
// is shared.

#include <cmath>
#include <cstdint>
#include <initializer_list>

#include "core/base/mix_bits.h"

namespace tremorcast {

constexpr uint64_t StreamKey(std::initializer_list<uint64_t> names) {
  uint64_t key = 0;
  for (uint64_t name : names) key = MixBits(key + kGoldenGamma + MixBits(name + kGoldenGamma));
  return key;
}

// Approximately normal (sum of four 16-bit uniforms): mean 0, variance 1, |z| < 3.47. For sample
// noise, where speed counts.
inline float RoughNormal(uint64_t bits) {
  const int32_t sum = static_cast<int32_t>(bits & 0xffff) + static_cast<int32_t>((bits >> 16) & 0xffff) +
                      static_cast<int32_t>((bits >> 32) & 0xffff) + static_cast<int32_t>(bits >> 48);
  return static_cast<float>(sum - 131070) * 2.6429e-5F;  // 1 / (65536 sqrt(4 / 12))
}

class RandomStream {
 public:
  RandomStream(std::initializer_list<uint64_t> names) : state_(StreamKey(names)) {}

  uint64_t Bits() { return MixBits(state_ += kGoldenGamma); }
  // [0, 1)
  double Uniform() { return static_cast<double>(Bits() >> 11) * 0x1.0p-53; }
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  double Exponential() { return -std::log1p(-Uniform()); }
  // Box-Muller, one of the pair.
  double Normal() { return std::sqrt(2 * Exponential()) * std::cos(2 * 3.14159265358979323846 * Uniform()); }
  // By counting arrivals: takes as long as `mean` is large, which the caller bounds (10 ns each).
  int Poisson(double mean) {
    int n = 0;
    for (double t = Exponential(); t < mean; t += Exponential()) ++n;
    return n;
  }

 private:
  uint64_t state_;
};

}  // namespace tremorcast
