#include "core/verification/confusion.h"

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

TEST(ConfusionMatrixTest, ReproducesTheTenDigitsOfTheCheck) {
  const ConfusionMatrix matrix({{60, 4, 2, 1, 1}, {5, 12, 2, 1, 0}, {2, 3, 6, 1, 0}, {1, 1, 1, 4, 1}, {0, 1, 0, 1, 3}});
  const ClassificationMetrics m = matrix.Metrics();
  EXPECT_EQ(matrix.total(), 113);
  EXPECT_NEAR(m.accuracy, 0.7522123894, 5e-11);
  EXPECT_NEAR(m.weighted_recall, 0.7522123894, 5e-11);
  EXPECT_NEAR(m.macro_recall, 0.6164705882, 5e-11);
  EXPECT_NEAR(m.macro_precision, 0.6198472116, 5e-11);
  EXPECT_NEAR(m.mean_of_f1, 0.6178915851, 5e-11);
  EXPECT_NEAR(m.f1_of_means, 0.6181542888, 5e-11);
  EXPECT_NEAR(m.weighted_f1, 0.7519308552, 5e-11);
  EXPECT_NEAR(m.one_vs_rest_accuracy, 0.9008849558, 5e-11);
}

TEST(ConfusionMatrixTest, TheMajorityClassAloneScoresOneOverKInMacroRecall) {
  ConfusionMatrix matrix(5);
  matrix.Add(0, 0, 284);
  matrix.Add(1, 0, 16);
  matrix.Add(2, 0, 7);
  matrix.Add(3, 0, 4);
  matrix.Add(4, 0, 1);
  const ClassificationMetrics m = matrix.Metrics();
  EXPECT_NEAR(m.accuracy, 284.0 / 312, 1e-12);
  EXPECT_NEAR(m.macro_recall, 0.2, 1e-12);
}

TEST(ConfusionMatrixTest, LeavesOutClassesThatNeverShow) {
  ConfusionMatrix matrix(5);
  matrix.Add(0, 0, 3);
  matrix.Add(1, 1, 1);
  EXPECT_NEAR(matrix.Metrics().macro_recall, 1, 1e-12);
  EXPECT_NEAR(matrix.Metrics().one_vs_rest_accuracy, 1, 1e-12);
  EXPECT_EQ(ConfusionMatrix(5).Metrics().accuracy, 0);
}

}  // namespace
}  // namespace tremorcast
