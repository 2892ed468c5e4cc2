#include "server/pipeline/forecast_archive.h"

#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

class ForecastArchiveTest : public ::testing::Test {
 protected:
  Forecast Computed(double p0, const std::string& inputs) {
    Forecast f;
    f.region = kLab;
    f.purpose = ForecastPurpose::kOperational;
    f.status = ForecastStatus::kOk;
    f.valid_from = absl::FromUnixSeconds(1'600'000'200);
    f.id = MakeForecastId(f.valid_from, f.purpose, 1);
    f.probabilities = {p0, 1 - p0, 0, 0, 0};
    f.input_hash = inputs;
    return f;
  }
  FakeForecastStore store_;
};

TEST_F(ForecastArchiveTest, TheFirstIssueIsScoredAndStaysSo) {
  const auto first = ArchiveForecast(store_, Computed(.9, "a"), RevisionReason::kFirstIssue, true);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first->appended);
  EXPECT_TRUE(first->forecast.scored);
  const auto second = ArchiveForecast(store_, Computed(.8, "b"), RevisionReason::kLateData, true);
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->appended);
  EXPECT_EQ(second->forecast.revision, 2);
  EXPECT_FALSE(second->forecast.scored);
  EXPECT_EQ(second->forecast.supersedes, first->forecast.id);
  EXPECT_EQ(second->forecast.reason, RevisionReason::kLateData);
  EXPECT_TRUE((*store_.Get(kLab, first->forecast.id))->scored);
}

TEST_F(ForecastArchiveTest, NothingIsWrittenWhenNothingMaterialChanged) {
  ASSERT_TRUE(ArchiveForecast(store_, Computed(.9, "a"), RevisionReason::kFirstIssue, true).ok());
  const auto same = ArchiveForecast(store_, Computed(.9, "a"), RevisionReason::kLateData, true);
  EXPECT_FALSE(same->appended);
  const auto close = ArchiveForecast(store_, Computed(.9004, "b"), RevisionReason::kLateData, true);
  EXPECT_FALSE(close->appended);
  EXPECT_EQ(close->forecast.revision, 1);
  EXPECT_EQ(*store_.LastSequence(), 1);
}

TEST_F(ForecastArchiveTest, AHindcastIsNeverScored) {
  Forecast hindcast = Computed(.9, "a");
  hindcast.purpose = ForecastPurpose::kHindcast;
  EXPECT_FALSE(ArchiveForecast(store_, hindcast, RevisionReason::kFirstIssue, true)->forecast.scored);
}

TEST_F(ForecastArchiveTest, ALostRaceIsAborted) {
  // The other replica archives between our look and our write.
  int calls = 0;
  FakeForecastStore& store = store_;
  const Forecast theirs = Computed(.7, "theirs");
  store_.faults().SetHook([&] {
    if (++calls != 2) return;
    store.faults().SetHook(nullptr);
    Forecast first = theirs;
    ASSERT_TRUE(store.Append(first).ok());
  });
  EXPECT_TRUE(
      absl::IsAborted(ArchiveForecast(store_, Computed(.9, "ours"), RevisionReason::kFirstIssue, true).status()));
}

TEST_F(ForecastArchiveTest, PassesOnThatTheStoreIsAway) {
  store_.faults().FailNext(absl::UnavailableError("away"));
  EXPECT_TRUE(
      absl::IsUnavailable(ArchiveForecast(store_, Computed(.9, "a"), RevisionReason::kFirstIssue, true).status()));
}

}  // namespace
}  // namespace tremorcast
