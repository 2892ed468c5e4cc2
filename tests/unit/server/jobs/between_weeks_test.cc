// What the issue job issues between the weeks: after large earthquakes, and daily.

#include <string>
#include <vector>

#include "server/pipeline/watch_hub.h"
#include "tests/unit/server/jobs/issue_job_fixture.h"

namespace tremorcast {
namespace {

// The catalogue was complete to `until` when it was asked.
class CatalogueIssueTest : public IssueJobTest {
 protected:
  void CompleteUntil(absl::Time until) {
    Completeness stated = events_.ListCompleteness(false)->front();
    stated.period.end = until;
    ASSERT_TRUE(events_.StateComplete(stated, true).ok());
  }
  // `at`, imported when the clock says `known`.
  void Import(absl::Time at, double magnitude, GeoPoint place, absl::Time known, const std::string& id = "big") {
    SeismicEvent event;
    event.source = "cenc";
    event.source_event_id = id;
    event.origin_time = at;
    event.epicenter = place;
    event.magnitude = magnitude;
    ASSERT_TRUE(events_.Import({event}, known).ok());
  }
  std::vector<Forecast> OfKind(IssueKind kind) {
    std::vector<Forecast> all = Archived();
    std::erase_if(all, [&](const Forecast& f) { return f.issue != kind; });
    return all;
  }
};

TEST_F(CatalogueIssueTest, AfterALargeEventItIssuesAtOnceAndOnce) {
  ServeEtas();
  ASSERT_TRUE(TickAt(issue_ + absl::Minutes(30)).ok());
  ASSERT_EQ(Archived().size(), 1u);
  const absl::Time quake = issue_ + absl::Hours(50), imported = quake + absl::Minutes(4);
  CompleteUntil(quake);
  Import(quake, 6.5, {30, 102}, imported);
  ASSERT_TRUE(TickAt(imported + absl::Seconds(7)).ok());
  const std::vector<Forecast> issued = OfKind(IssueKind::kEvent);
  ASSERT_EQ(issued.size(), 1u);
  const Forecast& f = issued.front();
  EXPECT_EQ(f.valid_from, imported + absl::Seconds(7));
  EXPECT_EQ(f.valid_to, f.valid_from + kWeekLength);
  EXPECT_FALSE(f.scored);
  EXPECT_EQ(f.status, ForecastStatus::kOk);
  EXPECT_EQ(f.trigger, "M 6.5 of 2026-11-16T18:00:00Z, in the region");
  EXPECT_EQ(AnsweringRung(f), Rung::kCatalogue);
  const Forecast weekly = OfKind(IssueKind::kWeekly).front();
  EXPECT_LT(f.probabilities[0], weekly.probabilities[0] / 2);
  ASSERT_TRUE(f.change_since_last.has_value());
  EXPECT_NEAR((*f.change_since_last)[0], weekly.probabilities[0] - f.probabilities[0], 1e-12);
  for (int minutes = 1; minutes < 60; ++minutes) ASSERT_TRUE(TickAt(imported + absl::Minutes(minutes)).ok());
  EXPECT_EQ(OfKind(IssueKind::kEvent).size(), 1u) << "that event is known to it";
  EXPECT_EQ(OfKind(IssueKind::kWeekly).size(), 1u) << "and the weekly one stands";
  EXPECT_EQ(forecaster_.Replay(f)->explanation, "identical to the bit");
}

TEST_F(CatalogueIssueTest, ARevisedMagnitudeIsNewsAndHistoryIsNot) {
  ServeEtas();
  const absl::Time quake = issue_ + absl::Hours(50);
  CompleteUntil(quake);
  Import(quake, 4.9, {30, 102}, quake + absl::Minutes(4));
  ASSERT_TRUE(TickAt(quake + absl::Minutes(5)).ok());
  EXPECT_EQ(OfKind(IssueKind::kEvent).size(), 0u) << "too small";
  Import(quake, 5.6, {30, 102}, quake + absl::Minutes(9));
  ASSERT_TRUE(TickAt(quake + absl::Minutes(10)).ok());
  ASSERT_EQ(OfKind(IssueKind::kEvent).size(), 1u) << "now it is not";
  Import(quake, 6.1, {30, 102}, quake + absl::Hours(2));
  ASSERT_TRUE(TickAt(quake + absl::Hours(3)).ok());
  EXPECT_EQ(OfKind(IssueKind::kEvent).size(), 2u) << "and larger still";
  Import(quake - absl::Hours(80), 7.5, {30, 102}, quake + absl::Hours(4), "old");
  ASSERT_TRUE(TickAt(quake + absl::Hours(5)).ok());
  EXPECT_EQ(OfKind(IssueKind::kEvent).size(), 2u) << "days old when it was imported";
}

TEST_F(CatalogueIssueTest, WhatKnewTheEventAndCouldNotAnswerIsNoAnswerToIt) {
  ServeEtas();
  const absl::Time quake = issue_ - absl::Hours(2);
  Import(quake, 6.5, {30, 102}, quake + absl::Minutes(4));
  const Completeness stated = events_.ListCompleteness(false)->front();
  ASSERT_TRUE(events_.RevokeComplete(stated.id, quake).ok());
  Completeness stale = stated;
  stale.period.end = issue_ - absl::Hours(80);
  ASSERT_TRUE(events_.StateComplete(stale, false).ok());
  ASSERT_TRUE(TickAt(issue_ + absl::Minutes(30)).ok());
  ASSERT_EQ(OfKind(IssueKind::kWeekly).size(), 1u);
  EXPECT_EQ(AnsweringRung(OfKind(IssueKind::kWeekly).front()), Rung::kClimatology);
  EXPECT_EQ(OfKind(IssueKind::kEvent).size(), 0u);
  CompleteUntil(issue_ + absl::Hours(1));
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(1)).ok());
  EXPECT_EQ(OfKind(IssueKind::kEvent).size(), 1u) << "now it can";
}

TEST_F(CatalogueIssueTest, AnEventCountsAsFarAwayAsItIsSaid) {
  ServeEtas();
  const absl::Time quake = issue_ + absl::Hours(50);
  CompleteUntil(quake);
  Import(quake, 6.5, {32.5, 102}, quake + absl::Minutes(4));  // 167 km north of the region
  ASSERT_TRUE(TickAt(quake + absl::Minutes(5)).ok());
  EXPECT_EQ(OfKind(IssueKind::kEvent).size(), 0u);
  IssueJob::Options wider;
  wider.event_distance_km = 200;
  job_ = MakeJob(wider);
  ASSERT_TRUE(TickAt(quake + absl::Minutes(6)).ok());
  ASSERT_EQ(OfKind(IssueKind::kEvent).size(), 1u);
  EXPECT_EQ(OfKind(IssueKind::kEvent).front().trigger, "M 6.5 of 2026-11-16T18:00:00Z, 167 km away");
}

TEST_F(CatalogueIssueTest, WithoutACatalogueRungThatAnswersNothingIsIssuedBetweenWeeks) {
  IssueJob::Options daily;
  daily.daily = true;
  job_ = MakeJob(daily);
  ServeEtas(0.8, /*skill=*/false);
  const absl::Time quake = issue_ + absl::Hours(50);
  CompleteUntil(quake);
  Import(quake, 6.5, {30, 102}, quake + absl::Minutes(4));
  ASSERT_TRUE(TickAt(quake + absl::Minutes(5)).ok());
  EXPECT_EQ(OfKind(IssueKind::kEvent).size() + OfKind(IssueKind::kDaily).size(), 0u);
}

TEST_F(CatalogueIssueTest, DailyIssuesBeginAtMidnightAndTheWeeksOwnIsTheFirst) {
  IssueJob::Options daily;
  daily.daily = true;
  job_ = MakeJob(daily);
  ServeEtas();
  for (int hour = 0; hour < 24 * 7; ++hour) {
    const absl::Time now = issue_ + absl::Hours(hour) + absl::Minutes(31);
    if (hour % 24 == 0) CompleteUntil(now);
    ASSERT_TRUE(TickAt(now).ok());
  }
  EXPECT_EQ(OfKind(IssueKind::kWeekly).size(), 1u);
  const std::vector<Forecast> days = OfKind(IssueKind::kDaily);
  ASSERT_EQ(days.size(), 6u);
  for (size_t d = 0; d < days.size(); ++d) {
    EXPECT_EQ(days[d].valid_from, issue_ + absl::Hours(24) * static_cast<int>(d + 1));
    EXPECT_EQ(days[d].valid_to, days[d].valid_from + kWeekLength);
    EXPECT_TRUE(days[d].scored) << "apart from the weekly one";
    EXPECT_EQ(forecaster_.Replay(days[d])->explanation, "identical to the bit");
  }
}

}  // namespace
}  // namespace tremorcast
