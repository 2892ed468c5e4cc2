#pragma once

// Random numbers that are the same on every machine and library (std distributions are not). Value
// type, not thread safe.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "core/base/mix_bits.h"

namespace tremorcast {

// SplitMix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() { return MixBits(state_ += kGoldenGamma); }
  // [0, 1).
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  // [0, n); the bias of the multiplication is below 2^-40 for the sizes here.
  size_t Below(size_t n) { return static_cast<size_t>(Uniform() * static_cast<double>(n)); }
  double Normal() {
    const double u = 1.0 - Uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * Uniform());
  }
  template <typename T>
  void Shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[Below(i)]);
  }

 private:
  uint64_t state_;
};

// A seed for one purpose: equal parts give equal seeds, and neighbours are unrelated.
inline uint64_t MixSeed(std::initializer_list<uint64_t> parts) {
  uint64_t seed = 0x243F6A8885A308D3ull;
  for (uint64_t part : parts) seed = Random(seed ^ part).Next() + part;
  return seed;
}

}  // namespace tremorcast
