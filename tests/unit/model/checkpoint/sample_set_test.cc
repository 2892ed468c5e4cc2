#include "model/checkpoint/sample_set.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::ElementsAre;

TEST(SampleSetTest, LongWindowsAreAveragedDownWhenAdded) {
  MemoryWindowSource source(1, 2);
  EXPECT_EQ(source.Add(StationId("a"), {1, 3, kMissing, 8}), 0);
  EXPECT_EQ(source.Add(StationId("b"), {5, 6}), 1);
  std::vector<float> out(2);
  ASSERT_TRUE(source.Read(0, absl::MakeSpan(out)).ok());
  EXPECT_THAT(out, ElementsAre(2, 8));
  ASSERT_TRUE(source.Read(1, absl::MakeSpan(out)).ok());
  EXPECT_THAT(out, ElementsAre(5, 6));
  EXPECT_FALSE(source.Read(2, absl::MakeSpan(out)).ok());
}

TEST(SampleSetTest, StationModeMakesOneSampleOfEachWindowAndRemembersItsOrigin) {
  MemoryWindowSource source(1, 1);
  for (int i = 0; i < 3; ++i) source.Add(StationId("a"), {0});
  const SampleSet set{&source, {{7, RegionId("r"), 2, {0, 1}}, {8, RegionId("s"), 0, {2}}}};
  std::vector<int> origin;
  const SampleSet stations = ExpandToStations(set, &origin);
  EXPECT_THAT(origin, ElementsAre(0, 0, 1));
  ASSERT_EQ(stations.samples.size(), 3u);
  EXPECT_EQ(stations.samples[1].issue, 7);
  EXPECT_EQ(stations.samples[1].label, 2);
  EXPECT_THAT(stations.samples[1].windows, ElementsAre(1));
}

TEST(SampleSetTest, RefusesSamplesThatPointNowhere) {
  MemoryWindowSource source(1, 1);
  source.Add(StationId("a"), {0});
  EXPECT_TRUE((SampleSet{&source, {{0, RegionId("r"), 4, {0}}}}.Validate(5).ok()));
  EXPECT_FALSE((SampleSet{&source, {{0, RegionId("r"), 5, {0}}}}.Validate(5).ok()));
  EXPECT_FALSE((SampleSet{&source, {{0, RegionId("r"), 0, {1}}}}.Validate(5).ok()));
  EXPECT_FALSE((SampleSet{&source, {{0, RegionId("r"), 0, {}}}}.Validate(5).ok()));
  EXPECT_FALSE((SampleSet{nullptr, {}}.Validate(5).ok()));
}

TEST(SampleSetTest, StratifiedSplitTakesItsShareOfEachClassOnce) {
  std::vector<int> labels(40);
  for (int i = 0; i < 40; ++i) labels[static_cast<size_t>(i)] = i / 10;  // sorted by class, as BasicMotions is
  const TwoWaySplit split = StratifiedSplit(labels, 0.25, 1);
  EXPECT_EQ(split.first.size() + split.second.size(), 40u);
  for (int k = 0; k < 4; ++k) {
    const auto in_class = [&](int i) { return labels[static_cast<size_t>(i)] == k; };
    EXPECT_EQ(std::count_if(split.first.begin(), split.first.end(), in_class), 7);
    EXPECT_EQ(std::count_if(split.second.begin(), split.second.end(), in_class), 3);
  }
  std::vector<int> all = split.first;
  all.insert(all.end(), split.second.begin(), split.second.end());
  std::sort(all.begin(), all.end());
  EXPECT_TRUE(std::adjacent_find(all.begin(), all.end()) == all.end());
  EXPECT_EQ(StratifiedSplit(labels, 0.25, 1).second, split.second);
  EXPECT_NE(StratifiedSplit(labels, 0.25, 2).second, split.second);
}

}  // namespace
}  // namespace tremorcast
