#include <cmath>
#include <string>
#include <vector>

#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/backend.h"
#include "tests/support/batches.h"

namespace tremorcast {
namespace {

class WindowContractTest : public ContractTest {
 protected:
  BatchResult Ingest(const ObservationBatch& batch) {
    const ObservationBatch* one = &batch;
    auto result = backend_->observations().Ingest({&one, 1}, absl::Now() + absl::Minutes(1)).front();
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(BatchResult{});
  }
  WindowInfo Seal(const std::string& station, absl::Time week = TestWeek()) {
    const auto info = backend_->windows().Seal(StationId(station), week, week + kWeekLength + absl::Hours(1));
    EXPECT_TRUE(info.ok()) << info.status();
    return info.value_or(WindowInfo{});
  }
  std::vector<StationWeek> Dirty() {
    return backend_->windows().Dirty(absl::InfiniteFuture(), 100).value_or(std::vector<StationWeek>{});
  }
  std::vector<StationWeek> Unsealed(absl::Time before) {
    return backend_->windows().Unsealed(before, absl::InfiniteFuture(), 100).value_or(std::vector<StationWeek>{});
  }
};

TEST_P(WindowContractTest, SealsEveryStoredRowAndLeavesTheRestMissing) {
  Ingest(BatchMaker("ST1", "b1").Rows(0, 3).Rows(1007, 2).Rows(5, 1, Signal::kSound).Make());
  const WindowInfo info = Seal("ST1");
  EXPECT_EQ(info.key.revision, 1);
  EXPECT_EQ(info.rows_present[0], 4) << "the slot after the week's last is not in it";
  EXPECT_EQ(info.rows_present[1], 1);
  const auto window = backend_->windows().Read(info.key);
  ASSERT_TRUE(window.ok()) << window.status();
  EXPECT_EQ((*window)->slots, kSlotsPerWeek);
  EXPECT_EQ((*window)->content_hash, info.content_hash);
  EXPECT_EQ((*window)->available_at, info.available_at);
  EXPECT_EQ((*window)->sealed_at, TestWeek() + kWeekLength + absl::Hours(1));
  for (int c = 0; c < kMagnFeatures; ++c) {
    EXPECT_EQ((*window)->channel(c)[2], TestValue(TestSlot(2), Signal::kMagn, c));
    EXPECT_TRUE(std::isnan((*window)->channel(c)[3]));
  }
  EXPECT_EQ((*window)->channel(kMagnFeatures + 3)[5], TestValue(TestSlot(5), Signal::kSound, 3));
}

TEST_P(WindowContractTest, WritesNoNewRevisionForTheSameContent) {
  Ingest(BatchMaker("ST1", "b1").Rows(0, 3).Make());
  EXPECT_EQ(Seal("ST1").key.revision, 1);
  EXPECT_EQ(Seal("ST1").key.revision, 1);
}

TEST_P(WindowContractTest, CallsRowsOfASealedWeekLateAndMarksExactlyThatWeek) {
  Ingest(BatchMaker("ST1", "b1").Rows(0, 3).Rows(1010, 1).Make());
  Ingest(BatchMaker("ST2", "b1").Rows(0, 3).Make());
  Seal("ST1");
  Seal("ST2");
  const BatchResult late = Ingest(BatchMaker("ST1", "b2").Rows(3, 1).Rows(0, 1).Rows(1011, 1).Make());
  EXPECT_EQ(late.verdicts[0].verdict, Verdict::kLate);
  EXPECT_EQ(late.verdicts[1].verdict, Verdict::kDuplicate);
  EXPECT_EQ(late.verdicts[2].verdict, Verdict::kAccepted) << "the next week is still open";
  ASSERT_EQ(Dirty().size(), 1u);
  EXPECT_EQ(Dirty()[0], (StationWeek{StationId("ST1"), TestWeek()}));
  const WindowInfo second = Seal("ST1");
  EXPECT_EQ(second.key.revision, 2);
  EXPECT_EQ(second.rows_present[0], 4);
  EXPECT_TRUE(Dirty().empty());
  // The first revision stays as it was.
  const auto first = backend_->windows().Read({StationId("ST1"), TestWeek(), 1});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ((*first)->rows_present[0], 3);
}

TEST_P(WindowContractTest, DoesNotDirtyAWeekForDuplicatesAndConflicts) {
  Ingest(BatchMaker("ST1", "b1").Rows(0, 3).Make());
  Seal("ST1");
  const BatchResult result = Ingest(BatchMaker("ST1", "b2").Rows(0, 1).Rows(1, 1, Signal::kMagn, 9).Make());
  EXPECT_EQ(result.verdicts[0].verdict, Verdict::kDuplicate);
  EXPECT_EQ(result.verdicts[1].verdict, Verdict::kConflict);
  EXPECT_TRUE(Dirty().empty());
}

TEST_P(WindowContractTest, ReplaysLateVerdictsAsLate) {
  Ingest(BatchMaker("ST1", "b1").Rows(0, 3).Make());
  Seal("ST1");
  const ObservationBatch late = BatchMaker("ST1", "b2").Rows(3, 1).Make();
  EXPECT_EQ(Ingest(late).verdicts[0].verdict, Verdict::kLate);
  Seal("ST1");
  const BatchResult again = Ingest(late);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.verdicts[0].verdict, Verdict::kLate);
  EXPECT_TRUE(Dirty().empty()) << "nothing was stored by the replay";
}

TEST_P(WindowContractTest, ListsWeeksThatHoldRowsAndHaveNoWindow) {
  Ingest(BatchMaker("ST2", "b1").Rows(0, 1).Rows(1008, 1).Make());
  Ingest(BatchMaker("ST1", "b1").Rows(7, 1).Make());
  EXPECT_TRUE(Unsealed(TestWeek() + kWeekLength - absl::Seconds(1)).empty());
  const std::vector<StationWeek> open = Unsealed(TestWeek() + kWeekLength);
  ASSERT_EQ(open.size(), 2u);
  EXPECT_EQ(open[0], (StationWeek{StationId("ST1"), TestWeek()}));
  EXPECT_EQ(open[1], (StationWeek{StationId("ST2"), TestWeek()}));
  Seal("ST1");
  EXPECT_EQ(Unsealed(absl::InfiniteFuture()).size(), 2u) << "ST2, two weeks";
}

TEST_P(WindowContractTest, LeavesOutPairsThatAreNotAtRest) {
  const absl::Time first = TestWeek() + kWeekLength, last = first + absl::Minutes(5);
  const auto at_rest_since = [&](absl::Time t) {
    return std::pair(backend_->windows().Unsealed(absl::InfiniteFuture(), t, 10)->size(),
                     backend_->windows().Dirty(t, 10)->size());
  };
  Ingest(BatchMaker("ST1", "b1").Rows(0, 1).ReceivedAt(first).Make());
  Ingest(BatchMaker("ST1", "b2").Rows(1, 1).ReceivedAt(last).Make());
  EXPECT_EQ(at_rest_since(last - absl::Seconds(1)), std::pair(size_t{0}, size_t{0}));
  EXPECT_EQ(at_rest_since(last), std::pair(size_t{1}, size_t{0}));
  Seal("ST1");
  Ingest(BatchMaker("ST1", "late").Rows(2, 1).ReceivedAt(last + absl::Hours(1)).Make());
  EXPECT_EQ(at_rest_since(last), std::pair(size_t{0}, size_t{0}));
  EXPECT_EQ(at_rest_since(last + absl::Hours(1)), std::pair(size_t{0}, size_t{1}));
}

TEST_P(WindowContractTest, KnowsWhichRevisionWasAvailableWhen) {
  const absl::Time end = TestWeek() + kWeekLength;
  Ingest(BatchMaker("ST1", "b1").Rows(0, 3).ReceivedAt(end - absl::Hours(1)).Make());
  Seal("ST1");
  Ingest(BatchMaker("ST1", "b2").Rows(3, 1).ReceivedAt(end + absl::Hours(30)).Make());
  Seal("ST1");
  auto& windows = backend_->windows();
  EXPECT_EQ(*windows.Find(StationId("ST1"), TestWeek(), end - absl::Hours(2)), std::nullopt);
  EXPECT_EQ((*windows.Find(StationId("ST1"), TestWeek(), end))->key.revision, 1);
  EXPECT_EQ((*windows.Find(StationId("ST1"), TestWeek(), end + absl::Hours(30)))->key.revision, 2);
  EXPECT_EQ((*windows.Find(StationId("ST1"), TestWeek(), absl::InfiniteFuture()))->key.revision, 2);
  EXPECT_EQ(*windows.Find(StationId("ST9"), TestWeek(), absl::InfiniteFuture()), std::nullopt);
}

TEST_P(WindowContractTest, CountsBackfilledRowsAsKnownSoonAfterTheirSlot) {
  Ingest(BatchMaker("ST1", "b1").Rows(0, 3).Backfill().ReceivedAt(TestWeek() + absl::Hours(24 * 300)).Make());
  EXPECT_EQ(Seal("ST1").available_at, TestSlot(2).end() + absl::Minutes(10));
}

TEST_P(WindowContractTest, ListsTheWindowsAnIssueWouldHaveSeen) {
  const absl::Time end = TestWeek() + kWeekLength;
  Ingest(BatchMaker("ST2", "b1").Rows(0, 3).ReceivedAt(end).Make());
  Ingest(BatchMaker("ST1", "b1").Rows(0, 3).Rows(1008, 2).ReceivedAt(end).Make());
  Ingest(BatchMaker("ST3", "b1").Rows(0, 3).ReceivedAt(end + absl::Hours(100)).Make());
  for (const char* station : {"ST1", "ST2", "ST3"}) Seal(station);
  Seal("ST1", end);
  Ingest(BatchMaker("ST2", "b2").Rows(5, 1).ReceivedAt(end + absl::Hours(10)).Make());
  Seal("ST2");
  ASSERT_TRUE(backend_->windows().ArchiveRolling(StationId("ST1"), TestSlot(7).start(), absl::InfiniteFuture()).ok());
  const auto list = [&](absl::Duration grace) {
    std::vector<std::string> names;
    const auto infos = backend_->windows().ListAsOfIssue({TestWeek(), end + kWeekLength}, grace);
    EXPECT_TRUE(infos.ok()) << infos.status();
    for (const WindowInfo& info : *infos) {
      names.push_back(absl::StrCat(info.key.start == TestWeek() ? "w0/" : "w1/", info.key.station.value(), "/r",
                                   info.key.revision));
    }
    return names;
  };
  EXPECT_THAT(list(absl::Hours(6)), testing::ElementsAre("w0/ST1/r1", "w0/ST2/r1", "w1/ST1/r1"));
  EXPECT_THAT(list(absl::Hours(12)), testing::ElementsAre("w0/ST1/r1", "w0/ST2/r2", "w1/ST1/r1"));
  EXPECT_THAT(list(absl::InfiniteDuration()), testing::ElementsAre("w0/ST1/r1", "w0/ST2/r2", "w0/ST3/r1", "w1/ST1/r1"));
}

TEST_P(WindowContractTest, StitchesARollingWindowFromTwoWeeksAsOfItsMoment) {
  const absl::Time as_of = TestSlot(1012).start();
  Ingest(BatchMaker("ST1", "b1").Rows(1000, 12).ReceivedAt(as_of).Make());
  Ingest(BatchMaker("ST1", "b2").Rows(999, 1).ReceivedAt(as_of + absl::Seconds(1)).Make());
  const absl::Time start = TestSlot(4).start();
  const auto info = backend_->windows().ArchiveRolling(StationId("ST1"), start, as_of);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->rows_present[0], 12);
  const auto window = backend_->windows().Read(info->key);
  ASSERT_TRUE(window.ok()) << window.status();
  EXPECT_EQ((*window)->channel(0)[1011 - 4], TestValue(TestSlot(1011), Signal::kMagn, 0));
  EXPECT_TRUE(std::isnan((*window)->channel(0)[999 - 4])) << "this row was not known yet";
  // The same content is the same revision; more rows are another.
  EXPECT_EQ(backend_->windows().ArchiveRolling(StationId("ST1"), start, as_of)->key.revision, 1);
  EXPECT_EQ(backend_->windows().ArchiveRolling(StationId("ST1"), start, as_of + absl::Seconds(1))->key.revision, 2);
  EXPECT_EQ(backend_->windows().ArchiveRolling(StationId("ST1"), start, as_of)->key.revision, 1);
  // Late rows never dirty it.
  EXPECT_EQ(Ingest(BatchMaker("ST1", "b3").Rows(998, 1).Make()).verdicts[0].verdict, Verdict::kAccepted);
  EXPECT_TRUE(Dirty().empty());
}

TEST_P(WindowContractTest, RefusesStartsThatDoNotFitTheirKind) {
  auto& windows = backend_->windows();
  EXPECT_EQ(windows.Seal(StationId("ST1"), TestWeek() + absl::Minutes(10), TestWeek()).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(windows.ArchiveRolling(StationId("ST1"), TestWeek(), TestWeek()).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(windows.ArchiveRolling(StationId("ST1"), TestWeek() + absl::Seconds(1), TestWeek()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(WindowContractTest, FindsNoWindowWhereThereIsNone) {
  EXPECT_EQ(backend_->windows().Read({StationId("ST1"), TestWeek(), 1}).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(WindowContractTest, LimitsItsListsOldestFirst) {
  Ingest(BatchMaker("ST1", "b1").Rows(0, 1).Rows(1008, 1).Rows(2016, 1).Make());
  EXPECT_EQ(backend_->windows().Unsealed(absl::InfiniteFuture(), absl::InfiniteFuture(), 2)->size(), 2u);
  for (int week : {0, 1, 2}) Seal("ST1", TestWeek() + week * kWeekLength);
  Ingest(BatchMaker("ST1", "b2").Rows(2017, 1).Rows(1009, 1).Make());
  ASSERT_EQ(backend_->windows().Dirty(absl::InfiniteFuture(), 1)->size(), 1u);
  EXPECT_EQ(backend_->windows().Dirty(absl::InfiniteFuture(), 1)->front().week, TestWeek() + kWeekLength);
}

INSTANTIATE_TEST_SUITE_P(Stores, WindowContractTest, BothBackends(), BackendName);

}  // namespace
}  // namespace tremorcast
