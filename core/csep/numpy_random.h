#pragma once

// The random numbers of numpy's legacy generator (numpy.random.seed, rand, poisson), so that a
// simulated test gives pyCSEP's numbers for pyCSEP's seed, on every standard library. Not thread
// safe: one per thread.
//
// Sources: Matsumoto and Nishimura (1998), the Mersenne Twister; Hoermann (1993), The transformed
// rejection method for generating Poisson random variables.

#include <cstdint>
#include <random>

namespace tremorcast {

class NumpyRandom {
 public:
  explicit NumpyRandom(uint32_t seed) : generator_(seed) {}

  // [0, 1), 53 bits.
  double Uniform();
  // mean >= 0, finite.
  int64_t Poisson(double mean);

 private:
  int64_t PoissonByProducts(double mean);
  int64_t PoissonByRejection(double mean);

  std::mt19937 generator_;
};

}  // namespace tremorcast
