#include "core/etas/etas_background.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

namespace tremorcast {
namespace {

constexpr size_t kMostNeighbours = 500;
constexpr double kCutSigmas = 5;

}  // namespace

KernelBackground::KernelBackground(std::vector<GeoPoint> places, const EtasRegion& region, const KernelOptions& options)
    : places_(std::move(places)), options_(options) {
  std::vector<UnitVector> at;
  at.reserve(places_.size());
  borders_.reserve(places_.size());
  for (const GeoPoint& place : places_) {
    at.push_back(ToUnitVector(place));
    borders_.push_back(BorderFrom(region, place));
  }
  kept_ = std::min(kMostNeighbours, places_.empty() ? 0 : places_.size() - 1);
  neighbours_.reserve(kept_ * places_.size());
  std::vector<Neighbour> others;
  for (size_t i = 0; i < places_.size(); ++i) {
    others.clear();
    for (size_t j = 0; j < places_.size(); ++j) {
      if (j != i) others.push_back({static_cast<float>(SquaredChord(at[i], at[j])), static_cast<int32_t>(j)});
    }
    const auto nearer = [](const Neighbour& a, const Neighbour& b) { return a.chord < b.chord; };
    const auto end = others.begin() + static_cast<std::ptrdiff_t>(kept_);
    std::nth_element(others.begin(), end, others.end(), nearer);
    std::sort(others.begin(), end, nearer);
    neighbours_.insert(neighbours_.end(), others.begin(), end);
  }
}

EtasBackground KernelBackground::WithWeights(absl::Span<const double> weights) const {
  EtasBackground background;
  background.kernels.reserve(places_.size());
  for (size_t i = 0; i < places_.size(); ++i) {
    double chord = 0, around = 0;
    for (size_t k = i * kept_; k < (i + 1) * kept_ && around < options_.neighbours; ++k) {
      chord = neighbours_[k].chord;
      around += weights[static_cast<size_t>(neighbours_[k].place)];
    }
    EtasBackground::Kernel kernel{places_[i], std::max(options_.least_sigma_km, std::sqrt(SquaredDistanceKm2(chord))),
                                  weights[i], 0};
    for (const BorderPiece& piece : borders_[i]) {
      kernel.inside -= piece.share * std::expm1(-piece.squared_km / (2 * kernel.sigma_km * kernel.sigma_km));
    }
    background.kernels.push_back(kernel);
  }
  return background;
}

BackgroundDensity::BackgroundDensity(const EtasBackground& background, const EtasRegion& region)
    : area_km2_(region.area_km2) {
  kernels_.reserve(background.kernels.size());
  for (const EtasBackground::Kernel& kernel : background.kernels) {
    const double variance = kernel.sigma_km * kernel.sigma_km;
    kernels_.push_back({ToUnitVector(kernel.centre), kernel.weight / (2 * std::numbers::pi * variance),
                        -1 / (2 * variance), kCutSigmas * kCutSigmas * variance, kernel.weight * kernel.inside});
    weight_ += kernels_.back().inside;
  }
}

double BackgroundDensity::Height(const Kernel& kernel, const UnitVector& at) {
  const double squared = SquaredDistanceKm2(kernel.at, at);
  return squared < kernel.furthest_km2 ? kernel.height * std::exp(squared * kernel.minus_half) : 0;
}

double BackgroundDensity::At(const UnitVector& at) const {
  double height = 0;
  for (const Kernel& kernel : kernels_) height += Height(kernel, at);
  return (height * area_km2_ + 1) / weight_;
}

double BackgroundDensity::AtKernel(size_t kernel) const {
  double height = 0;
  for (size_t i = 0; i < kernels_.size(); ++i) {
    if (i != kernel) height += Height(kernels_[i], kernels_[kernel].at);
  }
  return (height * area_km2_ + 1) / (weight_ - kernels_[kernel].inside);
}

}  // namespace tremorcast
