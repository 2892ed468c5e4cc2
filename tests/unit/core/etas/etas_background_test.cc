#include "core/etas/etas_background.h"

#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
namespace {

std::vector<GeoPoint> Scattered(int n, double south, double north, double west, double east) {
  RandomStream random({11});
  std::vector<GeoPoint> places;
  for (int i = 0; i < n; ++i) places.push_back({random.Uniform(south, north), random.Uniform(west, east)});
  return places;
}

// Mean of the density over the region, from cells of a twentieth of a degree.
double MeanOver(const EtasBackground& background, const EtasRegion& region) {
  constexpr double kStep = 0.05;
  const BackgroundDensity shape(background, region);
  double sum = 0, weights = 0;
  for (double latitude = 28 + kStep / 2; latitude < 33; latitude += kStep) {
    for (double longitude = 100 + kStep / 2; longitude < 106; longitude += kStep) {
      const double weight = std::cos(latitude * kRadiansPerDegree);
      sum += weight * shape.At(ToUnitVector({latitude, longitude}));
      weights += weight;
    }
  }
  return sum / weights;
}

TEST(EtasBackground, IsEvenWithoutKernels) {
  const EtasRegion region = WorldModel().region;
  EXPECT_EQ(BackgroundDensity(EtasBackground(), region).At(ToUnitVector({30, 103})), 1);
}

// Kernels at the border lose what falls outside, and still the mean over the region is 1.
TEST(EtasBackground, HasMeanOneOverTheRegion) {
  const EtasRegion region = WorldModel().region;
  std::vector<GeoPoint> places = Scattered(60, 28, 33, 100, 106);
  places.push_back({28.001, 103});
  places.push_back({32.99, 105.99});
  const std::vector<double> weights(places.size(), 0.7);
  const EtasBackground background = KernelBackground(places, region, {5, 20}).WithWeights(weights);
  EXPECT_NEAR(MeanOver(background, region), 1, 3e-3);
  const EtasBackground& same = background;
  EXPECT_GT(same.kernels[0].inside, 0.5);
  EXPECT_NEAR(same.kernels[60].inside, 0.5, 0.1);
  EXPECT_NEAR(same.kernels[61].inside, 0.25, 0.15);
}

TEST(EtasBackground, SwarmOfLittleWeightMakesNoNarrowKernels) {
  const EtasRegion region = WorldModel().region;
  std::vector<GeoPoint> places = Scattered(100, 28, 33, 100, 106);
  std::vector<double> weights(places.size(), 1);
  for (const GeoPoint& place : Scattered(50, 30, 30.01, 103, 103.01)) {
    places.push_back(place);
    weights.push_back(0.02);
  }
  const KernelBackground kernels(places, region, {5, 1});
  EXPECT_GT(kernels.WithWeights(weights).kernels[120].sigma_km, 30);
  weights.assign(places.size(), 1);
  EXPECT_LT(kernels.WithWeights(weights).kernels[120].sigma_km, 2);
}

TEST(EtasBackground, OthersLeaveTheOwnKernelOut) {
  const EtasRegion region = WorldModel().region;
  const std::vector<GeoPoint> places = {{29, 101}, {29.1, 101}, {32, 105}};
  EtasBackground background = KernelBackground(places, region, {1, 10}).WithWeights(std::vector<double>{1, 1, 1});
  const BackgroundDensity shape(background, region);
  for (size_t i = 0; i < places.size(); ++i) {
    EtasBackground without = background;
    without.kernels.erase(without.kernels.begin() + static_cast<std::ptrdiff_t>(i));
    const double expected = BackgroundDensity(without, region).At(ToUnitVector(places[i]));
    EXPECT_NEAR(shape.AtKernel(i), expected, 1e-9 * expected);
  }
}

}  // namespace
}  // namespace tremorcast
