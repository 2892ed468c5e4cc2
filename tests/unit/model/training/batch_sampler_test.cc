#include "model/training/batch_sampler.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

// 64 items of class 0, 16 of class 1, none of class 2, 4 of class 3.
std::vector<int> Labels() {
  std::vector<int> labels(64, 0);
  labels.insert(labels.end(), 16, 1);
  labels.insert(labels.end(), 4, 3);
  return labels;
}

TEST(BatchSamplerTest, ClassProbabilitiesFollowTheExponent) {
  const auto p = [](Sampling s, int epoch) { return BatchSampler(Labels(), 4, s, 10).ClassProbabilities(epoch); };
  EXPECT_THAT(p(Sampling::kInstance, 0),
              ElementsAre(DoubleNear(64 / 84., 1e-12), DoubleNear(16 / 84., 1e-12), 0, DoubleNear(4 / 84., 1e-12)));
  EXPECT_THAT(p(Sampling::kSquareRoot, 0),
              ElementsAre(DoubleNear(8 / 14., 1e-12), DoubleNear(4 / 14., 1e-12), 0, DoubleNear(2 / 14., 1e-12)));
  EXPECT_THAT(p(Sampling::kClassBalanced, 0),
              ElementsAre(DoubleNear(1 / 3., 1e-12), DoubleNear(1 / 3., 1e-12), 0, DoubleNear(1 / 3., 1e-12)));
  EXPECT_EQ(p(Sampling::kProgressive, 0), p(Sampling::kInstance, 0));
  EXPECT_EQ(p(Sampling::kProgressive, 10), p(Sampling::kClassBalanced, 0));
  EXPECT_NEAR(p(Sampling::kProgressive, 5)[0], (64 / 84. + 1 / 3.) / 2, 1e-12);
}

TEST(BatchSamplerTest, InstanceSamplingShowsEachItemOnce) {
  Random random(1);
  std::vector<int> draws = BatchSampler(Labels(), 4, Sampling::kInstance, 10).Draw(0, random);
  EXPECT_FALSE(std::is_sorted(draws.begin(), draws.end()));
  std::sort(draws.begin(), draws.end());
  std::vector<int> all(84);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(draws, all);
}

TEST(BatchSamplerTest, ClassBalancedDrawsHitEachPresentClassEquallyOften) {
  Random random(1);
  const std::vector<int> labels = Labels();
  const BatchSampler sampler(labels, 4, Sampling::kClassBalanced, 10);
  std::vector<int> counts(4);
  for (int epoch = 0; epoch < 100; ++epoch) {
    for (int item : sampler.Draw(epoch, random)) ++counts[static_cast<size_t>(labels[static_cast<size_t>(item)])];
  }
  // 8400 draws of probability 1/3: standard deviation 43.
  for (int k : {0, 1, 3}) EXPECT_NEAR(counts[static_cast<size_t>(k)], 2800, 215) << k;
  EXPECT_EQ(counts[2], 0);
}

TEST(BatchSamplerTest, PriorIsWhatTheSamplerBalancedAway) {
  const auto prior = [](Sampling s) { return BatchSampler(Labels(), 4, s, 10).BalancedAwayPrior(); };
  // Jeffreys: (n + 1/2) / (N + K/2).
  EXPECT_THAT(prior(Sampling::kClassBalanced), ElementsAre(DoubleNear(64.5 / 86, 1e-12), DoubleNear(16.5 / 86, 1e-12),
                                                           DoubleNear(.5 / 86, 1e-12), DoubleNear(4.5 / 86, 1e-12)));
  EXPECT_THAT(prior(Sampling::kInstance), ElementsAre(.25, .25, .25, .25));
}

TEST(BatchSamplerTest, ALastBatchOfOneIsDropped) {
  EXPECT_THAT(Batches({1, 2, 3, 4, 5}, 2), ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4)));
  EXPECT_THAT(Batches({1, 2, 3, 4, 5}, 3), ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4, 5)));
  EXPECT_TRUE(Batches({1}, 3).empty());
}

}  // namespace
}  // namespace tremorcast
