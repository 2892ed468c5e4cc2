#include "core/csep/numpy_random.h"

#include <cmath>

#include <boost/math/special_functions/gamma.hpp>

#include "core/distribution/math_policy.h"

namespace tremorcast {

double NumpyRandom::Uniform() {
  const uint32_t high = static_cast<uint32_t>(generator_()) >> 5;  // 27 bits, drawn first
  const uint32_t low = static_cast<uint32_t>(generator_()) >> 6;   // 26 bits
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

int64_t NumpyRandom::Poisson(double mean) {
  if (mean == 0) return 0;
  return mean >= 10 ? PoissonByRejection(mean) : PoissonByProducts(mean);
}

int64_t NumpyRandom::PoissonByProducts(double mean) {
  const double limit = std::exp(-mean);
  int64_t n = 0;
  for (double product = Uniform(); product > limit; product *= Uniform()) ++n;
  return n;
}

// Hoermann's PTRS; the constants are those of his table.
int64_t NumpyRandom::PoissonByRejection(double mean) {
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double squeeze = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = Uniform() - 0.5;
    const double v = Uniform();
    const double from_edge = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / from_edge + b) * u + mean + 0.43);
    if (from_edge >= 0.07 && v <= squeeze) return static_cast<int64_t>(k);
    if (k < 0 || (from_edge < 0.013 && v > from_edge)) continue;
    if (std::log(v) + std::log(inverse_alpha) - std::log(a / (from_edge * from_edge) + b) <=
        -mean + k * std::log(mean) - boost::math::lgamma(k + 1, MathPolicy())) {
      return static_cast<int64_t>(k);
    }
  }
}

}  // namespace tremorcast
