#include "trainer/classical/window_summary.h"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/tiny_model.h"
#include "trainer/classical/classical_rows.h"

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

// Scaling that gives back x = expm1(v).
float Raw(double v) { return static_cast<float>(std::expm1(v)); }
const Normalisation kPlain(RobustScale{{0, 0}, {1, 1}}, {});

TEST(WindowSummaryTest, SixNumbersPerFeatureWithoutTheMissingSteps) {
  MemoryWindowSource source(2, 14);
  std::vector<float> values(28, kMissing);
  values[0] = Raw(1);
  values[11] = Raw(3);
  values[12] = Raw(2);  // the last seventh is two steps
  const int window = source.Add(StationId("a"), values);
  const SampleSet set{&source, {{0, RegionId("r"), 0, {window}}}};
  const auto matrix = SummariseSamples(set, {0}, kPlain, 14);
  ASSERT_TRUE(matrix.ok()) << matrix.status();
  ASSERT_EQ(matrix->rows(), 1);
  const auto near = [](double x) { return FloatNear(static_cast<float>(x), 1e-5f); };
  EXPECT_THAT(matrix->row(0), ElementsAre(near(2), near(std::sqrt(2 / 3.)), near(1), near(3), near(2), near(11 / 14.),
                                          0, 0, 0, 0, 0, 1));
}

TEST(WindowSummaryTest, StationsOfASampleAreAveraged) {
  MemoryWindowSource source(2, 7);
  std::vector<int> windows;
  for (double v : {1.0, 2.0}) windows.push_back(source.Add(StationId("a"), std::vector<float>(14, Raw(v))));
  const SampleSet set{&source, {{0, RegionId("r"), 0, {windows[0]}}, {0, RegionId("r"), 0, windows}}};
  const auto matrix = SummariseSamples(set, {1}, kPlain, 7);
  ASSERT_TRUE(matrix.ok()) << matrix.status();
  EXPECT_NEAR(matrix->row(0)[0], 1.5, 1e-5);
  EXPECT_NEAR(matrix->row(0)[1], 0, 1e-5);
  EXPECT_NEAR(matrix->row(0)[4], 1.5, 1e-5);
}

TEST(ClassicalRowsTest, FindAPlantedSignalAndNeverReadTestLabels) {
  TinyData data = MakeTinyData({.issues = 200, .strength = 3});
  NetworkConfig network;
  network.channels = 8;
  network.input_slots = network.slots = 24;
  const auto rows = ClassicalRows({data.training(), data.test}, network, {});
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].name, "Weighted-DT");
  EXPECT_EQ((*rows)[1].name, "Weighted-SVM");
  EXPECT_EQ((*rows)[1].parameters, (8 * 6 + 1) * 5);
  for (const StudyRow& row : *rows) {
    double gain = 0;
    for (size_t i = 0; i < data.test.size(); ++i) {
      const Sample& sample = data.set.samples[static_cast<size_t>(data.test[i])];
      const auto y = static_cast<size_t>(sample.label);
      gain +=
          std::log(row.pooled[i][y] / data.climatology.at(sample.region)[y]) / static_cast<double>(data.test.size());
    }
    EXPECT_GT(row.pool_weight, .5) << row.name << ": " << row.pool_reason;
    EXPECT_GT(gain, .3) << row.name;
  }
  for (int i : data.test) data.set.samples[static_cast<size_t>(i)].label = 4;
  const auto again = ClassicalRows({data.training(), data.test}, network, {});
  ASSERT_TRUE(again.ok());
  for (size_t r = 0; r < 2; ++r) EXPECT_EQ((*again)[r].pooled, (*rows)[r].pooled);
}

}  // namespace
}  // namespace tremorcast
