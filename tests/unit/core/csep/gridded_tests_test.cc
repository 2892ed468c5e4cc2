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

// Three cells of four magnitudes, 4.97 events expected and 6 observed. References: pyCSEP 0.7.0,
// 200 simulations, seed 11.
GriddedForecast ThreeCells() {
  return {4, {.9, .3, .1, .05, 2.0, .7, .2, .1, .4, .15, .05, .02}, {1, 0, 0, 0, 2, 1, 0, 1, 0, 0, 0, 0}};
}

struct Expected {
  double observed, second, mean, quantile;
};

void ExpectTest(const absl::StatusOr<ConsistencyTest>& test, const Expected& expected) {
  ASSERT_TRUE(test.ok()) << test.status();
  const double tolerance = 1e-13 * (10 + std::abs(expected.observed));
  EXPECT_NEAR(test->observed, expected.observed, tolerance);
  EXPECT_NEAR(test->simulated[1], expected.second, tolerance);
  EXPECT_NEAR(Mean(test->simulated), expected.mean, tolerance);
  EXPECT_NEAR(test->quantile, expected.quantile, 1e-12);
}

TEST(GriddedTestsTest, AgreeWithPyCsepOnThreeCells) {
  const GriddedForecast three = ThreeCells();
  const SimulationOptions options = Options(200, 11);
  ExpectTest(LikelihoodTest(three, options), {-7.041473372030659, -6.80258146374831, -7.719423226454398, .55});
  ExpectTest(ConditionalLikelihoodTest(three, options),
             {-7.041473372030659, -6.907941979406136, -7.287189097950471, .505});
  ExpectTest(SpatialTest(three, options), {-3.4534097215973536, -3.643763450088572, -4.078742797443908, 1});
  ExpectTest(MagnitudeTest(three, options), {-4.812096601739652, -4.0899618843064545, -4.201710002753451, .2});
  // pyCSEP's quantile is .555: two catalogues as likely as the observed one, in bins of the same
  // rates, lie 9e-16 above it there by the order of their sum.
  ExpectTest(BinaryLikelihoodTest(three, options), {-4.975758364630058, -6.795581178276554, -5.267074503475168, .565});
  ExpectTest(BinarySpatialTest(three, options), {-.9711481255939007, -.9711481255939007, -1.5333105429548102, 1});
  ExpectTest(GriddedBrierTest(three, options), {-.24854537770527643, -.39817141031895953, -.28463844890555556, .67});
}

TEST(GriddedTestsTest, AgreeWithPyCsepWhereNothingWasObserved) {
  GriddedForecast quiet = ThreeCells();
  quiet.observed.assign(quiet.observed.size(), 0);
  const SimulationOptions options = Options(200, 11);
  ExpectTest(LikelihoodTest(quiet, options), {-4.97, -6.80258146374831, -7.719423226454398, .865});
  ExpectTest(ConditionalLikelihoodTest(quiet, options), {-4.97, -4.97, -4.97, 1});
  ExpectTest(SpatialTest(quiet, options), {0, 0, 0, 1});
  ExpectTest(MagnitudeTest(quiet, options), {0, 0, 0, 1});
  ExpectTest(BinaryLikelihoodTest(quiet, options), {-4.97, -4.97, -4.97, 1});
  ExpectTest(BinarySpatialTest(quiet, options), {-4.97, -4.97, -4.97, 1});
  const double brier = -.26743615610374943;
  ExpectTest(GriddedBrierTest(quiet, options), {brier, brier, brier, 1});
}

// 4,096 cells and 651 events as in pyCSEP's quadtree example, 116 or six times as many expected.
// The rates and counts are written down by a rule; pyCSEP 0.7.0, 100 simulations, seed 5.
GriddedForecast Many(double factor) {
  GriddedForecast forecast;
  for (int i = 0; i < 4096; ++i) {
    forecast.rates.push_back(((37 * i) % 101 + 1) / 1800.0 * factor);
    forecast.observed.push_back((i % 7 == 3 ? 1 : 0) + (i % 53 == 5 ? 1 : 0) - (i % 371 == 3 ? 1 : 0));
  }
  return forecast;
}

TEST(GriddedTestsTest, AgreeWithPyCsepWhereTheNumberIsWrongByFar) {
  const SimulationOptions options = Options(100, 5);
  const GriddedForecast few = Many(1), enough = Many(6);
  ASSERT_EQ(std::accumulate(few.observed.begin(), few.observed.end(), int64_t{0}), 651);
  ExpectTest(LikelihoodTest(few, options), {-2623.3245694825073, -581.2800528225353, -510.50075762112056, 0});
  ExpectTest(ConditionalLikelihoodTest(few, options),
             {-2623.3245694825073, -2367.9420999289946, -2361.060891549543, 0});
  ExpectTest(SpatialTest(few, options), {-2035.501923621467, -1780.1194540679542, -1773.2382456885025, 0});
  ExpectTest(BinaryLikelihoodTest(few, options), {-2566.2382957247273, -2285.8736530425404, -2278.1302062347713, 0});
  ExpectTest(GriddedBrierTest(few, options), {-.2971179000385535, -.29194001302705264, -.2918935239258477, 0});
  ExpectTest(LikelihoodTest(enough, options), {-2036.997488348377, -1822.8442456762832, -1857.7500385798826, 0});
  ExpectTest(ConditionalLikelihoodTest(enough, options),
             {-2036.997488348377, -1781.6150187948642, -1774.7338104154126, 0});
  ExpectTest(SpatialTest(enough, options), {-2035.5019236214666, -1780.1194540679542, -1773.2382456885023, 0});
}

// Whatever the expected number: the catalogues of CL differ in where the events are, not in how
// many.
TEST(GriddedTestsTest, QuantilesOfTheConditionalTestDoNotDependOnTheExpectedNumber) {
  GriddedForecast forecast = ThreeCells();
  const double quantile = ConditionalLikelihoodTest(forecast, Options(500, 3))->quantile;
  EXPECT_GT(quantile, .1);
  EXPECT_LT(quantile, .9);
  for (double& rate : forecast.rates) rate *= 128;
  EXPECT_EQ(ConditionalLikelihoodTest(forecast, Options(500, 3))->quantile, quantile);
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

TEST(GriddedTestsTest, RefuseMoreActiveBinsThanBinsWithARate) {
  const GriddedForecast forecast = {1, {1, 0}, {1, 1}};
  for (const auto& test : {BinaryLikelihoodTest, BinarySpatialTest, GriddedBrierTest}) {
    EXPECT_EQ(test(forecast, Options(10, 0)).status().code(), absl::StatusCode::kFailedPrecondition);
  }
}

}  // namespace
}  // namespace tremorcast
