// What an ingest answers when the database fails it, and that sending again ends with exactly the
// rows.

#include <algorithm>

#include <gmock/gmock.h>

#include "tests/integration/storage/storage_test.h"

namespace tremorcast {
namespace {

class IngestFaultsTest : public StorageTest {
 protected:
  void TearDown() override {
    if (waits_for_standby_) WaitForStandby(false);
  }
  // A standby that does not exist: every COMMIT waits.
  void WaitForStandby(bool wait) {
    waits_for_standby_ = wait;
    Hand(absl::StrCat("ALTER SYSTEM SET synchronous_standby_names = '", wait ? "nobody" : "", "'"));
    Hand("SELECT pg_reload_conf()");
    const int64_t length = wait ? 6 : 0;
    while (Number("SELECT length(current_setting('synchronous_standby_names'))") != length) {
    }
    // That was this session's view. Whether a COMMIT waits is said by the checkpointer, which reads what
    // changed before it answers.
    if (wait) Hand("CHECKPOINT");
  }
  // Does `what` ("pg_cancel_backend", "pg_terminate_backend") to the session that stands at
  // `wait_event`.
  void Strike(const std::string& what, const std::string& wait_event) {
    Hand(absl::StrCat("SELECT ", what,
                      "(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE "
                      "'tremorcast%' AND wait_event = '",
                      wait_event, "'"));
  }
  bool waits_for_standby_ = false;
};

TEST_F(IngestFaultsTest, ABackendKilledBeforeItsCommitLosesNothingAndTheGroupGoesInOnce) {
  auto store = Open();
  Hand("INSERT INTO ingest_high_water VALUES ('ST1', 0, '-infinity')");
  Hand("BEGIN; SELECT * FROM ingest_high_water FOR UPDATE");
  std::vector<absl::StatusOr<BatchResult>> results;
  Background ingest([&] {
    results = Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Make(), BatchMaker("ST2", "b1").Rows(0, 3).Make()});
  });
  AwaitBlocked(1, "transactionid");
  const auto killed = watch_->Exec(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
      "application_name LIKE 'tremorcast%' AND wait_event = 'transactionid'",
      Soon());
  ASSERT_TRUE(killed.ok() && killed->size() == 1);
  AwaitBlocked(1, "transactionid");  // tried anew on a fresh connection: COMMIT had not been sent
  Hand("COMMIT");
  ingest.Join();
  for (const auto& result : results) {
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_THAT(result->verdicts, testing::Each(RowVerdict{}));
    EXPECT_FALSE(result->replayed);
  }
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 6);
}

TEST_F(IngestFaultsTest, ACommitWhoseAnswerIsLostIsNotAcknowledgedAndMayBeSentAgain) {
  auto store = Open();
  const ObservationBatch batch = BatchMaker("ST1", "b1").Rows(0, 3).Position("p").Make();
  ASSERT_TRUE(store->observations().EnsurePartitions({TestWeek(), TestWeek() + kWeekLength}).ok());
  WaitForStandby(true);
  absl::StatusOr<BatchResult> result = absl::UnknownError("");
  Background ingest([&] { result = Ingest(*store, {batch}).front(); });
  AwaitBlocked(1, "SyncRep");
  Strike("pg_terminate_backend", "SyncRep");
  ingest.Join();
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable) << result.status();
  WaitForStandby(false);
  const auto again = Ingest(*store, {batch}).front();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(again->verdicts, testing::Each(RowVerdict{})) << "the first commit had happened: these are its verdicts";
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 3);
}

TEST_F(IngestFaultsTest, ACancelledWaitForTheStandbyIsNotAcknowledged) {
  auto store = Open();
  const ObservationBatch batch = BatchMaker("ST1", "b1").Rows(0, 3).Make();
  ASSERT_TRUE(store->observations().EnsurePartitions({TestWeek(), TestWeek() + kWeekLength}).ok());
  WaitForStandby(true);
  absl::StatusOr<BatchResult> result = absl::UnknownError("");
  Background ingest([&] { result = Ingest(*store, {batch}).front(); });
  AwaitBlocked(1, "SyncRep");
  Strike("pg_cancel_backend", "SyncRep");  // COMMIT succeeds, with a WARNING
  ingest.Join();
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable) << result.status();
  WaitForStandby(false);
  EXPECT_TRUE(Ingest(*store, {batch}).front()->replayed);
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 3);
}

// The retry finds its batch recorded by a commit that no standby has: being told "stored" must wait
// like the first time.
TEST_F(IngestFaultsTest, ARepeatedBatchIsNotAcknowledgedBeforeTheStandbyHasIt) {
  auto store = Open();
  const ObservationBatch batch = BatchMaker("ST1", "b1").Rows(0, 3).Make();
  ASSERT_TRUE(store->observations().EnsurePartitions({TestWeek(), TestWeek() + kWeekLength}).ok());
  WaitForStandby(true);
  absl::StatusOr<BatchResult> result = absl::UnknownError("");
  Background ingest([&] { result = Ingest(*store, {batch}).front(); });
  AwaitBlocked(1, "SyncRep");
  Strike("pg_cancel_backend", "SyncRep");
  ingest.Join();
  ASSERT_FALSE(result.ok());
  Background again([&] { result = Ingest(*store, {batch}).front(); });
  AwaitBlocked(1, "SyncRep");
  WaitForStandby(false);
  again.Join();
  EXPECT_TRUE(result.ok()) << result.status();
}

// So must the position that a client goes on from.
TEST_F(IngestFaultsTest, APositionIsNotToldBeforeTheStandbyHasIt) {
  auto store = Open();
  ASSERT_TRUE(store->observations().EnsurePartitions({TestWeek(), TestWeek() + kWeekLength}).ok());
  WaitForStandby(true);
  absl::StatusOr<BatchResult> result = absl::UnknownError("");
  Background ingest(
      [&] { result = Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Position("3").Make()}).front(); });
  AwaitBlocked(1, "SyncRep");
  Strike("pg_cancel_backend", "SyncRep");
  ingest.Join();
  ASSERT_FALSE(result.ok());
  absl::StatusOr<std::optional<std::string>> position;
  Background ask([&] { position = store->observations().Position(StationId("ST1"), "logger"); });
  AwaitBlocked(1, "SyncRep");
  WaitForStandby(false);
  ask.Join();
  ASSERT_TRUE(position.ok()) << position.status();
  EXPECT_EQ(position->value_or(""), "3");
}

TEST_F(IngestFaultsTest, ACommitIsNotCancelledByTheDeadline) {
  auto store = Open();
  ASSERT_TRUE(store->observations().EnsurePartitions({TestWeek(), TestWeek() + kWeekLength}).ok());
  WaitForStandby(true);
  absl::StatusOr<BatchResult> result = absl::UnknownError("");
  const absl::Time deadline = absl::Now() + absl::Seconds(2);
  Background ingest([&] { result = Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Make()}, deadline).front(); });
  AwaitBlocked(1, "SyncRep");
  // Well past the deadline the COMMIT still waits. (Asked of the server, whose clock is the same
  // one.)
  while (absl::Now() < deadline + absl::Seconds(1)) AwaitBlocked(1, "SyncRep");
  WaitForStandby(false);
  ingest.Join();
  EXPECT_TRUE(result.ok()) << result.status();
}

TEST_F(IngestFaultsTest, ADeadlinePassesIntoTheDatabase) {
  auto store = Open();
  ASSERT_TRUE(store->observations().EnsurePartitions({TestWeek(), TestWeek() + kWeekLength}).ok());
  Hand("INSERT INTO ingest_high_water VALUES ('ST1', 0, '-infinity')");
  Hand("BEGIN; SELECT * FROM ingest_high_water FOR UPDATE");
  const auto result =
      Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Make()}, absl::Now() + absl::Milliseconds(500)).front();
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded) << result.status();
  Hand("COMMIT");
  EXPECT_TRUE(Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Make()}).front().ok());
}

TEST_F(IngestFaultsTest, TextTheDatabaseRefusesFailsItsOwnBatchAlone) {
  auto store = Open();
  const auto results =
      Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 2).Make(), BatchMaker("ST2", "bad \xff id").Rows(0, 2).Make(),
                      BatchMaker("ST3", "b1").Rows(0, 2).Make()});
  EXPECT_TRUE(results[0].ok()) << results[0].status();
  EXPECT_EQ(results[1].status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(results[2].ok()) << results[2].status();
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 4);
}

TEST_F(IngestFaultsTest, APartitionThatDisappearedIsMadeAgain) {
  auto store = Open();
  ASSERT_TRUE(Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 2).Make()}).front().ok());
  Hand(
      "DO $$ DECLARE p regclass; BEGIN FOR p IN SELECT inhrelid FROM pg_inherits WHERE inhparent = "
      "'observations'::regclass LOOP "
      "EXECUTE 'DROP TABLE ' || p; END LOOP; END $$");
  for (const char* id : {"b2", "b3"}) {
    const auto result = Ingest(*store, {BatchMaker("ST1", id).Rows(id[1] == '2' ? 2 : 0, 2).Make()}).front();
    ASSERT_TRUE(result.ok()) << result.status();
  }
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 4);
}

TEST_F(IngestFaultsTest, AcknowledgedRowsOutliveACrashAndTheStoreComesBackByItself) {
  auto store = Open();
  ASSERT_TRUE(Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 500).Make()}).front().ok());
  ASSERT_TRUE(TempCluster::Shared().Crash().ok());
  EXPECT_EQ(store->Ping(Soon()).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Ingest(*store, {BatchMaker("ST1", "b2").Rows(500, 1).Make()}).front().status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(store->network().ListStations().status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(TempCluster::Shared().StartServer().ok());
  EXPECT_TRUE(store->Ping(Soon()).ok());
  EXPECT_EQ(store->observations().CountRows(StationId("ST1"), Signal::kMagn).value_or(-1), 500);
  EXPECT_TRUE(Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 500).Make()}).front()->replayed);
  EXPECT_TRUE(Ingest(*store, {BatchMaker("ST1", "b2").Rows(500, 1).Make()}).front().ok());
}

TEST_F(IngestFaultsTest, AGroupOfMoreStationWeeksThanTheLockTableHoldsGoesInByParts) {
  auto store = Open();
  std::vector<ObservationBatch> group;
  for (int station = 0; station < 8; ++station) {
    BatchMaker maker(absl::StrCat("ST", station), "b1");
    for (int week = 0; week < 300; ++week) maker.Row(TestSlot(week * kSlotsPerWeek));
    group.push_back(maker.Make());
  }
  for (const auto& result : Ingest(*store, group, absl::Now() + absl::Minutes(5)))
    ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 2400);
}

}  // namespace
}  // namespace tremorcast
