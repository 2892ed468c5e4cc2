#include "model/balance/class_balance.h"

#include <cmath>
#include <functional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;

TEST(ClassBalanceTest, NamesReadBackAndUnknownOnesAreRefused) {
  for (LossKind loss : {LossKind::kCrossEntropy, LossKind::kClassBalanced, LossKind::kFocal, LossKind::kLdam}) {
    EXPECT_EQ(*ParseLoss(LossName(loss)), loss);
  }
  for (Augmentation a : {Augmentation::kNone, Augmentation::kSmote, Augmentation::kMixup, Augmentation::kJitter}) {
    EXPECT_EQ(*ParseAugmentation(AugmentationName(a)), a);
  }
  for (Treatment t : {Treatment::kRetrained, Treatment::kTauNormalised, Treatment::kScaled, Treatment::kNearestMean}) {
    EXPECT_EQ(*ParseTreatment(TreatmentName(t)), t);
  }
  EXPECT_EQ(*ParseTreatment("lws"), Treatment::kScaled);
  EXPECT_EQ(ParseLoss("hinge").status().message(),
            "loss is 'hinge'; it must be cross-entropy, class-balanced, focal or ldam-drw");
  EXPECT_FALSE(ParseAugmentation("SMOTE!").ok());
  EXPECT_FALSE(ParseTreatment("").ok());
}

// The sum 1 + beta + beta^2 + ... of n terms, term by term.
TEST(ClassBalanceTest, EffectiveNumbersAreTheSumsOfTheirSeries) {
  const std::vector<double> counts = {0, 1, 2, 30, 1000};
  for (double beta : {0.9, 0.999, 0.9999}) {
    const std::vector<double> numbers = EffectiveNumbers(counts, beta);
    for (size_t k = 0; k < counts.size(); ++k) {
      double sum = 0, term = 1;
      for (int i = 0; i < static_cast<int>(counts[k]); ++i, term *= beta) sum += term;
      EXPECT_NEAR(numbers[k], sum, 1e-9 * (1 + sum)) << beta << " " << counts[k];
    }
  }
}

TEST(ClassBalanceTest, WeightsAreInverseEffectiveNumbersWithAMeanOfOne) {
  const std::vector<double> counts = {700, 30, 0, 5};
  const std::vector<double> weights = ClassWeights(counts, LossKind::kClassBalanced);
  const std::vector<double> numbers = EffectiveNumbers(counts, 0.999);
  EXPECT_NEAR(weights[0] + weights[1] + weights[3], 3, 1e-12);
  EXPECT_EQ(weights[2], 0);
  EXPECT_NEAR(weights[0] * numbers[0], weights[1] * numbers[1], 1e-12);
  EXPECT_NEAR(weights[0] * numbers[0], weights[3] * numbers[3], 1e-12);
  EXPECT_THAT(ClassWeights(counts, LossKind::kCrossEntropy), Each(1.0));
  EXPECT_THAT(ClassWeights(counts, LossKind::kFocal), Each(1.0));
  // LDAM's beta is nearer to 1, so its weights are nearer to 1 / n.
  const std::vector<double> late = ClassWeights(counts, LossKind::kLdam);
  EXPECT_GT(late[3] / late[0], weights[3] / weights[0]);
  EXPECT_NEAR(late[3] / late[0], 700 / 5., 0.05 * 140);
}

TEST(ClassBalanceTest, MarginsAreFourthRootsWithTheLargestAHalf) {
  EXPECT_THAT(LdamMargins({1296, 81, 16, 0}),
              ElementsAre(DoubleNear(0.5 * 2 / 6, 1e-12), DoubleNear(0.5 * 2 / 3, 1e-12), DoubleNear(0.5, 1e-12), 0));
}

std::vector<double> Normalised(std::vector<double> p) {
  double sum = 0;
  for (double x : p) sum += x;
  for (double& x : p) x /= sum;
  return p;
}

TEST(PriorAfterLossTest, LossesWithoutWeightsLeaveTheSamplersPriorToTheBit) {
  const std::vector<double> sampled = Normalised({3, 2, 1});
  EXPECT_EQ(PriorAfterLoss(sampled, {10, 5, 1}, LossKind::kCrossEntropy), sampled);
  EXPECT_EQ(PriorAfterLoss(sampled, {10, 5, 1}, LossKind::kFocal), sampled);
}

TEST(PriorAfterLossTest, WeightsOnNaturalSamplingLeaveTheEffectiveNumbers) {
  const std::vector<double> counts = {900, 60, 0};
  const std::vector<double> uniform(3, 1 / 3.), numbers = EffectiveNumbers({900.5, 60.5, .5}, 0.999);
  const std::vector<double> prior = PriorAfterLoss(uniform, counts, LossKind::kClassBalanced),
                            expected = Normalised(numbers);
  for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(prior[k], expected[k], 1e-12);
  EXPECT_GT(prior[2], 0);  // a class that training never saw is not impossible
}

// The number u = z_1 - z_0 that minimises `loss`, by ternary search: the losses below have one
// minimum.
double Minimum(const std::function<double(double)>& loss) {
  double low = -60, high = 60;
  for (int i = 0; i < 200; ++i) {
    const double a = low + (high - low) / 3, b = high - (high - low) / 3;
    (loss(a) < loss(b) ? high : low) = loss(a) < loss(b) ? b : a;
  }
  return (low + high) / 2;
}
double Softplus(double x) { return x > 30 ? x : std::log1p(std::exp(x)); }

// What the header claims of weights: with the prior put back, the best network answers the truth.
TEST(PriorAfterLossTest, TheBestWeightedNetworkWithItsPriorAnswersTheTruth) {
  const std::vector<double> counts = {950, 50};
  const std::vector<double> w = ClassWeights(counts, LossKind::kClassBalanced);
  const std::vector<double> prior = PriorAfterLoss({.5, .5}, counts, LossKind::kClassBalanced);
  for (double truth : {0.02, 0.1, 0.4, 0.8}) {
    const double u = Minimum([&](double z) { return w[1] * truth * Softplus(-z) + w[0] * (1 - truth) * Softplus(z); });
    const double answer = 1 / (1 + std::exp(-(u + std::log(prior[1] / prior[0]))));
    EXPECT_NEAR(answer, truth, 0.015 * truth);  // Jeffreys' half row
  }
}

// And of the focal loss: rising in the truth, and on the right side of one half.
TEST(PriorAfterLossTest, TheBestFocalNetworkOrdersAndSidesAsTheTruth) {
  double before = -100;
  for (double truth : {0.02, 0.2, 0.45, 0.5, 0.55, 0.8, 0.98}) {
    const double u = Minimum([&](double z) {
      const double l1 = Softplus(-z), l0 = Softplus(z);
      return truth * std::pow(1 - std::exp(-l1), kFocalGamma) * l1 +
             (1 - truth) * std::pow(1 - std::exp(-l0), kFocalGamma) * l0;
    });
    EXPECT_GT(u, before);
    before = u;
    EXPECT_EQ(u > 1e-6, truth > 0.5) << truth;
    EXPECT_EQ(u < -1e-6, truth < 0.5) << truth;
  }
}

// And of margins: whatever they are, the side changes where the truth is one half; with weights,
// where the weighted truths are equal.
TEST(PriorAfterLossTest, MarginsMoveNoShareAndLateWeightsDo) {
  const std::vector<double> counts = {950, 50};
  const std::vector<double> margins = LdamMargins(counts), w = ClassWeights(counts, LossKind::kLdam);
  ASSERT_GT(margins[1], 2 * margins[0]);
  const auto best = [&](double truth, double w0, double w1) {
    return Minimum([&](double z) {
      return w1 * truth * Softplus(kLdamScale * margins[1] - z) +
             w0 * (1 - truth) * Softplus(kLdamScale * margins[0] + z);
    });
  };
  EXPECT_LT(best(0.49, 1, 1), -3);
  EXPECT_GT(best(0.51, 1, 1), 3);
  const std::vector<double> prior = PriorAfterLoss({.5, .5}, counts, LossKind::kLdam);
  EXPECT_NEAR(prior[1], 0.05, 0.005);
  EXPECT_LT(best(prior[1] - 0.005, w[0], w[1]), -3);
  EXPECT_GT(best(prior[1] + 0.005, w[0], w[1]), 3);
}

}  // namespace
}  // namespace tremorcast
