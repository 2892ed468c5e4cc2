#include "core/csep/gridded_tests.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "core/csep/catalogue_sampler.h"
#include "core/csep/numpy_random.h"

namespace tremorcast {
namespace {

SimulationOptions Options(int simulations, uint32_t seed) {
  SimulationOptions options;
  options.simulations = simulations;
  options.seed = seed;
  return options;
}

// tests/test_evaluations.py of pyCSEP.
TEST(LikelihoodTestTest, ReproducesTheFixtureOfPyCsep) {
  NumpyRandom random(0);
  EXPECT_EQ(CatalogueSampler({1, 1, 1, 1}).Draw(4, random), (std::vector<int64_t>{0, 0, 4, 0}));
  const ConsistencyTest test = ConditionalLikelihoodTest({2, {1, 1, 1, 1}, {1, 1, 1, 1}}, Options(1, 0)).value();
  EXPECT_EQ(test.observed, -4);
  EXPECT_NEAR(test.simulated[0], -7.178053830347945, 1e-14);
  EXPECT_EQ(test.quantile, 1);
}

TEST(BinaryLikelihoodTestTest, ReproducesTheFixtureOfPyCsep) {
  const GriddedForecast forecast = {3, {.1, .3, .4, .2, .1, .1}, {0, 1, 2, 1, 1, 0}};
  EXPECT_NEAR(BinaryJointLogLikelihood(forecast.rates, forecast.observed).value(), -6.7197988064, 5e-11);
  NumpyRandom random(0);
  EXPECT_EQ(CatalogueSampler(forecast.rates).DrawActive(4, random), (std::vector<int64_t>{0, 0, 1, 1, 1, 1}));
  const ConsistencyTest test = BinaryLikelihoodTest(forecast, Options(1, 0)).value();
  EXPECT_NEAR(test.observed, -6.7197988064, 5e-11);
  EXPECT_NEAR(test.simulated[0], -7.921741654647629, 1e-13);
  EXPECT_EQ(test.quantile, 1);
}

TEST(GriddedBrierTestTest, ReproducesTheFixtureOfPyCsep) {
  EXPECT_NEAR(GriddedBrierScore({1}, {1}).value(), -.2706705664732254, 1e-15);
  EXPECT_NEAR(GriddedBrierScore({1}, {0}).value(), -.79915280178745607, 1e-15);
  // Seed 1 draws 1, 1, 1, 1, 0, 0; the scores were computed with numpy.
  const GriddedForecast forecast = {3, {.3, .2, .1, .2, .1, .1}, {0, 1, 2, 1, 1, 0}};
  NumpyRandom random(1);
  EXPECT_EQ(CatalogueSampler(forecast.rates).DrawActive(4, random), (std::vector<int64_t>{1, 1, 1, 1, 0, 0}));
  const ConsistencyTest test = GriddedBrierTest(forecast, Options(1, 1)).value();
  EXPECT_NEAR(test.observed, -1.0181109033212985, 1e-14);
  EXPECT_NEAR(test.simulated[0], -0.9087647717518039, 1e-14);
}

double Mean(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}

// Three cells of four magnitudes. References: a numpy program of the same definitions,
// numpy.random.seed(11), 200 simulations.
GriddedForecast ThreeCells() {
  return {4, {.9, .3, .1, .05, 2.0, .7, .2, .1, .4, .15, .05, .02}, {1, 0, 0, 0, 2, 1, 0, 1, 0, 0, 0, 0}};
}

TEST(GriddedTestsTest, AgreeWithNumpyOnThreeCells) {
  const ConsistencyTest l = LikelihoodTest(ThreeCells(), Options(200, 11)).value();
  EXPECT_NEAR(l.observed, -7.041473372030659, 1e-12);
  EXPECT_NEAR(l.simulated[1], -6.80258146374831, 1e-12);
  EXPECT_NEAR(Mean(l.simulated), -7.719423226454398, 1e-12);
  EXPECT_NEAR(l.quantile, 0.55, 1e-12);
  const ConsistencyTest cl = ConditionalLikelihoodTest(ThreeCells(), Options(200, 11)).value();
  EXPECT_NEAR(cl.observed, -7.041383010402844, 1e-12);
  EXPECT_NEAR(Mean(cl.simulated), -7.287098736322657, 1e-12);
  EXPECT_NEAR(cl.quantile, 0.505, 1e-12);
  const ConsistencyTest s = SpatialTest(ThreeCells(), Options(200, 11)).value();
  EXPECT_NEAR(s.observed, -3.4534097215973536, 1e-12);
  EXPECT_NEAR(Mean(s.simulated), -4.078742797443908, 1e-12);
  EXPECT_NEAR(s.quantile, 1, 1e-12);
  const ConsistencyTest m = MagnitudeTest(ThreeCells(), Options(200, 11)).value();
  EXPECT_NEAR(m.observed, -4.812096601739654, 1e-12);
  EXPECT_NEAR(Mean(m.simulated), -4.201710002753451, 1e-12);
  EXPECT_NEAR(m.quantile, 0.2, 1e-12);
}

TEST(GriddedTestsTest, AForecastOfItsOwnCatalogueIsNotDoubted) {
  const std::vector<double> rates = {5, 3, 1, 8, 2, 1};
  NumpyRandom random(77);
  int doubted = 0;
  for (uint32_t i = 0; i < 100; ++i) {
    const GriddedForecast forecast = {2, rates, CatalogueSampler(rates).Draw(random.Poisson(20), random)};
    doubted += LikelihoodTest(forecast, Options(200, 1000 + i))->quantile < 0.05 ? 1 : 0;
  }
  EXPECT_LE(doubted, 12);  // 5 expected of 100
}

TEST(GriddedTestsTest, AnEventWhereTheRateIsZeroIsImpossible) {
  const GriddedForecast forecast = {1, {1, 0, 2}, {1, 1, 0}};
  const ConsistencyTest test = ConditionalLikelihoodTest(forecast, Options(50, 1)).value();
  EXPECT_TRUE(std::isinf(test.observed));
  EXPECT_EQ(test.quantile, 0);
  for (const double simulated : test.simulated) EXPECT_TRUE(std::isfinite(simulated));
  EXPECT_TRUE(std::isinf(BinaryJointLogLikelihood(forecast.rates, forecast.observed).value()));
}

TEST(CatalogueSamplerTest, EndsEvenWhereOneBinHasAllTheRate) {
  NumpyRandom random(5);
  EXPECT_EQ(CatalogueSampler({1, 1e-30, 0, 1e-20}).DrawActive(3, random), (std::vector<int64_t>{1, 1, 0, 1}));
}

TEST(GriddedTestsTest, RefuseBinsThatDoNotFit) {
  const SimulationOptions options = Options(1, 0);
  EXPECT_FALSE(LikelihoodTest({1, {}, {}}, options).ok());
  EXPECT_FALSE(LikelihoodTest({1, {1, 1}, {1}}, options).ok());
  EXPECT_FALSE(LikelihoodTest({1, {1, -1}, {1, 0}}, options).ok());
  EXPECT_FALSE(LikelihoodTest({1, {1, std::nan("")}, {1, 0}}, options).ok());
  EXPECT_FALSE(LikelihoodTest({1, {0, 0}, {0, 0}}, options).ok());
  EXPECT_FALSE(LikelihoodTest({1, {1, 1}, {1, -1}}, options).ok());
  EXPECT_FALSE(LikelihoodTest({1, {1, 1e9}, {1, 1}}, options).ok());  // would be drawn event by event
  EXPECT_FALSE(LikelihoodTest({1, {1, 1}, {1, int64_t{1} << 62}}, options).ok());
  EXPECT_FALSE(SpatialTest({2, {1, 1, 1}, {1, 0, 0}}, options).ok());
  EXPECT_FALSE(SpatialTest({0, {1, 1, 1}, {1, 0, 0}}, options).ok());
  EXPECT_FALSE(LikelihoodTest({1, {1, 1}, {1, 0}}, Options(0, 0)).ok());
  EXPECT_FALSE(PoissonJointLogLikelihood({1}, {}).ok());
  EXPECT_FALSE(GriddedBrierScore({std::nan("")}, {1}).ok());
}

TEST(GriddedTestsTest, NeedAnEventUnlessTheNumberIsDrawnToo) {
  const GriddedForecast quiet = {1, {1, 1}, {0, 0}};
  EXPECT_TRUE(LikelihoodTest(quiet, Options(10, 0)).ok());
  for (const auto& test :
       {ConditionalLikelihoodTest, SpatialTest, MagnitudeTest, BinaryLikelihoodTest, GriddedBrierTest}) {
    EXPECT_EQ(test(quiet, Options(10, 0)).status().code(), absl::StatusCode::kFailedPrecondition);
  }
  EXPECT_EQ(BinaryLikelihoodTest({1, {1, 0}, {1, 1}}, Options(10, 0)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tremorcast
