#pragma once

// Where the events come from that no other triggered: evenly over the region, or as Gaussian
// kernels around the events of the past, each as wide as its neighbours are far and weighted by the
// probability that it was triggered by none (Zhuang, Ogata and Vere-Jones, 2002). Plain values; the
// functions are pure and thread safe.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <absl/types/span.h>

#include "core/etas/etas_events.h"
#include "core/etas/etas_region.h"

namespace tremorcast {

struct EtasBackground {
  struct Kernel {
    GeoPoint centre;
    double sigma_km = 0;
    double weight = 0;
    double inside = 0;  // its part within the region
  };
  // One event that may be anywhere in the region goes with them, so that no place is impossible.
  // Without kernels the background is even.
  std::vector<Kernel> kernels;
};

struct KernelOptions {
  // A kernel reaches as far as the others around it weigh this much together. Counting weights and
  // not events keeps a swarm of aftershocks, which weigh little, from making narrow kernels that
  // then find each other likely.
  double neighbours = 5;
  double least_sigma_km = 3;  // what epicentres are known to
};

// Draws kernels around places in a region with one set of weights after the other. Immutable;
// thread safe; holds at most the 500 nearest neighbours of each place, and the border as seen from
// it.
class KernelBackground {
 public:
  KernelBackground(std::vector<GeoPoint> places, const EtasRegion& region, const KernelOptions& options);

  // One weight for each place.
  EtasBackground WithWeights(absl::Span<const double> weights) const;

 private:
  struct Neighbour {
    float chord = 0;  // squared
    int32_t place = 0;
  };

  std::vector<GeoPoint> places_;
  std::vector<std::vector<BorderPiece>> borders_;  // from each place
  KernelOptions options_;
  size_t kept_ = 0;                    // neighbours of each place
  std::vector<Neighbour> neighbours_;  // by distance
};

// The background relative to its mean over the region: mu(x) = mu * At(x). Immutable; thread safe.
class BackgroundDensity {
 public:
  BackgroundDensity(const EtasBackground& background, const EtasRegion& region);

  double At(const UnitVector& at) const;
  // At the centre of a kernel as the others have it: a kernel would find its own event likely, and
  // the narrower the likelier.
  double AtKernel(size_t kernel) const;

 private:
  struct Kernel {
    UnitVector at;
    double height = 0;      // at the centre, 1/km^2
    double minus_half = 0;  // -1 / (2 sigma^2)
    double furthest_km2 = 0;
    double inside = 0;  // its weight in the region
  };
  static double Height(const Kernel& kernel, const UnitVector& at);

  double area_km2_;
  double weight_ = 1;  // in the region, with the event that may be anywhere
  std::vector<Kernel> kernels_;
};

}  // namespace tremorcast
