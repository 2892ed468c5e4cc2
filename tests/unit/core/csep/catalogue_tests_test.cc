#include "core/csep/catalogue_tests.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "core/csep/catalogue_sampler.h"
#include "core/csep/numpy_random.h"

namespace tremorcast {
namespace {

// Forty catalogues of 0, 1 or 4 events on 12 cells, written down by a rule. No event falls into the
// cells 0, 4, 7 and 8.
CatalogueForecast Forty() {
  constexpr std::array<int32_t, 10> kBins = {0, 0, 0, 1, 0, 1, 2, 0, 0, 3};
  CatalogueForecast forecast = {12, 4, {}};
  for (int32_t j = 0; j < 40; ++j) {
    GriddedCatalogue catalogue;
    for (int32_t e = 0; e < (j * j) % 8; ++e) {
      const int32_t cell = (5 * j + 3 * e * e) % 12;
      catalogue.push_back({cell == 7 ? 2 : cell, kBins[static_cast<size_t>((j + 3 * e) % 10)]});
    }
    forecast.catalogues.push_back(catalogue);
  }
  return forecast;
}

const GriddedCatalogue kFive = {{0, 0}, {3, 1}, {3, 0}, {5, 2}, {1, 0}};  // cell 0 is undersampled
const GriddedCatalogue kThree = {{0, 0}, {7, 1}, {3, 0}};                 // 0 and 7 are
const GriddedCatalogue kLarge = {{0, 3}, {3, 3}, {3, 2}, {5, 2}, {1, 3}, {2, 0}};
const GriddedCatalogue kElsewhere = {{7, 0}};

double Mean(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}

struct Expected {
  TestValidity validity;
  double observed;
  size_t simulated;
  double second, mean, at_least, at_most;
};

void ExpectTest(const absl::StatusOr<CatalogueTest>& test, const Expected& expected) {
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_EQ(test->validity, expected.validity);
  EXPECT_NEAR(test->observed, expected.observed, 1e-12);
  ASSERT_EQ(test->simulated.size(), expected.simulated);
  EXPECT_NEAR(test->simulated[1], expected.second, 1e-12);
  EXPECT_NEAR(Mean(test->simulated), expected.mean, 1e-12);
  EXPECT_NEAR(test->at_least, expected.at_least, 1e-12);
  EXPECT_NEAR(test->at_most, expected.at_most, 1e-12);
}

constexpr TestValidity kNormal = TestValidity::kNormal;
constexpr TestValidity kUndersampled = TestValidity::kUndersampled;

// Figures of pyCSEP 0.7.0 (csep.core.catalog_evaluations) on the same catalogues, on a grid of 4 by
// 3 cells of one degree and edges 3.5, 4, 4.5, 5.
TEST(CatalogueNumberTestTest, AgreesWithPyCsep) {
  ExpectTest(CatalogueNumberTest(Forty(), kFive), {kNormal, 5, 40, 1, 1.5, 0, 1});
  ExpectTest(CatalogueNumberTest(Forty(), kThree), {kNormal, 3, 40, 1, 1.5, .25, .75});
  ExpectTest(CatalogueNumberTest(Forty(), kElsewhere), {kNormal, 1, 40, 1, 1.5, .75, .75});
  ExpectTest(CatalogueNumberTest(Forty(), {}), {kNormal, 0, 40, 1, 1.5, 1, .25});
}

TEST(CatalogueSpatialTestTest, AgreesWithPyCsep) {
  const double second = -1.8556761549829974, mean = -2.09046948991641;
  ExpectTest(CatalogueSpatialTest(Forty(), kFive),
             {kUndersampled, -2.226077290214051, 30, second, mean, .7666666666666667, .23333333333333334});
  ExpectTest(CatalogueSpatialTest(Forty(), kThree),
             {kUndersampled, -2.70805020110221, 30, second, mean, .9, .23333333333333334});
  ExpectTest(CatalogueSpatialTest(Forty(), kLarge),
             {kUndersampled, -2.160285829148417, 30, second, mean, .7666666666666667, .23333333333333334});
}

TEST(CataloguePseudoLikelihoodTestTest, AgreesWithPyCsep) {
  const double second = -2.886294361119891, mean = -3.9038230616192693;
  ExpectTest(CataloguePseudoLikelihoodTest(Forty(), kFive),
             {kUndersampled, -8.782448728423548, 40, second, mean, 1, 0});
  ExpectTest(CataloguePseudoLikelihoodTest(Forty(), kThree),
             {kUndersampled, -3.8025850929940455, 40, second, mean, .675, .425});
  ExpectTest(CataloguePseudoLikelihoodTest(Forty(), kLarge),
             {kUndersampled, -10.274103605201264, 40, second, mean, 1, 0});
}

TEST(CatalogueMagnitudeTestTest, AgreesWithPyCsep) {
  ExpectTest(CatalogueMagnitudeTest(Forty(), kFive), {kNormal, .08613484719809326, 30, .07771476086047166,
                                                      .35844703785760784, .8666666666666667, .13333333333333333});
  ExpectTest(CatalogueMagnitudeTest(Forty(), kThree),
             {kNormal, .03357918279250825, 30, .037164305081876334, .20190310032892242, 1, 0});
  ExpectTest(CatalogueMagnitudeTest(Forty(), kLarge),
             {kNormal, .5058462250783544, 30, .10052313756846458, .43400036325338015, .4, .6});
  ExpectTest(CatalogueMagnitudeTest(Forty(), kElsewhere),
             {kNormal, .02759556232339385, 30, .007068383043609257, .046967135938225026, .7333333333333333, .6});
}

TEST(ResampledMagnitudeTestTest, AgreesWithPyCsep) {
  ExpectTest(ResampledMagnitudeTest(Forty(), kFive, 4),
             {kNormal, .08613484719809326, 40, .1754299779566851, .12727537423374616, .575, .475});
  ExpectTest(ResampledMagnitudeTest(Forty(), kThree, 4),
             {kNormal, .03357918279250824, 40, .0898230277780956, .09991704447365003, 1, .375});
  ExpectTest(ResampledMagnitudeTest(Forty(), kLarge, 4),
             {kNormal, .5058462250783544, 40, .042163864807808954, .1334293664283502, 0, 1});
  ExpectTest(ResampledMagnitudeTest(Forty(), kElsewhere, 4),
             {kNormal, .02759556232339385, 40, .07755102956692991, .05990939684339972, 1, .5});
}

TEST(MultinomialMagnitudeTestTest, AgreesWithPyCsep) {
  ExpectTest(MultinomialMagnitudeTest(Forty(), kFive, 4),
             {kNormal, 6.19916418822692, 40, 5.823926299213607, 6.144720859036011, .5, .55});
  ExpectTest(MultinomialMagnitudeTest(Forty(), kThree, 4),
             {kNormal, 5.6615351095068505, 40, 5.653965099989456, 5.678870777337278, .525, .85});
  ExpectTest(MultinomialMagnitudeTest(Forty(), kLarge, 4),
             {kNormal, 6.334452711504252, 40, 6.287710562954228, 6.315217873925262, .525, .475});
  ExpectTest(MultinomialMagnitudeTest(Forty(), kElsewhere, 4),
             {kNormal, 5.085082807159539, 40, 5.082883376174083, 5.083606692421005, .5, 1});
}

// tests/test_magnitude_tests.py of pyCSEP: three catalogues of 2 and 1, 8 and 4, 12 and 6 events of
// magnitudes 1 and 2.
TEST(MagnitudeTests, ReproduceTheFixturesOfPyCsep) {
  CatalogueForecast forecast = {1, 2, {}};
  for (const int n : {1, 4, 6}) {
    GriddedCatalogue catalogue(static_cast<size_t>(2 * n), {0, 0});
    catalogue.insert(catalogue.end(), static_cast<size_t>(n), {0, 1});
    forecast.catalogues.push_back(catalogue);
  }
  const GriddedCatalogue same = {{0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 1}, {0, 1}};
  const GriddedCatalogue small = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
  const CatalogueTest resampled = ResampledMagnitudeTest(forecast, same, 3).value();
  EXPECT_NEAR(resampled.observed, 0, 1e-15);
  EXPECT_NEAR(resampled.simulated[0], .025001238526499825, 1e-15);
  EXPECT_NEAR(resampled.simulated[1], .2489980945164454, 1e-15);
  EXPECT_NEAR(resampled.simulated[2], .03727780124146953, 1e-15);
  EXPECT_NEAR(ResampledMagnitudeTest(forecast, small, 3)->observed, .1535506203257525, 1e-15);
  const CatalogueTest multinomial = MultinomialMagnitudeTest(forecast, same, 2).value();
  EXPECT_NEAR(multinomial.observed, 2.3691574300045595, 1e-12);
  EXPECT_NEAR(multinomial.simulated[0], 1.752103594329519, 1e-12);
  EXPECT_NEAR(multinomial.simulated[2], 2.3691574300045595, 1e-12);
  EXPECT_NEAR(MultinomialMagnitudeTest(forecast, small, 3)->observed, 1.7348577364545044, 1e-12);
}

// By hand, from the multinomial probabilities 6!/(4! 2!) (4/6)^4 (2/6)^2 and 3 (2/3)^2 (1/3).
TEST(MultinomialScoreTest, KnowsTheClosedForm) {
  EXPECT_NEAR(MultinomialScore({1, 0}, {1, 0}).value(), 2 * std::log(240.0 / 729 / (16.0 / 81)), 1e-14);
  EXPECT_NEAR(MultinomialScore({1, 0}, {0, 1}).value(), 2 * std::log(.3125 / (16.0 / 81)), 1e-14);
  // Long arithmetic (50 digits). pyCSEP has 7.017654155806348, and 7.0548511522 for seven million
  // events, where the logarithm of gamma loses the eighth digit.
  EXPECT_NEAR(MultinomialScore({700, 210, 70, 20}, {7, 0, 2, 1}).value(), 7.01765415581174, 1e-13);
  EXPECT_NEAR(MultinomialScore({7e6, 2.1e6, 7e5, 2e5}, {7, 0, 2, 1}).value(), 7.05485109374080, 1e-13);
}

TEST(MultinomialScoreTest, RefusesWhatAreNoCounts) {
  EXPECT_FALSE(MultinomialScore({}, {}).ok());
  EXPECT_FALSE(MultinomialScore({1, 2}, {1}).ok());
  EXPECT_FALSE(MultinomialScore({1, -1}, {1, 1}).ok());
  EXPECT_FALSE(MultinomialScore({1, 1}, {0, 0}).ok());
  EXPECT_FALSE(MultinomialScore({0, 0}, {1, 1}).ok());
  EXPECT_FALSE(MultinomialScore({1, std::nan("")}, {1, 1}).ok());
}

using AnyTest = absl::StatusOr<CatalogueTest> (*)(const CatalogueForecast&, const GriddedCatalogue&);
const std::vector<AnyTest> kOfEvents = {
    CatalogueSpatialTest, CataloguePseudoLikelihoodTest, CatalogueMagnitudeTest,
    [](const CatalogueForecast& f, const GriddedCatalogue& o) { return ResampledMagnitudeTest(f, o, 1); },
    [](const CatalogueForecast& f, const GriddedCatalogue& o) { return MultinomialMagnitudeTest(f, o, 1); }};

void ExpectNotValid(const absl::StatusOr<CatalogueTest>& test) {
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_EQ(test->validity, TestValidity::kNotValid);
  EXPECT_TRUE(std::isnan(test->observed));
  EXPECT_TRUE(std::isnan(test->at_least));
  EXPECT_TRUE(std::isnan(test->at_most));
}

TEST(CatalogueTests, SayWhereThereIsNothingToCompare) {
  const CatalogueForecast quiet = {12, 4, {{}, {}, {}}};
  for (const AnyTest test : kOfEvents) {
    ExpectNotValid(test(Forty(), {}));
    ExpectNotValid(test(quiet, {}));
    ExpectNotValid(test(quiet, kFive));
  }
  // Every event where no simulated catalogue has one: no place is left, but magnitudes are.
  ExpectNotValid(CatalogueSpatialTest(Forty(), kElsewhere));
  ExpectNotValid(CataloguePseudoLikelihoodTest(Forty(), kElsewhere));
  EXPECT_EQ(CatalogueNumberTest(quiet, {})->at_most, 1);
  EXPECT_EQ(CatalogueNumberTest(quiet, {})->at_least, 1);
  EXPECT_EQ(CatalogueNumberTest(quiet, kFive)->at_least, 0);
}

TEST(CatalogueTests, RefuseEventsOutsideTheBins) {
  std::vector<AnyTest> all = kOfEvents;
  all.push_back(CatalogueNumberTest);
  for (const AnyTest test : all) {
    EXPECT_EQ(test(Forty(), {{12, 0}}).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(test(Forty(), {{0, 4}}).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(test({12, 4, {}}, kFive).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(test({12, 4, {{{-1, 0}}}}, kFive).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(CatalogueTests, DoNotDependOnTheOrderOfEvents) {
  CatalogueForecast turned = Forty();
  for (GriddedCatalogue& catalogue : turned.catalogues) std::reverse(catalogue.begin(), catalogue.end());
  const GriddedCatalogue five(kFive.rbegin(), kFive.rend());
  for (const AnyTest test : kOfEvents) {
    EXPECT_EQ(test(Forty(), kFive)->simulated, test(turned, five)->simulated);
    EXPECT_EQ(test(Forty(), kFive)->observed, test(turned, five)->observed);
  }
}

// Two catalogues of rates .1, .2 and .3, once in this order of cells and once in the other: equally
// likely, but for the rounding of the sum.
TEST(CatalogueTests, TakeSumsInAnotherOrderForTies) {
  const GriddedCatalogue rising = {{0, 0}, {1, 0}, {2, 0}}, falling = {{3, 0}, {4, 0}, {5, 0}};
  CatalogueForecast forecast = {6, 1, {rising, falling, {}, {}}};
  for (const int32_t cell : {1, 2, 2, 3, 3, 4}) forecast.catalogues.push_back({{cell, 0}});
  for (const GriddedCatalogue& observed : {rising, falling}) {
    const CatalogueTest test = CataloguePseudoLikelihoodTest(forecast, observed).value();
    ASSERT_NE(test.simulated[0], test.simulated[1]);
    EXPECT_EQ(test.at_most, .2);
    EXPECT_EQ(test.at_least, 1);
  }
}

// Clustered catalogues: a Poisson number of clusters on given cells, each of 1 to 4 events of
// exponential magnitudes. The forecast and what comes are of one kind.
GriddedCatalogue Clustered(double clusters, double per_bin, NumpyRandom& random) {
  static const CatalogueSampler places({4, 3, 2, 2, 1, 1, 1, 1});
  GriddedCatalogue catalogue;
  const int64_t n = random.Poisson(clusters);
  const std::vector<int64_t> counts = places.Draw(n, random);
  for (size_t cell = 0; cell < counts.size(); ++cell) {
    for (int64_t i = 0; i < counts[cell]; ++i) {
      const int events = 1 + static_cast<int>(4 * random.Uniform());
      for (int e = 0; e < events; ++e) {
        const int bin = static_cast<int>(-std::log(1 - random.Uniform()) / per_bin);
        catalogue.push_back({static_cast<int32_t>(cell), std::min(bin, 9)});
      }
    }
  }
  return catalogue;
}

TEST(CalibrationTestTest, PassesARightModelAndRefusesAWrongOne) {
  NumpyRandom random(20);
  CatalogueForecast forecast = {8, 10, {}};
  for (int i = 0; i < 1000; ++i) forecast.catalogues.push_back(Clustered(20, .5, random));
  std::vector<CatalogueTest> number, space, number_wrong, magnitude, magnitude_wrong;
  for (uint32_t i = 0; i < 100; ++i) {
    const GriddedCatalogue right = Clustered(20, .5, random), wrong = Clustered(28, .8, random);
    number.push_back(CatalogueNumberTest(forecast, right).value());
    space.push_back(CatalogueSpatialTest(forecast, right).value());
    number_wrong.push_back(CatalogueNumberTest(forecast, wrong).value());
    magnitude.push_back(MultinomialMagnitudeTest(forecast, right, i).value());
    magnitude_wrong.push_back(MultinomialMagnitudeTest(forecast, wrong, i).value());
  }
  EXPECT_GT(CalibrationTest(number)->p_value, .01);
  EXPECT_GT(CalibrationTest(space)->p_value, .01);
  EXPECT_GT(CalibrationTest(magnitude)->p_value, .01);
  EXPECT_LT(CalibrationTest(number_wrong)->p_value, 1e-6);
  EXPECT_LT(CalibrationTest(magnitude_wrong)->p_value, 1e-6);
}

// Events whose magnitudes fall off by `per_bin` a bin, all in one cell.
GriddedCatalogue Magnitudes(int events, double per_bin, NumpyRandom& random) {
  GriddedCatalogue catalogue;
  for (int i = 0; i < events; ++i) {
    const int bin = static_cast<int>(-std::log(1 - random.Uniform()) / per_bin);
    catalogue.push_back({0, std::min(bin, 39)});
  }
  return catalogue;
}

CatalogueForecast OfMagnitudes(int catalogues, int events, NumpyRandom& random) {
  CatalogueForecast forecast = {1, 40, {}};
  for (int i = 0; i < catalogues; ++i) forecast.catalogues.push_back(Magnitudes(events, .23, random));
  return forecast;
}

TEST(MultinomialMagnitudeTestTest, HasAnEndForEachError) {
  NumpyRandom random(31);
  const CatalogueForecast forecast = OfMagnitudes(500, 200, random);
  EXPECT_LT(MultinomialMagnitudeTest(forecast, Magnitudes(200, .15, random), 1)->at_least, .01);  // b too large
  EXPECT_LT(MultinomialMagnitudeTest(forecast, Magnitudes(200, .35, random), 1)->at_most, .01);   // b too small
}

// The magnitudes are right, and the number is wrong by a factor of ten: what the resampling is for.
TEST(ResampledMagnitudeTestTest, IsFreeOfTheNumberOfEvents) {
  NumpyRandom random(32);
  const CatalogueForecast forecast = OfMagnitudes(400, 6, random);
  std::vector<CatalogueTest> plain, resampled, multinomial;
  for (uint32_t i = 0; i < 60; ++i) {
    const GriddedCatalogue observed = Magnitudes(60, .23, random);
    plain.push_back(CatalogueMagnitudeTest(forecast, observed).value());
    resampled.push_back(ResampledMagnitudeTest(forecast, observed, i).value());
    multinomial.push_back(MultinomialMagnitudeTest(forecast, observed, i).value());
  }
  EXPECT_LT(CalibrationTest(plain)->p_value, 1e-6);
  EXPECT_GT(CalibrationTest(resampled)->p_value, .01);
  EXPECT_GT(CalibrationTest(multinomial)->p_value, .01);
}

TEST(CalibrationTestTest, TakesTheQuantileAskedForOfValidTests) {
  std::vector<CatalogueTest> tests(4);
  tests[0].at_most = .4, tests[1].at_most = .1, tests[2].at_most = .7;
  tests[0].at_least = tests[1].at_least = tests[2].at_least = 0;
  tests[3].validity = TestValidity::kNotValid;
  tests[3].at_most = tests[3].at_least = std::nan("");
  const UniformityTest at_most = CalibrationTest(tests).value();
  EXPECT_EQ(at_most.values, 3);
  EXPECT_NEAR(at_most.p_value, .8862222222222221, 1e-13);
  EXPECT_EQ(CalibrationTest(tests, Quantile::kAtLeast)->distance, 1);
  EXPECT_EQ(CalibrationTest({}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CalibrationTest({tests[3]}).status().code(), absl::StatusCode::kFailedPrecondition);
  tests[0].at_most = 2;
  EXPECT_EQ(CalibrationTest(tests).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tremorcast
