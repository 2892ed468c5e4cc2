#pragma once

// The generator of Steele, Lea and Flood (2014), SplitMix64: state += kGoldenGamma, then
// MixBits(state). What it yields is the same on every machine and library. Pure; thread safe.

#include <cstdint>

namespace tremorcast {

inline constexpr uint64_t kGoldenGamma = 0x9e3779b97f4a7c15ULL;

// A bijection of 64 bits that passes as random on counters.
constexpr uint64_t MixBits(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace tremorcast
