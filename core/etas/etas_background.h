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

  // Background at a point of the region relative to its mean: mu(x) = mu * RelativeAt(x).
  double RelativeAt(const EtasRegion& region, const UnitVector& at) const;
};

struct KernelOptions {
  // A kernel reaches as far as the others around it weigh this much together. Counting weights and
  // not events keeps a swarm of aftershocks, which weigh little, from making narrow kernels that
  // then find each other likely.
  double neighbours = 5;
  double least_sigma_km = 3;  // what epicentres are known to
};

// Draws kernels around places in a region with one set of weights after the other. Immutable;
// thread safe; holds at most the 500 nearest neighbours of each place.
class KernelBackground {
 public:
  // `region` must outlive this.
  KernelBackground(std::vector<GeoPoint> places, const EtasRegion& region, const KernelOptions& options);

  // One weight for each place.
  EtasBackground WithWeights(absl::Span<const double> weights) const;

 private:
  struct Neighbour {
    float chord = 0;  // squared
    int32_t place = 0;
  };

  std::vector<GeoPoint> places_;
  const EtasRegion& region_;
  KernelOptions options_;
  size_t kept_ = 0;                    // neighbours of each place
  std::vector<Neighbour> neighbours_;  // by distance
};
// RelativeAt at the centre of each kernel, as the others have it: a kernel would find its own event
// likely, and the narrower the likelier.
std::vector<double> RelativeAtOthers(const EtasBackground& background, const EtasRegion& region);

}  // namespace tremorcast
