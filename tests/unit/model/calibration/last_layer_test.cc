#include "model/calibration/last_layer.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/checkpoint/random.h"

namespace tremorcast {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

int Argmax(const std::vector<double>& row) {
  return static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin());
}

// Mean over classes of the share that is answered rightly.
double MacroRecall(const Logits& logits, const std::vector<int>& labels, int classes) {
  std::vector<double> right(static_cast<size_t>(classes)), all(static_cast<size_t>(classes));
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto k = static_cast<size_t>(labels[i]);
    ++all[k];
    right[k] += Argmax(logits[i]) == labels[i];
  }
  double sum = 0;
  for (size_t k = 0; k < all.size(); ++k) sum += right[k] / all[k];
  return sum / classes;
}

TEST(ClassScalesTest, FindTheBalancedAnswerNotTheFrequentOne) {
  // Four equal rows, three of class 0: natural frequencies would want p0 = 3/4, so f0 = ln 3;
  // classes of equal weight want 1/2, so f0 = 0. The score of class 1 is 0 and nothing moves its
  // scale.
  const Logits logits(4, {1.0, 0.0});
  const auto scales = FitClassScales(logits, {0, 0, 0, 1}, 1e-9);
  ASSERT_TRUE(scales.ok()) << scales.status();
  EXPECT_THAT(*scales, ElementsAre(DoubleNear(0, 1e-6), DoubleNear(1, 1e-9)));
}

TEST(ClassScalesTest, RidgeKeepsScalesOfSeparableRowsFinite) {
  const auto scales = FitClassScales({{2.0, 0.0}, {-2.0, 0.0}}, {0, 1}, 1e-2);
  ASSERT_TRUE(scales.ok()) << scales.status();
  // 2 sigmoid(-2 f) = .01 (f - 1): the slope of both rows against the ridge.
  EXPECT_NEAR(2 / (1 + std::exp(2 * (*scales)[0])), .01 * ((*scales)[0] - 1), 1e-9);
  EXPECT_GT((*scales)[0], 1.5);
}

TEST(ClassScalesTest, HelpTheRareClassOfALayerThatFavoursTheFrequentOne) {
  Random random(3);
  Logits logits;
  std::vector<int> labels;
  for (int i = 0; i < 1000; ++i) {
    labels.push_back(i % 10 == 0 ? 1 : 0);
    // One informative number x; the layer scores (2, x): it answers 1 only for x > 2.
    logits.push_back({2.0, labels.back() + .3 * random.Normal()});
  }
  const auto scales = FitClassScales(logits, labels);
  ASSERT_TRUE(scales.ok()) << scales.status();
  EXPECT_LT(MacroRecall(logits, labels, 2), .51);
  EXPECT_GT(MacroRecall(ScaleClasses(logits, *scales), labels, 2), .9);
}

TEST(ClassScalesTest, RefuseWhatCannotBeFitted) {
  EXPECT_EQ(FitClassScales({}, {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FitClassScales({{1, 2}}, {0, 1}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FitClassScales({{1, 2}}, {0}, 0).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(NearestClassMeanTest, ScoresByDistanceOfCentredDirections) {
  // Centre (1, 0). Directions: class 0 (1, 0) and (0, 1), mean (1/2, 1/2); class 1 (-1, 0) and (0,
  // -1).
  const std::vector<std::vector<double>> rows = {{3, 0}, {1, 5}, {-1, 0}, {1, -5}};
  const auto model = NearestClassMean::Fit(rows, {0, 0, 1, 1}, 3);
  ASSERT_TRUE(model.ok()) << model.status();
  const Logits scores = model->Scores({{11, 0}, {1, 0}, {0, -1}});
  // (1, 0): 1/4 + 1/4 to class 0, 9/4 + 1/4 to class 1; class 2 has no rows.
  EXPECT_THAT(scores[0], ElementsAre(DoubleNear(-5, 1e-12), DoubleNear(-25, 1e-12), -40));
  // On the centre: as far from one as from the other.
  EXPECT_THAT(scores[1], ElementsAre(DoubleNear(-5, 1e-12), DoubleNear(-5, 1e-12), -40));
  EXPECT_EQ(Argmax(scores[2]), 1);
}

TEST(NearestClassMeanTest, ALongFeatureVectorWeighsNoMoreThanAShortOne) {
  const std::vector<std::vector<double>> rows = {{1, 1}, {1, -1}, {-1, 1}, {-1, -1}};
  const auto model = NearestClassMean::Fit(rows, {0, 0, 1, 1}, 2);
  ASSERT_TRUE(model.ok());
  const Logits scores = model->Scores({{.1, .05}, {100, 50}});
  for (size_t k = 0; k < 2; ++k) EXPECT_NEAR(scores[0][k], scores[1][k], 1e-9);
}

TEST(NearestClassMeanTest, AsALinearLayerItScoresTheSameUpToTheRow) {
  Random random(8);
  std::vector<std::vector<double>> rows;
  std::vector<int> labels;
  for (int i = 0; i < 40; ++i) {
    labels.push_back(i % 3);  // none of class 3
    rows.push_back({random.Normal() + i % 3, 2 * random.Normal(), random.Normal() - 1});
  }
  const auto model = NearestClassMean::Fit(rows, labels, 4);
  ASSERT_TRUE(model.ok());
  const NearestClassMean::Linear linear = model->AsLinear();
  const Logits scores = model->Scores(rows);
  for (size_t r = 0; r < rows.size(); ++r) {
    double length = 0;
    for (size_t i = 0; i < 3; ++i) length += std::pow(rows[r][i] - linear.centre[i], 2);
    std::vector<double> z = linear.biases;
    for (size_t k = 0; k < 4; ++k) {
      for (size_t i = 0; i < 3; ++i) z[k] += linear.weights[k][i] * (rows[r][i] - linear.centre[i]) / std::sqrt(length);
      EXPECT_NEAR(z[k] - NearestClassMean::kDistanceScale, scores[r][k], 1e-9);
    }
  }
}

TEST(NearestClassMeanTest, RefusesNothingToLearnFrom) {
  EXPECT_EQ(NearestClassMean::Fit({}, {}, 2).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tremorcast
