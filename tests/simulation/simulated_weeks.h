#pragma once

// Weeks out of a seed, the same on every standard library, for simulations of tests and intervals.

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <absl/time/time.h>

#include "core/base/time_grid.h"

namespace tremorcast {

class Draws {
 public:
  explicit Draws(uint64_t seed) : generator_(seed) {}
  double Uniform() { return static_cast<double>(generator_() >> 11) * 0x1p-53; }
  double Normal() {
    constexpr double kPi = 3.14159265358979323846;
    return std::sqrt(-2 * std::log(1 - Uniform())) * std::cos(2 * kPi * Uniform());
  }

 private:
  std::mt19937_64 generator_;
};

// Autoregressive with `phi` and standard deviation 1, from the stationary start.
class Autoregressive {
 public:
  Autoregressive(double phi, Draws& draws) : phi_(phi), draws_(draws), value_(draws.Normal()) {}
  double Next() {
    const double now = value_;
    value_ = phi_ * value_ + std::sqrt(1 - phi_ * phi_) * draws_.Normal();
    return now;
  }

 private:
  const double phi_;
  Draws& draws_;
  double value_;
};

inline absl::Time WeekNumber(int i) { return absl::UnixEpoch() + i * kWeekLength; }

}  // namespace tremorcast
