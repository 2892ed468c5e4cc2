#include <vector>

#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/backend.h"
#include "tests/support/batches.h"

namespace tremorcast {
namespace {

using testing::ElementsAre;

class ObservationContractTest : public ContractTest {
 protected:
  std::vector<absl::StatusOr<BatchResult>> Ingest(const std::vector<ObservationBatch>& batches) {
    std::vector<const ObservationBatch*> group;
    for (const ObservationBatch& batch : batches) group.push_back(&batch);
    return backend_->observations().Ingest(group, absl::Now() + absl::Minutes(1));
  }
  absl::StatusOr<BatchResult> IngestOne(const ObservationBatch& batch) { return Ingest({batch}).front(); }
  int64_t Count(const std::string& station, Signal signal = Signal::kMagn) {
    const auto count = backend_->observations().CountRows(StationId(station), signal);
    EXPECT_TRUE(count.ok()) << count.status();
    return count.value_or(-1);
  }
  static std::vector<Verdict> VerdictsOf(const absl::StatusOr<BatchResult>& result) {
    EXPECT_TRUE(result.ok()) << result.status();
    std::vector<Verdict> verdicts;
    if (result.ok()) {
      for (const RowVerdict& row : result->verdicts) verdicts.push_back(row.verdict);
    }
    return verdicts;
  }
};

constexpr Verdict kYes = Verdict::kAccepted, kTwice = Verdict::kDuplicate, kOther = Verdict::kConflict,
                  kNo = Verdict::kRejected;

TEST_P(ObservationContractTest, StoresEveryRowOfANewBatch) {
  const auto result = IngestOne(BatchMaker("ST1", "b1").Rows(0, 3).Rows(0, 2, Signal::kSound).Make());
  EXPECT_THAT(VerdictsOf(result), ElementsAre(kYes, kYes, kYes, kYes, kYes));
  EXPECT_FALSE(result->replayed);
  EXPECT_EQ(Count("ST1"), 3);
  EXPECT_EQ(Count("ST1", Signal::kSound), 2);
}

TEST_P(ObservationContractTest, AnswersARepeatedBatchWithItsFirstVerdicts) {
  ASSERT_TRUE(IngestOne(BatchMaker("ST1", "b1").Rows(0, 2).Make()).ok());
  const ObservationBatch mixed = BatchMaker("ST1", "b2").Rows(1, 2).Rejected(RejectReason::kNotFinite, 7).Make();
  const auto first = IngestOne(mixed);
  EXPECT_THAT(VerdictsOf(first), ElementsAre(kTwice, kYes, kNo));
  const auto again = IngestOne(mixed);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->verdicts, first->verdicts);
  EXPECT_EQ(again->verdicts[2].value_index, 7);
  EXPECT_EQ(again->verdicts[2].reason, RejectReason::kNotFinite);
  EXPECT_EQ(Count("ST1"), 3);
}

TEST_P(ObservationContractTest, RefusesAKnownBatchIdWithOtherContentAndStoresTheNeighbours) {
  ASSERT_TRUE(IngestOne(BatchMaker("ST1", "b1").Rows(0, 2).Make()).ok());
  const auto results = Ingest({BatchMaker("ST1", "b0").Rows(10, 1).Make(), BatchMaker("ST1", "b1").Rows(5, 2).Make(),
                               BatchMaker("ST2", "b1").Rows(0, 1).Make()});
  EXPECT_THAT(VerdictsOf(results[0]), ElementsAre(kYes));
  EXPECT_EQ(results[1].status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(VerdictsOf(results[2]), ElementsAre(kYes)) << "another station may use the same id";
  EXPECT_EQ(Count("ST1"), 3);
}

TEST_P(ObservationContractTest, TellsDuplicatesFromConflictsAndKeepsTheFirst) {
  ASSERT_TRUE(IngestOne(BatchMaker("ST1", "b1").Rows(0, 2).Make()).ok());
  const auto result = IngestOne(BatchMaker("ST1", "b2").Rows(0, 1).Rows(1, 1, Signal::kMagn, 5).Rows(2, 1).Make());
  EXPECT_THAT(VerdictsOf(result), ElementsAre(kTwice, kOther, kYes));
  // The conflicting values were not stored: sent again they conflict again, and the first ones are
  // still duplicates.
  EXPECT_THAT(VerdictsOf(IngestOne(BatchMaker("ST1", "b3").Rows(1, 1, Signal::kMagn, 5).Make())), ElementsAre(kOther));
  EXPECT_THAT(VerdictsOf(IngestOne(BatchMaker("ST1", "b4").Rows(1, 1).Make())), ElementsAre(kTwice));
}

TEST_P(ObservationContractTest, TreatsMinusZeroAndZeroAsDifferentValues) {
  ObservationBatch plus = BatchMaker("ST1", "b1").Rows(0, 1).Make();
  plus.values[3] = 0.0f;
  ASSERT_TRUE(IngestOne(plus).ok());
  ObservationBatch minus = plus;
  minus.batch_id = "b2";
  minus.values[3] = -0.0f;
  EXPECT_THAT(VerdictsOf(IngestOne(minus)), ElementsAre(kOther));
}

TEST_P(ObservationContractTest, ComparesARepeatedKeyOfOneGroupWithTheFirstOfThem) {
  const auto results = Ingest({BatchMaker("ST1", "b1").Rows(0, 1).Rows(0, 1).Rows(0, 1, Signal::kMagn, 1).Make(),
                               BatchMaker("ST1", "b2").Rows(0, 1, Signal::kMagn, 1).Rows(0, 1).Rows(1, 1).Make()});
  EXPECT_THAT(VerdictsOf(results[0]), ElementsAre(kYes, kTwice, kOther));
  EXPECT_THAT(VerdictsOf(results[1]), ElementsAre(kOther, kTwice, kYes));
  EXPECT_EQ(Count("ST1"), 2);
}

TEST_P(ObservationContractTest, ComparesARepeatedKeyWithTheStoredRowWhereOneIsStored) {
  ASSERT_TRUE(IngestOne(BatchMaker("ST1", "b0").Rows(0, 1).Make()).ok());
  const auto result =
      IngestOne(BatchMaker("ST1", "b1").Rows(0, 1, Signal::kMagn, 1).Rows(0, 1, Signal::kMagn, 1).Rows(0, 1).Make());
  EXPECT_THAT(VerdictsOf(result), ElementsAre(kOther, kOther, kTwice));
}

TEST_P(ObservationContractTest, AnswersTheSameBatchTwiceInOneGroup) {
  const ObservationBatch batch = BatchMaker("ST1", "b1").Rows(0, 2).Make();
  const auto results = Ingest({batch, batch, BatchMaker("ST1", "b1").Rows(7, 1).Make()});
  EXPECT_THAT(VerdictsOf(results[0]), ElementsAre(kYes, kYes));
  EXPECT_THAT(VerdictsOf(results[1]), ElementsAre(kYes, kYes));
  EXPECT_FALSE(results[0]->replayed);
  EXPECT_TRUE(results[1]->replayed);
  EXPECT_EQ(results[2].status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Count("ST1"), 2);
}

TEST_P(ObservationContractTest, AnswersTheSameKnownBatchTwiceInOneGroup) {
  const ObservationBatch batch = BatchMaker("ST1", "b1").Rows(0, 2).Make();
  ASSERT_TRUE(IngestOne(batch).ok());
  const auto results = Ingest({batch, batch});
  EXPECT_TRUE(results[0].ok() && results[0]->replayed);
  EXPECT_TRUE(results[1].ok() && results[1]->replayed);
}

TEST_P(ObservationContractTest, StoresRowsInAnyOrderAndOlderThanTheNewest) {
  EXPECT_THAT(VerdictsOf(IngestOne(BatchMaker("ST1", "b1").Rows(9, 1).Rows(4, 1).Rows(6, 1).Make())),
              ElementsAre(kYes, kYes, kYes));
  EXPECT_THAT(VerdictsOf(IngestOne(BatchMaker("ST1", "b2").Rows(5, 1).Rows(4, 1).Rows(10, 1).Make())),
              ElementsAre(kYes, kTwice, kYes));
  EXPECT_EQ(Count("ST1"), 5);
}

TEST_P(ObservationContractTest, StoresABatchThatSpansWeeks) {
  const auto result = IngestOne(BatchMaker("ST1", "b1").Rows(1000, 20).Rows(5000, 3).Make());
  EXPECT_THAT(VerdictsOf(result), testing::Each(kYes));
  EXPECT_EQ(Count("ST1"), 23);
  EXPECT_THAT(VerdictsOf(IngestOne(BatchMaker("ST1", "b2").Rows(1005, 10).Rows(5001, 3).Make())),
              ElementsAre(kTwice, kTwice, kTwice, kTwice, kTwice, kTwice, kTwice, kTwice, kTwice, kTwice, kTwice,
                          kTwice, kYes));
}

TEST_P(ObservationContractTest, StoresTheOtherRowsOfABatchWithRejectedOnes) {
  const auto result = IngestOne(BatchMaker("ST1", "b1").Rows(0, 1).Rejected(RejectReason::kInFuture).Rows(1, 1).Make());
  EXPECT_THAT(VerdictsOf(result), ElementsAre(kYes, kNo, kYes));
  EXPECT_EQ(Count("ST1"), 2);
}

TEST_P(ObservationContractTest, ForgetsABatchWhoseRejectionsMayBeCured) {
  ObservationBatch batch = BatchMaker("ST1", "b1").Rejected(RejectReason::kUnknownStation).Position("p1").Make();
  EXPECT_THAT(VerdictsOf(IngestOne(batch)), ElementsAre(kNo));
  const auto position = backend_->observations().Position(StationId("ST1"), "logger");
  ASSERT_TRUE(position.ok());
  EXPECT_EQ(*position, std::nullopt) << "the sender must come back to these rows";
  const auto cured = IngestOne(BatchMaker("ST1", "b1").Rows(0, 1).Position("p1").Make());
  EXPECT_THAT(VerdictsOf(cured), ElementsAre(kYes));
  EXPECT_FALSE(cured->replayed);
}

TEST_P(ObservationContractTest, LetsRowKeysDecideOnceABatchRecordHasExpired) {
  const ObservationBatch batch = BatchMaker("ST1", "b1").Rows(0, 2).Make();
  ASSERT_TRUE(IngestOne(batch).ok());
  ObservationBatch later =
      BatchMaker("ST1", "b1").Rows(1, 2).ReceivedAt(batch.received_at + absl::Hours(24 * 35)).Make();
  const auto result = IngestOne(later);
  EXPECT_THAT(VerdictsOf(result), ElementsAre(kTwice, kYes));
  EXPECT_FALSE(result->replayed);
  EXPECT_TRUE(IngestOne(later)->replayed);
}

TEST_P(ObservationContractTest, RefusesABatchThatDoesNotFitTogether) {
  ObservationBatch values_missing = BatchMaker("ST1", "b1").Rows(0, 1).Make();
  values_missing.values.pop_back();
  ObservationBatch no_id = BatchMaker("ST1", "").Rows(0, 1).Make();
  ObservationBatch bad_station = BatchMaker("ST 1", "b1").Rows(0, 1).Make();
  ObservationBatch good = BatchMaker("ST1", "b2").Rows(0, 1).Make();
  const auto results = Ingest({values_missing, no_id, good, bad_station});
  EXPECT_EQ(results[0].status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(results[1].status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(VerdictsOf(results[2]), ElementsAre(kYes));
  EXPECT_EQ(results[3].status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(ObservationContractTest, RefusesABatchSpreadOverTooManyWeeks) {
  BatchMaker maker("ST1", "b1");
  for (int week = 0; week < 521; ++week) maker.Row(TestSlot(week * kSlotsPerWeek));
  EXPECT_EQ(IngestOne(maker.Make()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(ObservationContractTest, KeepsTheNewestPositionPerStationAndSource) {
  ASSERT_EQ(Ingest({BatchMaker("ST1", "b1").Rows(0, 1).Position("p1").Make(),
                    BatchMaker("ST1", "b2").Rows(1, 1).Position("p2").Make(),
                    BatchMaker("ST1", "b3").Rows(2, 1).Position("x1", "other").Make(),
                    BatchMaker("ST1", "b4").Rows(3, 1).Make()})
                .size(),
            4u);
  auto& store = backend_->observations();
  EXPECT_EQ(*store.Position(StationId("ST1"), "logger"), "p2");
  EXPECT_EQ(*store.Position(StationId("ST1"), "other"), "x1");
  EXPECT_EQ(*store.Position(StationId("ST2"), "logger"), std::nullopt);
  // A replay says nothing new about where its sender is.
  ASSERT_TRUE(IngestOne(BatchMaker("ST1", "b1").Rows(0, 1).Position("p1").Make())->replayed);
  EXPECT_EQ(*store.Position(StationId("ST1"), "logger"), "p2");
}

TEST_P(ObservationContractTest, ListsTheNewestSlotPerStationAndSignal) {
  ASSERT_EQ(Ingest({BatchMaker("ST2", "b1").Rows(3, 2).Make(),
                    BatchMaker("ST1", "b1").Rows(0, 5).Rows(2, 1, Signal::kSound).Make(),
                    BatchMaker("ST2", "b2").Rows(1, 1).Make()})
                .size(),
            3u);
  const auto latest = backend_->observations().Latest();
  ASSERT_TRUE(latest.ok()) << latest.status();
  ASSERT_EQ(latest->size(), 3u);
  EXPECT_EQ((*latest)[0].station, StationId("ST1"));
  EXPECT_EQ((*latest)[0].signal, Signal::kMagn);
  EXPECT_EQ((*latest)[0].slot, TestSlot(4));
  EXPECT_EQ((*latest)[1].signal, Signal::kSound);
  EXPECT_EQ((*latest)[1].slot, TestSlot(2));
  EXPECT_EQ((*latest)[2].station, StationId("ST2"));
  EXPECT_EQ((*latest)[2].slot, TestSlot(4));
}

TEST_P(ObservationContractTest, AcceptsAnEmptyGroupAndAnEmptyBatch) {
  EXPECT_TRUE(Ingest({}).empty());
  EXPECT_THAT(VerdictsOf(IngestOne(BatchMaker("ST1", "b1").Make())), ElementsAre());
}

TEST_P(ObservationContractTest, MakesPartitionsAhead) {
  EXPECT_TRUE(backend_->observations().EnsurePartitions({TestWeek(), TestWeek() + absl::Hours(24 * 30)}).ok());
  EXPECT_TRUE(backend_->observations().EnsurePartitions({TestWeek(), TestWeek() + absl::Hours(24 * 30)}).ok());
}

INSTANTIATE_TEST_SUITE_P(Stores, ObservationContractTest, BothBackends(), BackendName);

}  // namespace
}  // namespace tremorcast
