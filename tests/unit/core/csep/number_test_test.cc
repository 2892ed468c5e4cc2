#include "core/csep/number_test.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/verification/binary_outcome.h"
#include "tests/unit/core/toy_fixture.h"

namespace tremorcast {
namespace {

TEST(NumberTestTest, ReproducesTheFixtureOfPyCsep) {
  const NumberTest test = PoissonNumberTest(0.0015, 0).value();
  EXPECT_EQ(test.at_least, 1);
  EXPECT_NEAR(test.at_most, 0.9985011244377109, 1e-15);
}

TEST(NumberTestTest, ReproducesTheFixtureOfEightAgainstFive) {
  const NumberTest poisson = PoissonNumberTest(5, 8).value();
  EXPECT_NEAR(poisson.at_least, 0.133372, 5e-7);
  EXPECT_NEAR(poisson.at_most, 0.931906, 5e-7);
  const NumberTest clustered = NegativeBinomialNumberTest(5, 10, 8).value();
  EXPECT_NEAR(clustered.at_least, 0.193848, 5e-7);
  EXPECT_NEAR(clustered.at_most, 0.866577, 5e-7);
}

// scipy 1.10: poisson.sf(n - 1), poisson.cdf(n), nbinom the same with r = mu^2 / (var - mu).
TEST(NumberTestTest, KeepsItsDigitsInTheTails) {
  EXPECT_NEAR(PoissonNumberTest(5, 8)->at_least, 0.13337167407000744, 1e-14);
  EXPECT_NEAR(PoissonNumberTest(1000, 1100)->at_least, 0.0009626304058665587, 1e-14);
  EXPECT_NEAR(PoissonNumberTest(1000, 900)->at_most, 0.0006977673277963054, 1e-14);
  EXPECT_NEAR(NegativeBinomialNumberTest(5, 10, 8)->at_least, 0.19384765625, 1e-14);
  EXPECT_NEAR(NegativeBinomialNumberTest(5, 10, 8)->at_most, 0.8665771484375, 1e-14);
  EXPECT_NEAR(NegativeBinomialNumberTest(12.3, 31.7, 40)->at_least, 0.0002719136115990344, 1e-14);
  EXPECT_NEAR(NegativeBinomialNumberTest(12.3, 31.7, 3)->at_most, 0.027547586448143143, 1e-14);
  EXPECT_EQ(NegativeBinomialNumberTest(5, 10, 0)->at_least, 1);
}

TEST(NumberTestTest, ReproducesThePoissonBinomialToyFixture) {
  const std::vector<BinaryOutcome> outcomes = ExceedanceOutcomes(ToyForecasts(), 1).value();
  std::vector<double> probabilities;
  for (const BinaryOutcome& outcome : outcomes) probabilities.push_back(outcome.probability);
  const NumberTest test = PoissonBinomialNumberTest(probabilities, 4).value();
  EXPECT_NEAR(test.mean, 2.85, 1e-12);
  EXPECT_NEAR(test.variance, 1.6625, 1e-12);
  EXPECT_NEAR(test.at_least, 0.2991325, 1e-12);
  EXPECT_NEAR(test.at_most, 0.8991625, 1e-12);
}

TEST(NumberTestTest, PoissonBinomialEqualsTheSumOverAllOutcomes) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    RandomStream random({seed});
    std::vector<double> p(10);
    for (double& value : p) value = random.Uniform();
    p[3] = 0;
    p[4] = 1;
    std::vector<double> expected(p.size() + 1, 0);
    for (int outcome = 0; outcome < 1 << 10; ++outcome) {
      double chance = 1;
      int events = 0;
      for (int i = 0; i < 10; ++i) {
        const bool event = (outcome >> i & 1) != 0;
        chance *= event ? p[i] : 1 - p[i];
        events += event ? 1 : 0;
      }
      expected[events] += chance;
    }
    const std::vector<double> mass = PoissonBinomialDistribution(p).value();
    ASSERT_EQ(mass.size(), expected.size());
    for (size_t n = 0; n < mass.size(); ++n) EXPECT_NEAR(mass[n], expected[n], 1e-15) << "seed " << seed;
  }
}

TEST(NumberTestTest, ClusteringMakesTheSameExcessLessSurprising) {
  EXPECT_GT(NegativeBinomialNumberTest(5, 10, 12)->at_least, PoissonNumberTest(5, 12)->at_least);
  EXPECT_NEAR(NegativeBinomialNumberTest(5, 5.00001, 12)->at_least, PoissonNumberTest(5, 12)->at_least, 1e-6);
}

// The functions below the test are called without exceptions: an edge gives a probability, not the
// end of the process.
TEST(NumberTestTest, AnswersAtItsEdgesWithProbabilities) {
  for (const double mean : {1e-300, 1e-5, 3.0, 1e5, 1e9}) {
    for (const int64_t observed : {0, 1, 8, 100000, 1000000000}) {
      for (const double excess : {1e-15, 1e-4, 10.0, 1e290}) {
        const NumberTest poisson = PoissonNumberTest(mean, observed).value();
        const NumberTest clustered = NegativeBinomialNumberTest(mean, mean * (1 + excess), observed).value();
        for (const double p : {poisson.at_least, poisson.at_most, clustered.at_least, clustered.at_most}) {
          EXPECT_TRUE(p >= 0 && p <= 1) << mean << " " << observed << " " << excess << ": " << p;
        }
      }
    }
  }
}

TEST(NumberTestTest, RefusesWhatIsNoCount) {
  EXPECT_FALSE(PoissonNumberTest(0, 1).ok());
  EXPECT_FALSE(PoissonNumberTest(std::nan(""), 1).ok());
  EXPECT_FALSE(PoissonNumberTest(5, -1).ok());
  EXPECT_FALSE(PoissonNumberTest(1.1e9, 1).ok());
  EXPECT_FALSE(PoissonNumberTest(5, 1100000000).ok());
  EXPECT_FALSE(NegativeBinomialNumberTest(5, 5, 1).ok());
  EXPECT_FALSE(NegativeBinomialNumberTest(5, std::nan(""), 1).ok());
  EXPECT_FALSE(PoissonBinomialNumberTest({}, 0).ok());
  EXPECT_FALSE(PoissonBinomialNumberTest({0.5, 1.1}, 0).ok());
  EXPECT_FALSE(PoissonBinomialNumberTest({0.5, std::nan("")}, 0).ok());
  EXPECT_FALSE(PoissonBinomialNumberTest({0.5}, 2).ok());
  EXPECT_FALSE(PoissonBinomialNumberTest({0.5}, -1).ok());
}

}  // namespace
}  // namespace tremorcast
