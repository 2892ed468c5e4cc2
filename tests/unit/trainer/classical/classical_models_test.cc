#include "trainer/classical/classical_models.h"

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

FeatureMatrix Matrix(int columns, std::vector<float> values) { return {columns, std::move(values)}; }

int Argmax(const std::vector<double>& row) {
  return static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin());
}

// Class 1 in one of ten rows, two noisy columns shifted by 1.5, and a useless one.
struct Rare {
  FeatureMatrix rows;
  std::vector<int> labels;
};
Rare RareClass(uint64_t seed) {
  Random random(seed);
  Rare rare;
  rare.rows.columns = 3;
  for (int i = 0; i < 600; ++i) {
    const int label = i % 10 == 0 ? 1 : 0;
    rare.labels.push_back(label);
    for (int c = 0; c < 3; ++c)
      rare.rows.values.push_back(static_cast<float>(random.Normal() + (c < 2 ? 1.5 * label : 0)));
  }
  return rare;
}

double Recall(const ClassicalModel& model, const Rare& rare, int label) {
  const auto scores = model.Scores(rare.rows);
  double right = 0, all = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (rare.labels[i] != label) continue;
    ++all;
    right += Argmax(scores[i]) == label;
  }
  return right / all;
}

TEST(WeightedTreeTest, LeavesHoldWeightedShares) {
  // x <= 2 separates: three of class 0 and one of class 2 on the left, one of class 2 on the right.
  // Weights 5 / (2 n): class 0: 5/6, class 2: 5/4. No class 1.
  const FeatureMatrix rows = Matrix(1, {1, 1, 1, 1, 3});
  TreeOptions options;
  options.max_depth = 1;
  options.min_split = 2;
  options.smoothing = .1;
  const auto tree = FitWeightedTree(rows, {0, 0, 0, 2, 2}, 3, options);
  ASSERT_TRUE(tree.ok()) << tree.status();
  const auto scores = (*tree)->Scores(Matrix(1, {0, 9}));
  const double left = 2.5 + 1.25 + .3, right = 1.25 + .3;
  EXPECT_THAT(scores[0], ElementsAre(DoubleNear(std::log(2.6 / left), 1e-9), DoubleNear(std::log(.1 / left), 1e-9),
                                     DoubleNear(std::log(1.35 / left), 1e-9)));
  EXPECT_THAT(scores[1], ElementsAre(DoubleNear(std::log(.1 / right), 1e-9), DoubleNear(std::log(.1 / right), 1e-9),
                                     DoubleNear(std::log(1.35 / right), 1e-9)));
}

TEST(WeightedTreeTest, WeightsDecideWhichColumnIsSplit) {
  // Ten rows of class 1 among 100. The first column singles out four of them and nothing else:
  // plain Gini's choice. The second holds nine of them and 25 others: better where both classes
  // weigh the same.
  FeatureMatrix rows = Matrix(2, {});
  std::vector<int> labels;
  for (int i = 0; i < 100; ++i) {
    labels.push_back(i < 10 ? 1 : 0);
    rows.values.push_back(i < 4 ? 1 : 0);
    rows.values.push_back(i < 9 || (i >= 10 && i < 35) ? 1 : 0);
  }
  TreeOptions options;
  options.max_depth = 1;
  const auto tree = FitWeightedTree(rows, labels, 2, options);
  ASSERT_TRUE(tree.ok()) << tree.status();
  const auto scores = (*tree)->Scores(Matrix(2, {0, 1, 1, 0}));
  EXPECT_EQ(Argmax(scores[0]), 1);
  EXPECT_EQ(Argmax(scores[1]), 0);
}

TEST(WeightedTreeTest, WeightsMakeARareClassCount) {
  const Rare train = RareClass(1), test = RareClass(2);
  TreeOptions options;
  options.max_depth = 3;
  const auto tree = FitWeightedTree(train.rows, train.labels, 2, options);
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_GT(Recall(**tree, test, 1), .6);
  EXPECT_GT(Recall(**tree, test, 0), .6);
}

TEST(WeightedSvmTest, ScoresArePositiveOnTheSideOfTheClass) {
  // Margins at x = 1 and x = 3: the value of class 0 is 2 - x, in whatever units the column comes.
  const FeatureMatrix rows = Matrix(1, {100, 0, 300, 400});
  SvmOptions options;
  options.c = 1000;
  const auto svm = FitWeightedSvm(rows, {0, 0, 2, 2}, 3, options);
  ASSERT_TRUE(svm.ok()) << svm.status();
  const auto scores = (*svm)->Scores(Matrix(1, {100, 200, 400}));
  EXPECT_THAT(scores[0], ElementsAre(DoubleNear(1, 1e-2), kNoClassScore, DoubleNear(-1, 1e-2)));
  EXPECT_THAT(scores[1], ElementsAre(DoubleNear(0, 1e-2), kNoClassScore, DoubleNear(0, 1e-2)));
  EXPECT_THAT(scores[2], ElementsAre(DoubleNear(-2, 1e-2), kNoClassScore, DoubleNear(2, 1e-2)));
}

TEST(WeightedSvmTest, WeightsMakeARareClassCount) {
  const Rare train = RareClass(1), test = RareClass(2);
  const auto svm = FitWeightedSvm(train.rows, train.labels, 2, {});
  ASSERT_TRUE(svm.ok()) << svm.status();
  EXPECT_GT(Recall(**svm, test, 1), .75);
  EXPECT_GT(Recall(**svm, test, 0), .75);
}

TEST(ClassicalModelsTest, TheSameRowsGiveTheSameNumbers) {
  const Rare train = RareClass(1), test = RareClass(2);
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ((*FitWeightedSvm(train.rows, train.labels, 2, {}))->Scores(test.rows),
              (*FitWeightedSvm(train.rows, train.labels, 2, {}))->Scores(test.rows));
    EXPECT_EQ((*FitWeightedTree(train.rows, train.labels, 2, {}))->Scores(test.rows),
              (*FitWeightedTree(train.rows, train.labels, 2, {}))->Scores(test.rows));
  }
}

TEST(ClassicalModelsTest, RefuseWhatTheyCannotFit) {
  const FeatureMatrix rows = Matrix(1, {1, 2});
  const auto codes = [&](const FeatureMatrix& matrix, std::vector<int> labels) {
    const auto tree = FitWeightedTree(matrix, labels, 2, {}).status().code();
    EXPECT_EQ(FitWeightedSvm(matrix, labels, 2, {}).status().code(), tree);
    return tree;
  };
  EXPECT_EQ(codes(rows, {0}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(codes(rows, {0, 2}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(codes(Matrix(1, {1, NAN}), {0, 1}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(codes(rows, {1, 1}), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tremorcast
