// Weeks older than the retention: which may go, what stays, and the races around the moment they
// go.

#include <gmock/gmock.h>
#include <prometheus/registry.h>

#include "server/jobs/retention_job.h"
#include "storage/schema/partitions.h"
#include "tests/integration/storage/storage_test.h"

namespace tremorcast {
namespace {

absl::Time Week(int n) { return WeekGrid::Service().At(TestWeek(), n).begin; }

class RetentionTest : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    store_ = Open();
    ASSERT_NE(store_, nullptr);
  }
  // Six rows of the station in week `n`; the verdict of the first.
  RowVerdict Fill(const std::string& station, int n, const std::string& batch = "b", int first = 0) {
    BatchMaker maker(station, absl::StrCat(batch, n));
    maker.ReceivedAt(Week(n) + absl::Hours(24));
    for (int i = first; i < first + 6; ++i) maker.Row(Slot{SlotContaining(Week(n)).index + i});
    const auto result = Ingest(*store_, {maker.Make()}).front();
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->verdicts.front() : RowVerdict();
  }
  WindowInfo Seal(const std::string& station, int n) {
    const auto sealed = store_->windows().Seal(StationId(station), Week(n), Week(n) + kWeekLength);
    EXPECT_TRUE(sealed.ok()) << sealed.status();
    return sealed.ok() ? *sealed : WindowInfo();
  }
  bool HasPartition(int n) {
    return Number(absl::StrCat("SELECT count(*) FROM pg_class WHERE relname = '", PartitionName(Week(n)), "'")) == 1;
  }
  int64_t Rows() { return Number("SELECT count(*) FROM observations"); }

  std::unique_ptr<Store> store_;
};

class RetentionJobTest : public RetentionTest {
 protected:
  absl::Status Tick(bool drop, int weeks_now = 13, int weeks_kept = 10) {
    RetentionJob::Options options;
    options.retention = weeks_kept * kWeekLength;
    options.drop = drop;
    RetentionJob job(options, store_->maintenance(), metrics_, log_);
    return job.Tick(Week(weeks_now), [] { return true; });
  }
  double Expired(const std::string& state) { return ValueOf("tremorcast_retention_expired_weeks", state); }
  double ValueOf(const std::string& name, const std::string& label = "") {
    for (const auto& family : registry_.Collect()) {
      if (family.name != name) continue;
      for (const auto& metric : family.metric) {
        if (label.empty()) return metric.counter.value;
        if (metric.label.front().value == label) return metric.gauge.value;
      }
    }
    return -1;
  }

  prometheus::Registry registry_;
  MaintenanceMetrics metrics_{registry_};
  std::vector<std::string> lines_;
  Log log_{LogLevel::kInfo, [this](LogLevel, const std::string& line) { lines_.push_back(line); }};
};

TEST_F(RetentionJobTest, DropsOnlyWeeksOfWhichEveryStationIsSealedAndClean) {
  for (const int week : {0, 1, 2, 3}) {
    Fill("ST1", week);
    Fill("ST2", week);
  }
  for (const int week : {0, 1, 3}) Seal("ST1", week), Seal("ST2", week);
  Seal("ST1", 2);              // ST2 is not sealed in week 2
  Fill("ST1", 1, "late", 10);  // and dirty in week 1
  ASSERT_TRUE(Tick(/*drop=*/true).ok());
  EXPECT_FALSE(HasPartition(0));
  EXPECT_TRUE(HasPartition(1)) << "dirty";
  EXPECT_TRUE(HasPartition(2)) << "unsealed";
  EXPECT_TRUE(HasPartition(3)) << "younger than the retention";
  EXPECT_EQ(Rows(), 18 + 12 + 12);
  EXPECT_EQ(Expired("kept"), 2);
  EXPECT_EQ(Expired("droppable"), 0);
  EXPECT_EQ(ValueOf("tremorcast_retention_dropped_weeks_total"), 1);
  EXPECT_EQ(ValueOf("tremorcast_retention_dropped_rows_total"), 12);
  EXPECT_THAT(lines_, testing::Contains(testing::HasSubstr("dropped the 12 rows of week")));
  EXPECT_THAT(lines_, testing::Contains(testing::HasSubstr("older than the retention that are kept: 2;")));

  Seal("ST1", 1), Seal("ST2", 2);  // what kept them is done
  ASSERT_TRUE(Tick(true).ok());
  EXPECT_FALSE(HasPartition(1));
  EXPECT_FALSE(HasPartition(2));
  EXPECT_EQ(Expired("kept"), 0);
}

TEST_F(RetentionJobTest, DropsNothingUnlessToldTo) {
  Fill("ST1", 0);
  Seal("ST1", 0);
  ASSERT_TRUE(Tick(/*drop=*/false).ok());
  EXPECT_TRUE(HasPartition(0));
  EXPECT_EQ(Expired("droppable"), 1);
  EXPECT_THAT(lines_, testing::ElementsAre(testing::HasSubstr("--drop-expired would drop: 1")));
}

TEST_F(RetentionJobTest, KeepsRowsThatAreInNoWindowWhateverTheMarksSay) {
  Fill("ST1", 0);
  Seal("ST1", 0);
  Hand(
      "INSERT INTO observations SELECT slot + interval '1 day', received_at, signal, delivery, station, source, values "
      "FROM observations LIMIT 1");  // past every lock and mark
  ASSERT_TRUE(Tick(true).ok());
  EXPECT_TRUE(HasPartition(0));
  EXPECT_EQ(Expired("kept"), 1);
  EXPECT_THAT(lines_, testing::Contains(testing::HasSubstr("7 rows are stored, and the sealed windows hold 6")));
}

TEST_F(RetentionJobTest, WaitsNotLongForReadersAndComesAgain) {
  Fill("ST1", 0);
  Seal("ST1", 0);
  Hand("BEGIN; SELECT count(*) FROM observations");
  EXPECT_EQ(Tick(true).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(HasPartition(0));
  EXPECT_EQ(Expired("droppable"), 1);
  Hand("COMMIT");
  EXPECT_TRUE(Tick(true).ok());
  EXPECT_FALSE(HasPartition(0));
}

TEST(RetentionOptionsTest, RefuseToDropWhatWindowsAreMadeOf) {
  RetentionJob::Options options;
  EXPECT_TRUE(options.Validate().ok());
  options.drop = true;
  EXPECT_FALSE(options.Validate().ok()) << "no retention";
  options.retention = absl::Hours(24 * 14);
  EXPECT_FALSE(options.Validate().ok());
  options.retention = absl::Hours(24 * 15);
  EXPECT_TRUE(options.Validate().ok());
}

TEST_F(RetentionTest, WindowsThatForecastsUsedStayReadable) {
  Fill("ST1", 0);
  const WindowInfo sealed = Seal("ST1", 0);
  ASSERT_TRUE(store_->maintenance().DropWeek(Week(0), Week(12)).ok());
  const auto window = store_->windows().Read(sealed.key);
  ASSERT_TRUE(window.ok()) << window.status();
  EXPECT_EQ((*window)->rows_present[0], 6);
  // Sealing once more builds nothing of the rows that are gone.
  EXPECT_EQ(Seal("ST1", 0).key.revision, 1);
  EXPECT_EQ(store_->windows().ArchiveRolling(StationId("ST1"), Week(0) + absl::Hours(24), Week(12)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Number("SELECT count(*) FROM weekly_windows"), 1);
  EXPECT_EQ(Seal("ST2", 0).rows_present[0], 0) << "it had no rows, and that is what its window says";
}

TEST_F(RetentionTest, RowsOfADroppedWeekAreRejectedAndTheirNeighboursStored) {
  Fill("ST1", 0);
  Seal("ST1", 0);
  ASSERT_TRUE(store_->maintenance().DropWeek(Week(0), Week(12)).ok());
  BatchMaker maker("ST1", "mixed");
  maker.Row(Slot{SlotContaining(Week(0)).index + 20}).Row(Slot{SlotContaining(Week(1)).index});
  const ObservationBatch batch = maker.ReceivedAt(Week(2)).Make();
  const ObservationBatch other = BatchMaker("ST2", "other").Rows(0, 1).ReceivedAt(Week(2)).Make();
  for (int round = 0; round < 2; ++round) {  // and the same answer when sent again
    const auto results = Ingest(*store_, {batch, other});
    ASSERT_TRUE(results[0].ok()) << results[0].status();
    EXPECT_EQ(results[0]->verdicts[0].verdict, Verdict::kRejected);
    EXPECT_EQ(results[0]->verdicts[0].reason, RejectReason::kBeyondRetention);
    EXPECT_EQ(results[0]->verdicts[1].verdict, Verdict::kAccepted);
    ASSERT_TRUE(results[1].ok());
    EXPECT_EQ(results[1]->verdicts[0].verdict, Verdict::kRejected) << "TestWeek is the dropped week";
    EXPECT_EQ(results[0]->replayed, round == 1);
  }
  EXPECT_FALSE(HasPartition(0)) << "nothing makes it anew";
  EXPECT_EQ(Rows(), 1);
  EXPECT_TRUE(store_->windows().Dirty(absl::InfiniteFuture(), 10)->empty());
}

// The drop holds its locks; the ingest has looked and found the week in place.
TEST_F(RetentionTest, AnIngestInFlightWhenItsWeekGoesIsAnsweredRejected) {
  Fill("ST1", 0);
  Seal("ST1", 0);
  Hand("INSERT INTO ingest_high_water VALUES ('ST2', 0, '-infinity')");
  Hand("BEGIN; SELECT * FROM ingest_high_water WHERE station = 'ST2' FOR UPDATE");
  absl::StatusOr<BatchResult> ingested;
  Background ingest([&] { ingested = Ingest(*store_, {BatchMaker("ST2", "b").Rows(0, 3).Make()}).front(); });
  AwaitBlocked(1, "transactionid");  // it has read which weeks were dropped, and holds no row yet
  const auto dropped = store_->maintenance().DropWeek(Week(0), Week(12));
  EXPECT_TRUE(dropped.ok()) << dropped.status();
  Hand("COMMIT");
  ingest.Join();
  ASSERT_TRUE(ingested.ok()) << ingested.status();
  for (const RowVerdict& verdict : ingested->verdicts) EXPECT_EQ(verdict.reason, RejectReason::kBeyondRetention);
  EXPECT_EQ(Rows(), 0);
}

// A late row is stored but not committed while the week is about to go: the drop waits for it, and
// then keeps the week.
TEST_F(RetentionTest, ALateRowInFlightKeepsItsWeek) {
  Fill("ST1", 0);
  Seal("ST1", 0);
  Hand(
      absl::StrCat("BEGIN; INSERT INTO observations SELECT slot + interval '1 day', received_at, signal, delivery, "
                   "station, source, values FROM observations LIMIT 1; INSERT INTO dirty_windows (station, week) "
                   "SELECT station, week FROM station_weeks"));
  absl::StatusOr<int64_t> dropped;
  Background drop([&] { dropped = store_->maintenance().DropWeek(Week(0), Week(12)); });
  AwaitBlocked(1, "relation");
  Hand("COMMIT");
  drop.Join();
  EXPECT_EQ(dropped.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Rows(), 7);
}

}  // namespace
}  // namespace tremorcast
