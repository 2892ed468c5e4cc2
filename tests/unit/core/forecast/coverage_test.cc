#include "core/forecast/coverage.h"

#include <cmath>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1607184000);
constexpr int kSlots = 100;

// Rows that differ from slot to slot, unless `value` gives the same twice.
template <typename Value>
void Fill(WindowBuilder& builder, Signal signal, int from, int to, Value value) {
  for (int i = from; i < to; ++i) {
    const Slot slot{SlotContaining(kStart).index + i};
    builder.AddRow(signal, slot, std::vector<float>(FeatureCount(signal), value(i)), kStart);
  }
}

float Changing(int slot) { return 1.0f + static_cast<float>(slot); }

class CoverageTest : public ::testing::Test {
 protected:
  StationWindow Build() { return std::move(builder_).Build(1, kStart); }
  WindowBuilder builder_{StationId("9"), kStart, kSlots};
  CoveragePolicy policy_;
};

TEST_F(CoverageTest, AStationIsUsableFromThreeQuartersOfTheSlotsOn) {
  Fill(builder_, Signal::kMagn, 0, 75, Changing);
  Fill(builder_, Signal::kSound, 25, 100, Changing);
  EXPECT_TRUE(StationUsable(Build(), policy_));
}

TEST_F(CoverageTest, OneSlotLessIsTooFew) {
  Fill(builder_, Signal::kMagn, 0, 74, Changing);
  Fill(builder_, Signal::kSound, 0, 100, Changing);
  EXPECT_FALSE(StationUsable(Build(), policy_));
}

TEST_F(CoverageTest, OneSignalAloneIsNotEnoughFeatures) {
  Fill(builder_, Signal::kMagn, 0, 100, Changing);
  EXPECT_FALSE(StationUsable(Build(), policy_));
}

TEST_F(CoverageTest, ZeroFilledRowsCountAsMissing) {
  Fill(builder_, Signal::kMagn, 0, 100, Changing);
  Fill(builder_, Signal::kSound, 0, 50, Changing);
  Fill(builder_, Signal::kSound, 50, 100, [](int) { return 0.0f; });
  const StationWindow window = Build();
  ASSERT_TRUE(StationUsable(window, policy_));
  const StationWindow masked = MaskDeadSensors(window, policy_);
  EXPECT_EQ(masked.rows_present[1], 50);
  EXPECT_EQ(masked.channel(kFeatures - 1)[49], 50);
  EXPECT_TRUE(std::isnan(masked.channel(kFeatures - 1)[50]));
  EXPECT_EQ(masked.rows_present[0], 100);
  EXPECT_FALSE(StationUsable(masked, policy_));
  EXPECT_EQ(masked.content_hash, window.content_hash);
  EXPECT_EQ(masked.key, window.key);
}

TEST_F(CoverageTest, ALongRunOfEqualRowsKeepsOnlyItsFirst) {
  Fill(builder_, Signal::kMagn, 0, 20, Changing);
  Fill(builder_, Signal::kMagn, 20, 57, [](int) { return 7.0f; });  // 37 rows
  Fill(builder_, Signal::kMagn, 57, 100, [](int i) { return 200.0f + static_cast<float>(i); });
  const StationWindow masked = MaskDeadSensors(Build(), policy_);
  EXPECT_EQ(masked.rows_present[0], 64);
  EXPECT_EQ(masked.channel(0)[20], 7);
  EXPECT_TRUE(std::isnan(masked.channel(0)[21]));
  EXPECT_TRUE(std::isnan(masked.channel(kMagnFeatures - 1)[56]));
  EXPECT_EQ(masked.channel(0)[57], 257);
}

TEST_F(CoverageTest, AShortRunOfEqualRowsStays) {
  Fill(builder_, Signal::kMagn, 0, 20, Changing);
  Fill(builder_, Signal::kMagn, 20, 56, [](int) { return 7.0f; });  // 36 rows
  const StationWindow window = Build();
  EXPECT_EQ(MaskDeadSensors(window, policy_).rows_present[0], 56);
}

TEST_F(CoverageTest, AGapDoesNotEndAStaleRun) {
  Fill(builder_, Signal::kSound, 0, 30, [](int) { return 7.0f; });
  Fill(builder_, Signal::kSound, 60, 90, [](int) { return 7.0f; });
  EXPECT_EQ(MaskDeadSensors(Build(), policy_).rows_present[1], 1);
}

TEST_F(CoverageTest, RowsEqualInAllButOneFeatureAreAlive) {
  for (int i = 0; i < kSlots; ++i) {
    std::vector<float> row(kMagnFeatures, 3.0f);
    row[50] = static_cast<float>(i);
    builder_.AddRow(Signal::kMagn, Slot{SlotContaining(kStart).index + i}, row, kStart);
  }
  EXPECT_EQ(MaskDeadSensors(Build(), policy_).rows_present[0], kSlots);
}

TEST(RegionStatusTest, FollowsTheCoverageRule) {
  const struct {
    int usable, enrolled;
    ForecastStatus expected;
  } cases[] = {
      {5, 10, ForecastStatus::kOk},
      {4, 10, ForecastStatus::kDegraded},
      {3, 10, ForecastStatus::kDegraded},
      {2, 10, ForecastStatus::kInsufficientData},
      {3, 4, ForecastStatus::kOk},
      {2, 4, ForecastStatus::kDegraded},
      {1, 4, ForecastStatus::kDegraded},
      {2, 2, ForecastStatus::kOk},
      {1, 2, ForecastStatus::kDegraded},
      {1, 1, ForecastStatus::kOk},
      {0, 1, ForecastStatus::kInsufficientData},
      {0, 0, ForecastStatus::kInsufficientData},
      {26, 52, ForecastStatus::kOk},
      {25, 52, ForecastStatus::kDegraded},
      {13, 52, ForecastStatus::kDegraded},
      {12, 52, ForecastStatus::kInsufficientData},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(RegionStatus(c.usable, c.enrolled, CoveragePolicy()), c.expected) << c.usable << " of " << c.enrolled;
  }
}

}  // namespace
}  // namespace tremorcast
