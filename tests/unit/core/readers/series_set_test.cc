#include "core/readers/series_set.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::ElementsAre;

SeriesSet Set(int dimensions, int length, std::vector<std::string> class_names, std::vector<int> labels) {
  SeriesSet set;
  set.dimensions = dimensions;
  set.length = length;
  set.class_names = std::move(class_names);
  set.labels = std::move(labels);
  set.series.assign(set.labels.size(), std::vector<float>(static_cast<size_t>(dimensions * length), 1));
  set.lengths.assign(set.labels.size(), length);
  return set;
}

TEST(SeriesSetTest, ClassNamesSortByValueOnlyWhereAllAreNumbers) {
  EXPECT_THAT(SortedClassNames({"10", "9", "-1", "9"}), ElementsAre("-1", "9", "10"));
  EXPECT_THAT(SortedClassNames({"10", "9", "b", "nan"}), ElementsAre("10", "9", "b", "nan"));
}

TEST(SeriesSetTest, AlignedHalvesHaveOneLengthAndOneListOfClasses) {
  SeriesSet train = Set(2, 2, {"1", "3"}, {0, 1, 1}), test = Set(2, 3, {"2", "3"}, {0, 1});
  ASSERT_TRUE(AlignSeries(train, test).ok());
  EXPECT_THAT(train.class_names, ElementsAre("1", "2", "3"));
  EXPECT_EQ(test.class_names, train.class_names);
  EXPECT_THAT(train.labels, ElementsAre(0, 2, 2));
  EXPECT_THAT(test.labels, ElementsAre(1, 2));
  EXPECT_EQ(train.length, 3);
  const auto nan = ::testing::Truly([](float x) { return std::isnan(x); });
  EXPECT_THAT(train.series[0], ElementsAre(1, 1, nan, 1, 1, nan));
  EXPECT_FALSE(train.equal_length());
  EXPECT_FALSE(train.has_missing());  // padding is not a gap
  EXPECT_TRUE(test.equal_length());
}

TEST(SeriesSetTest, AHeadersOrderOfClassesStaysWhereBothHalvesShareIt) {
  SeriesSet train = Set(1, 2, {"up", "down"}, {0}), test = Set(1, 2, {"up", "down"}, {1});
  ASSERT_TRUE(AlignSeries(train, test).ok());
  EXPECT_THAT(train.class_names, ElementsAre("up", "down"));
}

TEST(SeriesSetTest, HalvesOfOtherDimensionsAreRefused) {
  SeriesSet train = Set(1, 2, {"a"}, {0}), test = Set(2, 2, {"a"}, {0});
  EXPECT_EQ(AlignSeries(train, test).message(), "the training series have 1 dimensions, the test series 2");
}

}  // namespace
}  // namespace tremorcast
