#include "core/observation/window.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1607184000);
constexpr int kSlots = 6;

Slot SlotNumber(int i) { return Slot{SlotContaining(kStart).index + i}; }

std::vector<float> Row(Signal signal, float first) {
  std::vector<float> row(FeatureCount(signal));
  for (size_t i = 0; i < row.size(); ++i) row[i] = first + static_cast<float>(i);
  return row;
}

class WindowBuilderTest : public ::testing::Test {
 protected:
  void Add(Signal signal, int slot, float first, absl::Time available_at = kStart) {
    builder_.AddRow(signal, SlotNumber(slot), Row(signal, first), available_at);
  }
  StationWindow Build() { return std::move(builder_).Build(1, kStart + kWeekLength); }

  WindowBuilder builder_{StationId("9"), kStart, kSlots};
};

TEST_F(WindowBuilderTest, MarksMissingSlotsInsteadOfFillingThem) {
  Add(Signal::kMagn, 0, 10);
  Add(Signal::kMagn, 2, 30);
  const StationWindow window = Build();
  EXPECT_EQ(window.channel(0)[0], 10);
  EXPECT_TRUE(std::isnan(window.channel(0)[1]));
  EXPECT_EQ(window.channel(0)[2], 30);
  EXPECT_TRUE(std::isnan(window.channel(FirstChannel(Signal::kSound))[0]));
}

TEST_F(WindowBuilderTest, LaysRowsOutByChannel) {
  Add(Signal::kSound, 5, 100);
  const StationWindow window = Build();
  ASSERT_EQ(window.values.size(), static_cast<size_t>(kFeatures) * kSlots);
  EXPECT_EQ(window.channel(kMagnFeatures)[5], 100);
  EXPECT_EQ(window.channel(kFeatures - 1)[5], 143);
  EXPECT_EQ(window.values.back(), 143);
}

TEST_F(WindowBuilderTest, KeepsTheFirstOfRepeatedRows) {
  Add(Signal::kMagn, 1, 10);
  Add(Signal::kMagn, 1, 20, kStart + absl::Hours(9));
  const StationWindow window = Build();
  EXPECT_EQ(window.channel(0)[1], 10);
  EXPECT_EQ(window.rows_present[0], 1);
  EXPECT_EQ(window.available_at, kStart);
}

TEST_F(WindowBuilderTest, IgnoresRowsOutside) {
  Add(Signal::kMagn, -1, 10);
  Add(Signal::kMagn, kSlots, 10);
  const StationWindow window = Build();
  EXPECT_EQ(window.rows_present[0], 0);
  EXPECT_EQ(window.available_at, absl::InfinitePast());
  EXPECT_EQ(window.slot_fraction(), 0);
}

TEST_F(WindowBuilderTest, RemembersWhenItsNewestRowBecameAvailable) {
  Add(Signal::kMagn, 0, 1, kStart + absl::Hours(2));
  Add(Signal::kSound, 3, 1, kStart + absl::Hours(1));
  const StationWindow window = Build();
  EXPECT_EQ(window.available_at, kStart + absl::Hours(2));
  EXPECT_DOUBLE_EQ(window.slot_fraction(), 2.0 / 12);
  EXPECT_EQ(window.period(), (Interval{kStart, kStart + kSlots * kSlotLength}));
  EXPECT_EQ(window.key, (WindowKey{StationId("9"), kStart, 1}));
}

TEST_F(WindowBuilderTest, DoesNotDependOnTheOrderOfRows) {
  Add(Signal::kMagn, 4, 40);
  Add(Signal::kMagn, 0, 10);
  WindowBuilder other(StationId("9"), kStart, kSlots);
  other.AddRow(Signal::kMagn, SlotNumber(0), Row(Signal::kMagn, 10), kStart);
  other.AddRow(Signal::kMagn, SlotNumber(4), Row(Signal::kMagn, 40), kStart);
  EXPECT_EQ(Build().content_hash, std::move(other).Build(2, kStart).content_hash);
}

TEST(WindowContentHashTest, SeesEveryValueAndThePeriodButNotTheKindOfNan) {
  std::vector<float> values(kFeatures * kSlots, kMissing);
  const std::string hash = WindowContentHash(kStart, kSlots, values);
  EXPECT_EQ(hash.size(), 32u);
  values[7] = std::bit_cast<float>(0xffc12345u);
  EXPECT_EQ(WindowContentHash(kStart, kSlots, values), hash);
  values[7] = 0;
  EXPECT_NE(WindowContentHash(kStart, kSlots, values), hash);
  values[7] = kMissing;
  values.back() = 1;
  EXPECT_NE(WindowContentHash(kStart, kSlots, values), hash);
  values.back() = kMissing;
  EXPECT_NE(WindowContentHash(kStart + kSlotLength, kSlots, values), hash);
}

TEST_F(WindowBuilderTest, StatisticsRunOverAllPresentSamplesOfSeveralWindows) {
  Add(Signal::kMagn, 0, -10);
  Add(Signal::kMagn, 1, -20);
  const StationWindow one = Build();
  WindowBuilder other_builder(StationId("10"), kStart, kSlots);
  other_builder.AddRow(Signal::kMagn, SlotNumber(3), Row(Signal::kMagn, -60), kStart);
  const StationWindow other = std::move(other_builder).Build(1, kStart);
  const ChannelStatistics s = ChannelStatisticsOf({&one, &other}, 0);
  EXPECT_EQ(s.samples, 3);
  EXPECT_DOUBLE_EQ(s.mean, -30);
  EXPECT_DOUBLE_EQ(s.max, -10);
  const ChannelStatistics none = ChannelStatisticsOf({&one, &other}, kFeatures - 1);
  EXPECT_EQ(none.samples, 0);
  EXPECT_TRUE(std::isnan(none.mean) && std::isnan(none.max));
}

}  // namespace
}  // namespace tremorcast
