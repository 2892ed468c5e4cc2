#include "storage/ingest/ingest_group.h"

#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/batches.h"

namespace tremorcast {
namespace {

constexpr int64_t kNothing = std::numeric_limits<int64_t>::min();

class IngestGroupTest : public testing::Test {
 protected:
  IngestGroup Plan(std::vector<ObservationBatch> batches) {
    batches_ = std::move(batches);
    std::vector<const ObservationBatch*> group;
    for (const ObservationBatch& batch : batches_) group.push_back(&batch);
    return PlanIngest(group);
  }
  std::vector<ObservationBatch> batches_;
};

TEST_F(IngestGroupTest, NumbersStationsWeeksAndSignalsInKeyOrder) {
  const IngestGroup group =
      Plan({BatchMaker("b", "1").Rows(1008, 1).Rows(0, 1, Signal::kSound).Make(),
            BatchMaker("B", "1").Rows(0, 1).Make(), BatchMaker("a", "1").Rows(3000, 1).Rows(0, 1).Make()});
  ASSERT_EQ(group.station_weeks.size(), 5u);
  EXPECT_EQ(group.station_weeks[0].station, "B");
  EXPECT_EQ(group.station_weeks[1].station, "a");
  EXPECT_EQ(group.station_weeks[1].week, TestWeek());
  EXPECT_EQ(group.station_weeks[2].week, TestWeek() + 2 * kWeekLength);
  EXPECT_EQ(group.weeks.size(), 3u);
  EXPECT_EQ(group.station_weeks[2].week_index, 2u);
  ASSERT_EQ(group.station_signals.size(), 4u);
  EXPECT_EQ(group.station_signals[3], (StationSignal{"b", Signal::kSound}));
  ASSERT_EQ(group.rows.size(), 5u);
  EXPECT_EQ(group.rows[0].station_week, 4u);
  EXPECT_EQ(group.rows[1].station_signal, 3u);
}

TEST_F(IngestGroupTest, PlansNoRowsForRejectedRowsBadBatchesAndRepeatedIds) {
  ObservationBatch bad = BatchMaker("ST2", "1").Rows(0, 1).Make();
  bad.content_hash = "short";
  const IngestGroup group = Plan({BatchMaker("ST1", "1").Rows(0, 1).Rejected(RejectReason::kOffGrid).Make(), bad,
                                  BatchMaker("ST1", "1").Rows(0, 1).Make()});
  EXPECT_EQ(group.rows.size(), 1u);
  EXPECT_FALSE(group.batches[1].status.ok());
  EXPECT_EQ(group.batches[2].same_id_as, 0);
}

TEST_F(IngestGroupTest, SendsStraightOnlyWhatIsPastTheMark) {
  const IngestGroup group = Plan({BatchMaker("ST1", "1").Rows(0, 4).Make()});
  const std::vector<int64_t> mark = {TestSlot(1).index};
  const IngestPaths paths = ChoosePaths(group, {true}, mark, true);
  EXPECT_THAT(paths.straight[0], testing::ElementsAre(2, 3));
  EXPECT_THAT(paths.careful, testing::ElementsAre(0, 1));
  EXPECT_FALSE(paths.any_repeated);
  EXPECT_THAT(ChoosePaths(group, {true}, mark, false).careful, testing::ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(ChoosePaths(group, {false}, mark, true).careful, testing::IsEmpty());
}

TEST_F(IngestGroupTest, SendsTheSecondOfTwoEqualKeysTheCarefulWay) {
  const IngestGroup group =
      Plan({BatchMaker("ST1", "1").Rows(5, 1).Rows(3, 1).Make(), BatchMaker("ST1", "2").Rows(5, 1).Rows(6, 1).Make(),
            BatchMaker("ST2", "1").Rows(5, 1).Make()});
  const IngestPaths paths = ChoosePaths(group, {true, true, true}, std::vector<int64_t>{kNothing, kNothing}, true);
  EXPECT_THAT(paths.straight[0], testing::ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(paths.careful, testing::ElementsAre(2));
  EXPECT_THAT(paths.repeated, testing::ElementsAre(true));
  EXPECT_TRUE(paths.any_repeated);
}

}  // namespace
}  // namespace tremorcast
