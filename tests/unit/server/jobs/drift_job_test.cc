#include "server/jobs/drift_job.h"

#include <cmath>

#include <absl/strings/str_cat.h>

#include "core/base/digest.h"
#include "core/observation/drift.h"
#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

bool Always() { return true; }

class DriftJobTest : public ServiceFixture {
 protected:
  DriftJobTest() : job_(Options(), observations_, registry_, metrics_.forecasts) {
    for (int week = 20; week > 14; --week) FillAndSeal(week, 0);
    for (int week = 3; week > 0; --week) FillAndSeal(week, 0);
  }
  static DriftJob::Options Options() {
    DriftJob::Options options;
    options.stride = 6;
    return options;
  }
  // The week of s1 that began so many weeks before the issue; `lift` is added to the last sound
  // feature.
  void FillAndSeal(int weeks_ago, float lift) {
    const absl::Time week = issue_ - weeks_ago * kWeekLength;
    ObservationBatch batch;
    batch.station = StationId("s1");
    batch.batch_id = absl::StrCat(weeks_ago, " ", lift);
    batch.content_hash = Sha256(batch.batch_id);
    batch.delivery = Delivery::kBackfill;
    batch.received_at = week + kWeekLength;
    for (int i = 0; i < kSlotsPerWeek; ++i) {
      for (const Signal signal : {Signal::kMagn, Signal::kSound}) {
        batch.rows.push_back(
            {Slot{SlotContaining(week).index + i}, signal, static_cast<uint32_t>(batch.values.size())});
        batch.checked.emplace_back();
        for (int c = 0; c < FeatureCount(signal); ++c) {
          batch.values.push_back(static_cast<float>((i * 7 + c * 17 + weeks_ago * 101) % 997));
        }
        if (signal == Signal::kSound) batch.values.back() += lift;
      }
    }
    ASSERT_TRUE(observations_.Ingest({&batch}, absl::InfiniteFuture())[0].ok());
    ASSERT_TRUE(observations_.Seal(batch.station, week, clock_.Now()).ok());
  }
  void ServeModelOf(const Interval& training) {
    ModelRecord record;
    record.created_at = issue_;
    record.model.weights_sha256 = Sha256Hex("artifact");
    record.model.version = MakeModelVersion(record.created_at, record.model.weights_sha256);
    record.model.training_period = training;
    ASSERT_TRUE(registry_.Publish(record, "artifact", {}, std::nullopt).ok());
    Promote(kNetwork, record.model.version);
  }
  double Psi(const std::string& signal) const { return Metric("tremorcast_feature_drift_psi", {signal}); }

  DriftJob job_;
};

TEST_F(DriftJobTest, ComparesTheNewestWeeksWithTheChampionsTrainingPeriod) {
  ASSERT_TRUE(job_.Tick(clock_.Now(), Always).ok());
  EXPECT_TRUE(std::isnan(Psi("magn"))) << "no champion";

  ServeModelOf({issue_ - 20 * kWeekLength, issue_ - 14 * kWeekLength});
  ASSERT_TRUE(job_.Tick(clock_.Now(), Always).ok());
  EXPECT_LT(Psi("magn"), kModerateDrift);
  EXPECT_LT(Psi("sound"), kModerateDrift);

  // One feature of one signal moves away in one of four weeks.
  FillAndSeal(4, 5000);
  ASSERT_TRUE(job_.Tick(clock_.Now(), Always).ok());
  EXPECT_LT(Psi("magn"), kModerateDrift);
  EXPECT_GT(Psi("sound"), kMajorDrift);

  Promote(kNetwork, ModelVersion());
  ASSERT_TRUE(job_.Tick(clock_.Now(), Always).ok());
  EXPECT_TRUE(std::isnan(Psi("sound"))) << "withdrawn";
}

TEST_F(DriftJobTest, ReadsNothingWhileChampionAndWeeksAreTheSame) {
  ServeModelOf({issue_ - 20 * kWeekLength, issue_ - 14 * kWeekLength});
  int reads = 0;
  const auto count = [&reads] { return ++reads > 0; };
  ASSERT_TRUE(job_.Tick(clock_.Now(), count).ok());
  EXPECT_EQ(reads, 9);
  ASSERT_TRUE(job_.Tick(clock_.Now(), count).ok());
  EXPECT_EQ(reads, 9);
  FillAndSeal(4, 0);
  ASSERT_TRUE(job_.Tick(clock_.Now(), count).ok());
  EXPECT_EQ(reads, 9 + 10);
}

TEST_F(DriftJobTest, WithoutWindowsOfTheTrainingPeriodSaysNothing) {
  ServeModelOf({issue_ - 90 * kWeekLength, issue_ - 80 * kWeekLength});
  ASSERT_TRUE(job_.Tick(clock_.Now(), Always).ok());
  EXPECT_TRUE(std::isnan(Psi("magn")));
}

TEST_F(DriftJobTest, AStoreThatIsAwayIsTriedAgain) {
  ServeModelOf({issue_ - 20 * kWeekLength, issue_ - 14 * kWeekLength});
  observations_.faults().FailNext(absl::UnavailableError("away"));
  EXPECT_TRUE(absl::IsUnavailable(job_.Tick(clock_.Now(), Always)));
  ASSERT_TRUE(job_.Tick(clock_.Now(), Always).ok());
  EXPECT_LT(Psi("magn"), kModerateDrift);
}

}  // namespace
}  // namespace tremorcast
