// The races of ingestion, each with the second party stopped at the worst moment.

#include <algorithm>

#include <absl/strings/str_format.h>
#include <gmock/gmock.h>

#include "tests/integration/storage/storage_test.h"
#include "tests/support/ingest_tables.h"

namespace tremorcast {
namespace {

class IngestRacesTest : public StorageTest {
 protected:
  // The store's transaction stops when it has its (station, week) locks and its batch ids, and
  // nothing else.
  void HoldHighWater(const std::string& station) {
    Hand(absl::StrCat("INSERT INTO ingest_high_water VALUES ('", station, "', 0, '-infinity') ON CONFLICT DO NOTHING"));
    Hand(absl::StrCat("BEGIN; SELECT * FROM ingest_high_water WHERE station = '", station, "' FOR UPDATE"));
  }
  // A row stored behind the store's back, without a high-water mark.
  std::string InsertRow(const std::string& station, int64_t slot, int salt) {
    std::string values;
    for (int c = 0; c < kMagnFeatures; ++c) {
      absl::StrAppendFormat(&values, "%s%.9g", c == 0 ? "" : ",", TestValue(TestSlot(slot), Signal::kMagn, c, salt));
    }
    return absl::StrCat(
        "INSERT INTO observations (slot, received_at, signal, delivery, station, source, values) VALUES (to_timestamp(",
        absl::ToUnixSeconds(TestSlot(slot).start()), "), now(), 0, 1, '", station, "', 'hand', '{", values, "}')");
  }
};

TEST_F(IngestRacesTest, ASealWaitsForAnIngestInFlightAndHoldsItsRows) {
  auto store = Open();
  HoldHighWater("ST1");
  absl::StatusOr<BatchResult> ingested;
  absl::StatusOr<WindowInfo> sealed;
  Background ingest([&] { ingested = Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Make()}).front(); });
  AwaitBlocked(1, "transactionid");
  Background seal([&] { sealed = store->windows().Seal(StationId("ST1"), TestWeek(), TestWeek() + kWeekLength); });
  AwaitBlocked(1, "advisory");
  Hand("COMMIT");
  ingest.Join();
  seal.Join();
  ASSERT_TRUE(ingested.ok()) << ingested.status();
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_EQ(ingested->verdicts[0].verdict, Verdict::kAccepted);
  EXPECT_EQ(sealed->rows_present[0], 3) << "an accepted row must be in the window or its week must be dirty";
}

TEST_F(IngestRacesTest, ARowThatArrivesWhileItsWeekIsSealedIsLateAndMarksTheWeek) {
  auto store = Open();
  ASSERT_TRUE(Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Make()}).front().ok());
  Hand("BEGIN; LOCK TABLE weekly_windows IN SHARE MODE");  // the sealer has read its rows and cannot write
  absl::StatusOr<WindowInfo> sealed;
  absl::StatusOr<BatchResult> ingested;
  Background seal([&] { sealed = store->windows().Seal(StationId("ST1"), TestWeek(), TestWeek() + kWeekLength); });
  AwaitBlocked(1, "relation");
  Background ingest([&] { ingested = Ingest(*store, {BatchMaker("ST1", "b2").Rows(3, 1).Make()}).front(); });
  AwaitBlocked(1, "advisory");
  Hand("COMMIT");
  seal.Join();
  ingest.Join();
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_EQ(sealed->rows_present[0], 3);
  ASSERT_TRUE(ingested.ok()) << ingested.status();
  EXPECT_EQ(ingested->verdicts[0].verdict, Verdict::kLate);
  ASSERT_EQ(store->windows().Dirty(absl::InfiniteFuture(), 10)->size(), 1u);
  EXPECT_EQ(store->windows().Seal(StationId("ST1"), TestWeek(), TestWeek() + kWeekLength)->rows_present[0], 4);
  EXPECT_TRUE(store->windows().Dirty(absl::InfiniteFuture(), 10)->empty());
}

// The row becomes visible while the insert waits for it: only a statement begun afterwards sees it.
TEST_F(IngestRacesTest, ARowCommittedWhileTheCarefulPathWaitsForItGetsItsTrueVerdict) {
  auto store = Open(/*straight_copy=*/false);
  ASSERT_TRUE(store->observations().EnsurePartitions({TestWeek(), TestWeek() + kWeekLength}).ok());
  Hand("BEGIN");
  Hand(InsertRow("ST1", 1, /*salt=*/7));
  absl::StatusOr<BatchResult> ingested;
  Background ingest([&] { ingested = Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Make()}).front(); });
  AwaitBlocked(1, "transactionid");
  Hand("COMMIT");
  ingest.Join();
  ASSERT_TRUE(ingested.ok()) << ingested.status();
  EXPECT_EQ(ingested->verdicts[0].verdict, Verdict::kAccepted);
  EXPECT_EQ(ingested->verdicts[1].verdict, Verdict::kConflict);
  EXPECT_EQ(ingested->verdicts[2].verdict, Verdict::kAccepted);
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM observations WHERE source = 'hand'"), 1) << "the first is kept";
}

TEST_F(IngestRacesTest, ARowThatIsRolledBackWhileWeWaitForItIsOurs) {
  auto store = Open(/*straight_copy=*/false);
  ASSERT_TRUE(store->observations().EnsurePartitions({TestWeek(), TestWeek() + kWeekLength}).ok());
  Hand("BEGIN");
  Hand(InsertRow("ST1", 1, 7));
  absl::StatusOr<BatchResult> ingested;
  Background ingest([&] { ingested = Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Make()}).front(); });
  AwaitBlocked(1, "transactionid");
  Hand("ROLLBACK");
  ingest.Join();
  ASSERT_TRUE(ingested.ok()) << ingested.status();
  EXPECT_THAT(ingested->verdicts, testing::Each(RowVerdict{}));
}

TEST_F(IngestRacesTest, AStraightCopyThatMeetsAnotherWritersRowsFallsBackToTheCarefulPath) {
  auto store = Open();
  ASSERT_TRUE(store->observations().EnsurePartitions({TestWeek(), TestWeek() + kWeekLength}).ok());
  Hand(InsertRow("ST1", 1, 0));
  Hand(InsertRow("ST1", 2, 7));
  const auto ingested = Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 4).Make()}).front();
  ASSERT_TRUE(ingested.ok()) << ingested.status();
  EXPECT_EQ(ingested->verdicts[0].verdict, Verdict::kAccepted);
  EXPECT_EQ(ingested->verdicts[1].verdict, Verdict::kDuplicate);
  EXPECT_EQ(ingested->verdicts[2].verdict, Verdict::kConflict);
  EXPECT_EQ(ingested->verdicts[3].verdict, Verdict::kAccepted);
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 4);
  EXPECT_EQ(store->ingest_paths().careful_rows, 4);
  EXPECT_EQ(store->ingest_paths().straight_rows, 0);
}

TEST_F(IngestRacesTest, RowsPastTheHighWaterMarkGoStraightAndOlderOnesDoNot) {
  auto store = Open(), replica = Open();
  ASSERT_TRUE(Ingest(*store, {BatchMaker("ST1", "b1").Rows(10, 5).Make()}).front().ok());
  EXPECT_EQ(store->ingest_paths().straight_rows, 5);
  const auto mixed = Ingest(*replica, {BatchMaker("ST1", "b2").Rows(12, 6).Make()}).front();
  ASSERT_TRUE(mixed.ok()) << mixed.status();
  EXPECT_EQ(replica->ingest_paths().straight_rows, 3) << "another process reads the same mark";
  EXPECT_EQ(replica->ingest_paths().careful_rows, 3);
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 8);
}

TEST_F(IngestRacesTest, GroupsWithKeysInOppositeOrderDoNotDeadlock) {
  auto one = Open(/*straight_copy=*/false), two = Open(/*straight_copy=*/false);
  ASSERT_TRUE(
      Ingest(*one, {BatchMaker("A", "b0").Rows(0, 1).Make(), BatchMaker("B", "b0").Rows(0, 1).Make()}).front().ok());
  const int before = DeadlocksLogged();
  HoldHighWater("B");
  std::vector<absl::StatusOr<BatchResult>> first, second;
  Background forward([&] {
    first = Ingest(*one, {BatchMaker("A", "x1").Rows(1, 3).Make(), BatchMaker("B", "x2").Rows(1, 3).Make()});
  });
  AwaitBlocked(1, "transactionid");
  Background backward([&] {
    second = Ingest(*two, {BatchMaker("B", "y1").Rows(3, 1).Rows(2, 1).Rows(1, 1).Make(),
                           BatchMaker("A", "y2").Rows(3, 1).Rows(2, 1).Rows(1, 1).Make()});
  });
  AwaitBlocked(2, "transactionid");
  Hand("COMMIT");
  forward.Join();
  backward.Join();
  EXPECT_EQ(DeadlocksLogged(), before);
  for (const auto& result : first) ASSERT_TRUE(result.ok()) << result.status();
  for (const auto& result : second) ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 8);
}

TEST_F(IngestRacesTest, TheSameBatchOnTwoReplicasAtOnceIsStoredOnceAndAnsweredAlike) {
  auto one = Open(), two = Open();
  ASSERT_TRUE(Ingest(*one, {BatchMaker("ST1", "b0").Rows(1, 1).Make()}).front().ok());
  const ObservationBatch batch = BatchMaker("ST1", "b1").Rows(0, 3).Position("p").Make();
  HoldHighWater("ST1");
  absl::StatusOr<BatchResult> first, second;
  Background a([&] { first = Ingest(*one, {batch}).front(); });
  AwaitBlocked(1, "transactionid");
  Background b([&] { second = Ingest(*two, {batch}).front(); });
  AwaitBlocked(2, "transactionid");  // the second stands at the first one's batch id
  Hand("COMMIT");
  a.Join();
  b.Join();
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->verdicts, second->verdicts);
  EXPECT_EQ(first->verdicts[1].verdict, Verdict::kDuplicate);
  EXPECT_EQ(first->verdicts[0].verdict, Verdict::kAccepted);
  EXPECT_FALSE(first->replayed);
  EXPECT_TRUE(second->replayed);
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 3);
}

TEST_F(IngestRacesTest, ManyWritersOfTheSameRowsStoreEachOnce) {
  constexpr int kWriters = 4, kRounds = 6;
  std::vector<std::unique_ptr<Store>> stores;
  for (int w = 0; w < kWriters; ++w) stores.push_back(Open());
  std::vector<VerdictCounts> counts(kWriters);
  {
    std::vector<std::unique_ptr<Background>> writers;
    for (int w = 0; w < kWriters; ++w) {
      writers.push_back(std::make_unique<Background>([&, w] {
        for (int round = 0; round < kRounds; ++round) {
          // The same rows from everybody, under ids of their own, half of the groups in reverse
          // order.
          std::vector<ObservationBatch> group;
          for (const char* station : {"A", "B", "C"}) {
            group.push_back(BatchMaker(station, absl::StrCat("w", w, "-", round)).Rows(round * 20, 40).Make());
          }
          if (w % 2 == 1) std::reverse(group.begin(), group.end());
          for (const auto& result : Ingest(*stores[w], group)) {
            ASSERT_TRUE(result.ok()) << result.status();
            for (const RowVerdict& row : result->verdicts) counts[w].Add(row.verdict);
          }
        }
      }));
    }
  }
  VerdictCounts all;
  for (const VerdictCounts& one : counts) all += one;
  const int64_t distinct = 3 * (kRounds * 20 + 20);
  EXPECT_EQ(all.accepted, distinct);
  EXPECT_EQ(all.duplicate, kWriters * kRounds * 3 * 40 - distinct);
  EXPECT_EQ(all.conflict, 0);
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), distinct);
}

// As a bench does between two rounds: the tables are emptied while a job is between two of its
// reads.
TEST_F(IngestRacesTest, TheTablesAreEmptiedBesideAJobThatReadsTwoOfThem) {
  auto store = Open();
  ASSERT_TRUE(Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Make()}).front().ok());
  const int deadlocks_before = DeadlocksLogged();
  Hand("BEGIN; SELECT count(*) FROM dirty_windows");
  absl::Status emptied;
  Background empty([&] {
    const auto bench = PgConnection::Open(conninfo_, "tremorcast bench", Soon());
    emptied = bench.status();
    for (const std::string& statement : EmptyIngestTables()) {
      if (emptied.ok()) emptied = (*bench)->Exec(statement, Soon()).status();
    }
  });
  AwaitBlocked(1, "relation");
  Hand("SELECT count(*) FROM station_weeks");
  Hand("COMMIT");
  empty.Join();
  EXPECT_TRUE(emptied.ok()) << emptied;
  EXPECT_EQ(DeadlocksLogged(), deadlocks_before);
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 0);
}

}  // namespace
}  // namespace tremorcast
