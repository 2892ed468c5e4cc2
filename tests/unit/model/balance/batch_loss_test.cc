#include "model/balance/batch_loss.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "model/balance/map_augmentation.h"

namespace tremorcast {
namespace {

// 90 rows of class 0, 9 of class 1, 1 of class 2.
std::vector<int> Labels() {
  std::vector<int> labels(90, 0);
  labels.insert(labels.end(), 9, 1);
  labels.push_back(2);
  return labels;
}

torch::Tensor Logits() {
  return torch::tensor({{2.0, -1.0, 0.5}, {0.1, 0.2, 0.3}, {-3.0, 4.0, 1.0}, {1.0, 1.0, 1.0}}, torch::kDouble);
}
torch::Tensor Targets() { return torch::tensor({0, 1, 2, 2}, torch::kLong); }
double P(int row, int k) { return torch::softmax(Logits(), 1)[row][k].item<double>(); }

double MeanOf(LossKind kind, int epoch = 0) {
  const BatchLoss loss(kind, Labels(), 3, 60, torch::kCPU);
  return loss.Mean(Logits(), Targets(), epoch).item<double>();
}

TEST(BatchLossTest, PlainCrossEntropyIsTorchs) {
  const double expected = torch::nn::functional::cross_entropy(Logits(), Targets()).item<double>();
  EXPECT_EQ(MeanOf(LossKind::kCrossEntropy), expected);
}

TEST(BatchLossTest, ClassBalancedIsTheMeanOfWeightedLosses) {
  const std::vector<double> w = ClassWeights(RowsByClass(Labels(), 3), LossKind::kClassBalanced);
  double sum = 0;
  const std::vector<int> y = {0, 1, 2, 2};
  for (int i = 0; i < 4; ++i)
    sum -= w[static_cast<size_t>(y[static_cast<size_t>(i)])] * std::log(P(i, y[static_cast<size_t>(i)]));
  EXPECT_NEAR(MeanOf(LossKind::kClassBalanced), sum / 4, 1e-6);
}

TEST(BatchLossTest, FocalIsItsClosedFormAndSoIsItsGradient) {
  const std::vector<int> y = {0, 1, 2, 2};
  double sum = 0;
  for (int i = 0; i < 4; ++i) {
    const double p = P(i, y[static_cast<size_t>(i)]);
    sum -= std::pow(1 - p, 2) * std::log(p);
  }
  EXPECT_NEAR(MeanOf(LossKind::kFocal), sum / 4, 1e-12);

  const torch::Tensor logits = Logits().set_requires_grad(true);
  BatchLoss(LossKind::kFocal, Labels(), 3, 60, torch::kCPU).Mean(logits, Targets(), 0).backward();
  for (int i = 0; i < 4; ++i) {
    const int t = y[static_cast<size_t>(i)];
    const double p = P(i, t);
    // d/dp of -(1 - p)^2 ln p, times dp/dz_k = p (1[k = t] - p_k).
    const double slope = 2 * (1 - p) * std::log(p) - (1 - p) * (1 - p) / p;
    for (int k = 0; k < 3; ++k) {
      EXPECT_NEAR(logits.grad()[i][k].item<double>(), slope * p * ((k == t) - P(i, k)) / 4, 1e-9);
    }
  }
}

TEST(BatchLossTest, FocalHasAGradientForRowsThatAreCertain) {
  const torch::Tensor logits = torch::tensor({{200.0, 0.0, 0.0}}, torch::kDouble).set_requires_grad(true);
  BatchLoss(LossKind::kFocal, Labels(), 3, 60, torch::kCPU)
      .Mean(logits, torch::tensor({0}, torch::kLong), 0)
      .backward();
  EXPECT_TRUE(torch::isfinite(logits.grad()).all().item<bool>());
}

TEST(BatchLossTest, LdamTakesTheMarginOffTheTrueClassAndWeighsLater) {
  const std::vector<double> counts = RowsByClass(Labels(), 3);
  const std::vector<double> margins = LdamMargins(counts), w = ClassWeights(counts, LossKind::kLdam);
  EXPECT_NEAR(margins[0] / margins[2], std::pow(90, -0.25), 1e-12);
  double plain = 0, weighted = 0;
  const std::vector<int> y = {0, 1, 2, 2};
  for (int i = 0; i < 4; ++i) {
    const size_t t = static_cast<size_t>(y[static_cast<size_t>(i)]);
    double sum = 0;
    const auto z = [&](int k) {
      return Logits()[i][k].item<double>() - (static_cast<size_t>(k) == t ? kLdamScale * margins[t] : 0);
    };
    for (int k = 0; k < 3; ++k) sum += std::exp(z(k));
    const double loss = std::log(sum) - z(static_cast<int>(t));
    plain += loss / 4;
    weighted += w[t] * loss / 4;
  }
  EXPECT_EQ(BatchLoss(LossKind::kLdam, Labels(), 3, 60, torch::kCPU).plain_epochs(), kLdamPlainEpochs);
  EXPECT_NEAR(MeanOf(LossKind::kLdam, kLdamPlainEpochs - 1), plain, 1e-5);
  EXPECT_NEAR(MeanOf(LossKind::kLdam, kLdamPlainEpochs), weighted, 1e-5);
  // A short training weighs in its last epoch at least, which is the only one that may be kept.
  EXPECT_EQ(BatchLoss(LossKind::kLdam, Labels(), 3, 4, torch::kCPU).plain_epochs(), 3);
  EXPECT_EQ(BatchLoss(LossKind::kLdam, Labels(), 3, 1, torch::kCPU).plain_epochs(), 0);
  EXPECT_EQ(BatchLoss(LossKind::kFocal, Labels(), 3, 60, torch::kCPU).plain_epochs(), 0);
}

NetworkConfig SmallNetwork() {
  NetworkConfig config;
  config.channels = 6;
  config.input_slots = config.slots = 24;
  config.classes = 3;
  return config;
}

TEST(BatchLossTest, AFoldedHeadAnswersWhatWasTrained) {
  torch::manual_seed(5);
  const torch::NoGradGuard no_grad;
  const NetworkConfig config = SmallNetwork();
  Classifier head(config);
  head->eval();
  const torch::Tensor x = torch::randn({4, config.classifier_channels(), 3});
  const BatchLoss loss(LossKind::kLdam, Labels(), 3, 60, torch::kCPU);
  const torch::Tensor trained = loss.LogitsOf(*head, x);
  EXPECT_LE(trained.abs().max().item<double>(), kLdamScale * (1 + 1e-6));
  EXPECT_FALSE(torch::allclose(head->forward(x), trained, 1e-2, 1e-2));
  loss.Fold(*head);
  EXPECT_TRUE(torch::allclose(head->forward(x), trained, 1e-5, 1e-5));
  // What is plain already is left alone.
  Classifier plain(config);
  plain->eval();
  const torch::Tensor before = plain->forward(x);
  BatchLoss(LossKind::kFocal, Labels(), 3, 60, torch::kCPU).Fold(*plain);
  EXPECT_TRUE(torch::equal(plain->forward(x), before));
}

TEST(SmoteTest, NeighboursAreTheNearestOfTheSameClass) {
  // On a line: class 0 everywhere, class 1 at 0, 1, 2, 4, 8, 16, 32.
  std::vector<int> labels(93, 0);
  std::vector<float> place(93);
  for (size_t i = 0; i < 93; ++i) place[i] = 0.4f + static_cast<float>(i) / 3;
  for (float x : {0.f, 1.f, 2.f, 4.f, 8.f, 16.f, 32.f}) {
    labels.push_back(1);
    place.push_back(x);
  }
  std::vector<int> asked;
  const auto smote =
      Smote::Create(labels, {.5, .5}, [&](const std::vector<int>& rows) -> absl::StatusOr<torch::Tensor> {
        std::vector<float> values;
        for (int row : rows) values.push_back(place[static_cast<size_t>(row)]);
        asked.insert(asked.end(), rows.begin(), rows.end());
        return torch::tensor(values).view({-1, 1, 1}).expand({-1, 2, 3}).contiguous();
      });
  ASSERT_TRUE(smote.ok()) << smote.status();
  EXPECT_EQ(asked, (std::vector<int>{93, 94, 95, 96, 97, 98, 99}));  // class 0 has rows enough
  EXPECT_EQ(smote->Neighbours(93), (std::vector<int>{94, 95, 96, 97, 98}));
  EXPECT_EQ(smote->Neighbours(99), (std::vector<int>{98, 97, 96, 95, 94}));
  EXPECT_TRUE(smote->Neighbours(0).empty());
}

TEST(SmoteTest, DrawsBeyondAClasssOwnRowsAreMadeUp) {
  std::vector<int> labels(90, 0);
  labels.insert(labels.end(), 9, 1);
  labels.push_back(2);  // alone: nothing to go towards
  const std::vector<double> shares = {1 / 3., 1 / 3., 1 / 3.};
  const auto smote = Smote::Create(labels, shares, [](const std::vector<int>& rows) -> absl::StatusOr<torch::Tensor> {
    return torch::arange(static_cast<int64_t>(rows.size()), torch::kFloat).view({-1, 1});
  });
  ASSERT_TRUE(smote.ok());
  Random random(1);
  int made_up = 0;
  for (int i = 0; i < 3000; ++i) {
    const Smote::Step step = smote->Draw(90 + i % 9, shares, random);
    EXPECT_TRUE(step.towards >= 90 && step.towards < 99);
    EXPECT_TRUE(step.way >= 0 && step.way < 1);
    EXPECT_TRUE(step.way == 0 || step.towards != 90 + i % 9);
    made_up += step.way > 0 ? 1 : 0;
    EXPECT_EQ(smote->Draw(i % 90, shares, random).way, 0);
    EXPECT_EQ(smote->Draw(99, shares, random).way, 0);
  }
  // 9 of the 33.3 draws of an epoch are the class's own rows: .73, standard deviation .008.
  EXPECT_NEAR(made_up / 3000., 1 - 9 / (100 / 3.), 0.04);
  // Natural sampling shows each row once, and nothing is left to make up.
  for (int i = 0; i < 100; ++i) EXPECT_EQ(smote->Draw(90 + i % 9, {.9, .09, .01}, random).way, 0);
}

TEST(SmoteTest, MadeUpRowsLieOnTheSegment) {
  torch::manual_seed(1);
  const torch::Tensor from = torch::randn({3, 4, 5}), to = torch::randn({3, 4, 5});
  const torch::Tensor between = Between(from, to, {0, 0.25, 0.9});
  EXPECT_TRUE(torch::equal(between[0], from[0]));
  for (int i = 1; i < 3; ++i) {
    const double whole = (to[i] - from[i]).norm().item<double>();
    const double first = (between[i] - from[i]).norm().item<double>();
    EXPECT_NEAR(first + (to[i] - between[i]).norm().item<double>(), whole, 1e-5);
    EXPECT_NEAR(first / whole, i == 1 ? 0.25 : 0.9, 1e-5);
  }
}

TEST(MixupTest, SharesAreSymmetricBetasAndPartnersAPermutation) {
  Random random(3);
  double sum = 0, squares = 0;
  const int draws = 20000;
  for (int i = 0; i < draws; ++i) {
    Mixture mixture = DrawMixture(7, random);
    ASSERT_TRUE(mixture.share >= 0 && mixture.share <= 1);
    sum += mixture.share;
    squares += (mixture.share - 0.5) * (mixture.share - 0.5);
    std::sort(mixture.partner.begin(), mixture.partner.end());
    ASSERT_EQ(mixture.partner, (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6}));
  }
  // Beta(a, a): mean 1/2, variance 1 / (4 (2 a + 1)) = .1786 for a = .2.
  EXPECT_NEAR(sum / draws, 0.5, 0.015);
  EXPECT_NEAR(squares / draws, 1 / (4 * (2 * kMixupAlpha + 1)), 0.004);
}

// Cross-entropy is linear in the label, so the mixture of two losses is the loss of mixed labels.
TEST(MixupTest, MixedLossesAreThoseOfMixedLabels) {
  const BatchLoss loss(LossKind::kCrossEntropy, Labels(), 3, 60, torch::kCPU);
  const torch::Tensor other = torch::tensor({2, 2, 0, 1}, torch::kLong);
  const double share = 0.3;
  const double mixed = share * loss.Mean(Logits(), Targets(), 0).item<double>() +
                       (1 - share) * loss.Mean(Logits(), other, 0).item<double>();
  const auto one_hot = [](const torch::Tensor& labels) { return torch::one_hot(labels, 3).to(torch::kDouble); };
  const torch::Tensor labels = share * one_hot(Targets()) + (1 - share) * one_hot(other);
  const torch::Tensor expected = -(labels * torch::log_softmax(Logits(), 1)).sum(1).mean();
  EXPECT_NEAR(mixed, expected.item<double>(), 1e-9);
}

TEST(JitterTest, NoiseHasItsDeviationAndNoBias) {
  torch::manual_seed(2);
  const torch::Tensor noise = Jittered(torch::full({50, 20, 20}, 3.0)) - 3.0;
  EXPECT_NEAR(noise.mean().item<double>(), 0, 0.004);
  EXPECT_NEAR(noise.std().item<double>(), kJitterDeviation, 0.003);
}

}  // namespace
}  // namespace tremorcast
