// What the tables promise whoever writes to them by hand or reads what was altered.

#include <algorithm>

#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>

#include "tests/integration/storage/storage_test.h"

namespace tremorcast {
namespace {

class StoredTablesTest : public StorageTest {};

TEST_F(StoredTablesTest, PartitionsAreAttachedWhileAReaderHoldsTheParent) {
  auto store = Open();
  ASSERT_TRUE(store->observations().EnsurePartitions({TestWeek(), TestWeek() + kWeekLength}).ok());
  Hand("BEGIN; SELECT count(*) FROM observations");
  absl::Status ensured;
  Background ensure([&] {
    ensured = store->observations().EnsurePartitions({TestWeek() + kWeekLength, TestWeek() + 2 * kWeekLength});
  });
  ensure.Join();  // before the reader ends
  EXPECT_TRUE(ensured.ok()) << ensured;
  Hand("COMMIT");
  EXPECT_EQ(Number("SELECT count(*) FROM pg_inherits WHERE inhparent = 'observations'::regclass"), 2);
}

TEST_F(StoredTablesTest, LedgerForecastsAndWindowsRefuseToBeChanged) {
  auto store = Open();
  ASSERT_TRUE(store->windows().Seal(StationId("ST1"), TestWeek(), TestWeek() + kWeekLength).ok());
  ASSERT_TRUE(store->windows().Seal(StationId("ST2"), TestWeek(), TestWeek() + kWeekLength).ok());
  Forecast forecast;
  forecast.region = RegionId("area-1");
  forecast.id = "id";
  forecast.stations.resize(1);
  forecast.stations[0].station = StationId("ST1");
  forecast.stations[0].window = WindowKey{StationId("ST1"), TestWeek(), 1};
  ASSERT_TRUE(store->forecasts().Append(forecast).ok());
  for (const char* sql : {"UPDATE forecasts SET verdict = ''", "DELETE FROM forecasts", "DELETE FROM forecast_windows",
                          "UPDATE promotions SET reason = ''", "DELETE FROM promotions", "TRUNCATE promotions",
                          "UPDATE model_versions SET sha256 = ''", "UPDATE weekly_windows SET codec = 2",
                          "DELETE FROM weekly_windows WHERE station = 'ST1'"}) {
    EXPECT_FALSE(watch_->Exec(sql, Soon()).ok()) << sql;
  }
  Hand("DELETE FROM weekly_windows WHERE station = 'ST2'");  // nobody refers to it
}

TEST_F(StoredTablesTest, AWindowThatWasAlteredOnDiskIsNotRead) {
  auto store = Open();
  ASSERT_TRUE(Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Make()}).front().ok());
  ASSERT_TRUE(store->windows().Seal(StationId("ST1"), TestWeek(), TestWeek() + kWeekLength).ok());
  ASSERT_TRUE(Ingest(*store, {BatchMaker("ST2", "b1").Rows(0, 4).Make()}).front().ok());
  ASSERT_TRUE(store->windows().Seal(StationId("ST2"), TestWeek(), TestWeek() + kWeekLength).ok());
  Hand("ALTER TABLE weekly_windows DISABLE TRIGGER ALL");
  Hand(
      "UPDATE weekly_windows SET values = (SELECT values FROM weekly_windows WHERE station = 'ST2') WHERE station = "
      "'ST1'");
  EXPECT_EQ(store->windows().Read({StationId("ST1"), TestWeek(), 1}).status().code(), absl::StatusCode::kDataLoss);
  Hand("UPDATE weekly_windows SET values = substr(values, 1, length(values) / 2) WHERE station = 'ST2'");
  EXPECT_EQ(store->windows().Read({StationId("ST2"), TestWeek(), 1}).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(StoredTablesTest, ForecastSequencesFollowTheOrderOfCommits) {
  auto store = Open();
  Hand("BEGIN; SELECT nextval('forecast_sequence')");
  Hand("ROLLBACK");  // numbers may be missing, never out of order
  std::vector<std::unique_ptr<Background>> writers;
  absl::Mutex mutex;
  std::vector<int64_t> seen;
  for (int w = 0; w < 4; ++w) {
    writers.push_back(std::make_unique<Background>([&, w] {
      for (int i = 0; i < 5; ++i) {
        Forecast forecast;
        forecast.region = RegionId(absl::StrCat("area-", w));
        forecast.valid_from = TestWeek() + i * kWeekLength;
        forecast.id = absl::StrCat("id-", i);
        ASSERT_TRUE(store->forecasts().Append(forecast).ok());
        // A watcher that has seen n must never be shown a smaller one later.
        absl::MutexLock lock(&mutex);
        ForecastQuery query;
        query.after_sequence = seen.empty() ? 0 : seen.back();
        const auto fresh = store->forecasts().List(query);
        ASSERT_TRUE(fresh.ok());
        for (const Forecast& f : *fresh) seen.push_back(f.sequence);
      }
    }));
  }
  writers.clear();
  EXPECT_EQ(seen.size(), 20u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_F(StoredTablesTest, ExpiredBatchRecordsAreDropped) {
  auto store = Open();
  const ObservationBatch batch = BatchMaker("ST1", "b1").Rows(0, 1).Make();
  ASSERT_TRUE(Ingest(*store, {batch}).front().ok());
  EXPECT_EQ(*store->DropExpiredBatches(batch.received_at + absl::Hours(24 * 35 - 1)), 0);
  EXPECT_EQ(*store->DropExpiredBatches(batch.received_at + absl::Hours(24 * 35)), 1);
}

}  // namespace
}  // namespace tremorcast
