#include "server/jobs/storage_jobs.h"

#include <string>

#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

bool Always() { return true; }

class StorageJobsTest : public ServiceFixture {
 protected:
  StorageJobsTest() : seal_({}, observations_, network_, metrics_.windows, *log_) {}
  int Revision(const std::string& station, absl::Time week) {
    const auto found = observations_.Find(StationId(station), week, absl::InfiniteFuture());
    return found->has_value() ? (*found)->key.revision : 0;
  }
  SealJob seal_;
};

TEST_F(StorageJobsTest, PartitionsReachFromLastWeekToWeeksAhead) {
  PartitionJob job({}, observations_);
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  ASSERT_EQ(observations_.partitions_ensured().size(), 1u);
  const Interval made = observations_.partitions_ensured()[0];
  EXPECT_EQ(made.begin, issue_ - kWeekLength);
  EXPECT_EQ(made.end, issue_ + 5 * kWeekLength);
  observations_.faults().FailNext(absl::UnavailableError("away"));
  EXPECT_TRUE(absl::IsUnavailable(job.Tick(clock_.Now(), Always)));
}

TEST_F(StorageJobsTest, SealsWeeksThatEndedAndTheGraceHasPassed) {
  struct Case {
    const char* what;
    absl::Duration after_week_end;
    int revision;
  };
  const Case cases[] = {{"in the week", -absl::Hours(1), 0},
                        {"at its end", absl::ZeroDuration(), 0},
                        {"just before the grace is over", absl::Minutes(20) - absl::Seconds(1), 0},
                        {"after the grace", absl::Minutes(20), 1}};
  Fill("s1", input_week_, 0, 500);
  for (const Case& c : cases) {
    ASSERT_TRUE(seal_.Tick(issue_ + c.after_week_end, Always).ok()) << c.what;
    EXPECT_EQ(Revision("s1", input_week_), c.revision) << c.what;
  }
  EXPECT_EQ(lines_.With("event=seal station_weeks=1").size(), 1u);
  EXPECT_EQ(lines_.With("event=seal").size(), 1u) << "a turn that seals nothing says nothing";
}

TEST_F(StorageJobsTest, SealsMoreThanOneBatchAndAllWeeks) {
  SealJob::Options options;
  options.batch = 2;
  SealJob job(options, observations_, network_, metrics_.windows, *log_);
  for (const char* station : {"s1", "s2", "s3"}) {
    for (int week = 1; week <= 3; ++week) Fill(station, issue_ - week * kWeekLength, 0, 3);
  }
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  for (const char* station : {"s1", "s2", "s3"}) {
    for (int week = 1; week <= 3; ++week) EXPECT_EQ(Revision(station, issue_ - week * kWeekLength), 1);
  }
  EXPECT_EQ(metrics_.windows.seal_seconds.Collect().histogram.sample_count, 9u);
}

TEST_F(StorageJobsTest, ALateRowRebuildsItsOwnStationWeekAlone) {
  for (const char* station : {"s1", "s2"}) {
    for (int week = 1; week <= 9; ++week) Fill(station, issue_ - week * kWeekLength, 0, 10);
  }
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  FillLate("s1", issue_ - 9 * kWeekLength, 500);  // sixty days late
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(Revision("s1", issue_ - 9 * kWeekLength), 2);
  for (int week = 1; week <= 8; ++week) EXPECT_EQ(Revision("s1", issue_ - week * kWeekLength), 1);
  for (int week = 1; week <= 9; ++week) EXPECT_EQ(Revision("s2", issue_ - week * kWeekLength), 1);
  EXPECT_EQ(metrics_.windows.dirty.Value(), 0);
}

TEST_F(StorageJobsTest, AWeekWhoseRowsStillComeInWaitsUntilItIsAtRest) {
  SealJob::Options options;
  options.quiet = absl::Minutes(1);
  SealJob job(options, observations_, network_, metrics_.windows, *log_);
  clock_.Set(issue_ + absl::Hours(5));
  FillLate("s1", input_week_, 0);
  ASSERT_TRUE(job.Tick(clock_.Now() + absl::Seconds(59), Always).ok());
  EXPECT_EQ(Revision("s1", input_week_), 0);
  ASSERT_TRUE(job.Tick(clock_.Now() + absl::Minutes(1), Always).ok());
  EXPECT_EQ(Revision("s1", input_week_), 1);
}

TEST_F(StorageJobsTest, ExportsTheCompletenessOfTheLastWeek) {
  ASSERT_TRUE(network_.Refresh().ok());
  Fill("s1", input_week_);
  Fill("s2", input_week_, 0, 504);
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  EXPECT_DOUBLE_EQ(Metric("tremorcast_window_completeness_ratio", {"lab"}), (1 + .5) / 4);
}

// Seals nothing of one station.
class StubbornWindows : public FakeObservations {
 public:
  absl::StatusOr<WindowInfo> Seal(const StationId& station, absl::Time week, absl::Time sealed_at) override {
    if (station.value() == "a-broken") return absl::InternalError("cannot");
    return FakeObservations::Seal(station, week, sealed_at);
  }
};

TEST_F(StorageJobsTest, AStationThatCannotBeSealedDoesNotKeepTheOthersFromIt) {
  StubbornWindows windows;
  ObservationBatch batch;
  for (const char* station : {"a-broken", "s1"}) {
    batch.station = StationId(station);
    batch.batch_id = "b";
    batch.content_hash = std::string(32, 'x');
    batch.received_at = issue_;
    batch.rows = {{SlotContaining(input_week_), Signal::kMagn, 0}};
    batch.checked.resize(1);
    batch.values.assign(kMagnFeatures, 1.0f);
    ASSERT_TRUE(windows.Ingest({&batch}, absl::InfiniteFuture())[0].ok());
  }
  SealJob job({}, windows, network_, metrics_.windows, *log_);
  EXPECT_TRUE(absl::IsInternal(job.Tick(clock_.Now(), Always)));
  EXPECT_TRUE(windows.Find(StationId("s1"), input_week_, absl::InfiniteFuture())->has_value());
}

TEST_F(StorageJobsTest, StopsBetweenTwoStationWeeksWhenToldTo) {
  for (const char* station : {"s1", "s2", "s3"}) Fill(station, input_week_, 0, 3);
  int left = 2;
  EXPECT_TRUE(absl::IsCancelled(seal_.Tick(clock_.Now(), [&] { return left-- > 0; })));
  EXPECT_EQ(Revision("s2", input_week_), 1);
  EXPECT_EQ(Revision("s3", input_week_), 0);
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(Revision("s3", input_week_), 1);
}

TEST_F(StorageJobsTest, AStoreThatGoesAwayInTheMiddleIsNoLoss) {
  for (const char* station : {"s1", "s2", "s3"}) Fill(station, input_week_, 0, 3);
  int calls = 0;
  observations_.faults().SetHook([&] {
    if (++calls == 3) observations_.faults().FailNext(absl::UnavailableError("killed"));
  });
  EXPECT_TRUE(absl::IsUnavailable(seal_.Tick(clock_.Now(), Always)));
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  observations_.faults().SetHook(nullptr);
  for (const char* station : {"s1", "s2", "s3"}) EXPECT_EQ(Revision(station, input_week_), 1);
}

}  // namespace
}  // namespace tremorcast
