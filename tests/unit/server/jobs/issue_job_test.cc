#include "server/jobs/issue_job.h"

#include <memory>
#include <string>
#include <vector>

#include "server/jobs/storage_jobs.h"
#include "server/pipeline/watch_hub.h"
#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

bool Always() { return true; }

class IssueJobTest : public ServiceFixture {
 protected:
  IssueJobTest() : seal_({}, observations_, network_, metrics_.windows, *log_), job_(MakeJob({})) {}

  std::unique_ptr<IssueJob> MakeJob(IssueJob::Options options) {
    return std::make_unique<IssueJob>(options, forecaster_, network_, observations_, events_, forecasts_, models_,
                                      clock_, *log_);
  }
  void FillAll(absl::Time week) {
    for (const char* station : {"s1", "s2", "s3", "s4"}) Fill(station, week);
  }
  absl::Status TickAt(absl::Time now) {
    clock_.Set(now);
    return job_->Tick(now, Always);
  }
  std::vector<Forecast> Archived() {
    ForecastQuery query;
    query.purposes = {};
    query.issues = {};
    query.latest_revision_only = false;
    return *forecasts_.List(query);
  }

  SealJob seal_;
  std::unique_ptr<IssueJob> job_;
};

TEST_F(IssueJobTest, IssuesOncePerRegionAndWeekAfterTheGrace) {
  AddRegion(RegionId("lab2"), {"s1", "s2", "s3"});
  FillAll(input_week_);
  Serve(kNetwork, 1);
  ASSERT_TRUE(TickAt(issue_).ok());
  ASSERT_TRUE(TickAt(issue_ + absl::Minutes(30) - absl::Seconds(1)).ok());
  EXPECT_EQ(Archived().size(), 0u);
  ASSERT_TRUE(TickAt(issue_ + absl::Minutes(30)).ok());
  ASSERT_EQ(Archived().size(), 2u);
  for (const Forecast& f : Archived()) {
    EXPECT_EQ(f.valid_from, issue_);
    EXPECT_EQ(f.revision, 1);
    EXPECT_EQ(f.purpose, ForecastPurpose::kOperational);
    EXPECT_TRUE(f.scored);
    EXPECT_EQ(f.status, ForecastStatus::kOk);
  }
  for (int minutes = 31; minutes < 600; minutes += 10) ASSERT_TRUE(TickAt(issue_ + absl::Minutes(minutes)).ok());
  EXPECT_EQ(Archived().size(), 2u);
  EXPECT_EQ(lines_.With("event=issue").size(), 2u);
  EXPECT_EQ(lines_.With("event=issue region=lab2 forecast=" + Archived()[1].id + " revision=1").size(), 1u);
}

TEST_F(IssueJobTest, IssuesEachWeekInTurn) {
  Serve(kNetwork, 1);
  for (int week = 0; week < 4; ++week) {
    FillAll(input_week_ + week * kWeekLength);
    ASSERT_TRUE(TickAt(issue_ + week * kWeekLength + absl::Minutes(30)).ok());
  }
  ASSERT_EQ(Archived().size(), 4u);
  EXPECT_TRUE(Archived()[3].change_since_last.has_value());
}

TEST_F(IssueJobTest, AnIssueThatComesTooLateIsNotScored) {
  struct Case {
    absl::Duration after;
    bool scored;
  };
  FillAll(input_week_);
  Serve(kNetwork, 1);
  for (const Case& c :
       {Case{absl::Hours(6), true}, Case{absl::Hours(6) + absl::Seconds(1), false}, Case{absl::Hours(100), false}}) {
    FakeForecastStore fresh;
    IssueJob job({}, forecaster_, network_, observations_, events_, fresh, models_, clock_, *log_);
    clock_.Set(issue_ + c.after);
    ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
    ForecastQuery query;
    ASSERT_EQ(fresh.List(query)->size(), 1u);
    EXPECT_EQ(fresh.List(query)->front().scored, c.scored) << c.after;
  }
}

TEST_F(IssueJobTest, NeverIssuesThePastNorWeeksBeforeItsStart) {
  Serve(kNetwork, 1);
  for (int week = 0; week < 10; ++week) FillAll(input_week_ - week * kWeekLength);  // history loaded today
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(1)).ok());
  ASSERT_EQ(Archived().size(), 1u);
  EXPECT_EQ(Archived()[0].valid_from, issue_);
  IssueJob::Options options;
  options.issue_from = issue_ + kWeekLength;
  FakeForecastStore fresh;
  IssueJob later(options, forecaster_, network_, observations_, events_, fresh, models_, clock_, *log_);
  ASSERT_TRUE(later.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(*fresh.LastSequence(), 0);
  clock_.Set(issue_ + kWeekLength + absl::Hours(1));
  ASSERT_TRUE(later.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(*fresh.LastSequence(), 1);
}

TEST_F(IssueJobTest, WaitsForAModelUntilTheLastCallAndThenIssuesClimatology) {
  FillAll(input_week_);
  ASSERT_TRUE(TickAt(issue_ + absl::Minutes(30)).ok());
  ASSERT_TRUE(TickAt(issue_ + absl::Minutes(329)).ok());
  EXPECT_EQ(Archived().size(), 0u);
  ASSERT_TRUE(TickAt(issue_ + absl::Minutes(330)).ok());
  ASSERT_EQ(Archived().size(), 1u);
  EXPECT_TRUE(Archived()[0].scored);
  EXPECT_FALSE(Archived()[0].model_used);
}

TEST_F(IssueJobTest, AServerStartedInTheMiddleOfAWeekIssuesOnceItHasAModel) {
  FillAll(input_week_);
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(60)).ok());
  EXPECT_EQ(Archived().size(), 0u);
  Serve(kNetwork, 1);
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(61)).ok());
  ASSERT_EQ(Archived().size(), 1u);
  EXPECT_TRUE(Archived()[0].model_used);
  EXPECT_FALSE(Archived()[0].scored);
}

TEST_F(IssueJobTest, SimulatedRegionsGetTests) {
  FillAll(input_week_);
  AddRegion(kLab, {"s1", "s2", "s3", "s4"}, true);
  Serve(kNetwork, 1);
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(1)).ok());
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(2)).ok());
  ASSERT_EQ(Archived().size(), 1u);
  EXPECT_EQ(Archived()[0].purpose, ForecastPurpose::kTest);
}

TEST_F(IssueJobTest, APromotionNeverReissuesTheWeek) {
  FillAll(input_week_);
  Serve(kNetwork, 1);
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(1)).ok());
  Serve(kNetwork, 2);
  Serve(kLab, 3);
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(2)).ok());
  EXPECT_EQ(Archived().size(), 1u);
}

TEST_F(IssueJobTest, ALateRowRevisesTheForecastPushesItAndLeavesTheScoredIssueAlone) {
  for (const char* station : {"s1", "s2", "s3"}) Fill(station, input_week_);
  Fill("s4", input_week_, 0, 1000);
  const ModelVersion first_model = Serve(kNetwork, 1);
  WatchHub hub({}, forecasts_, clock_, metrics_.watch, *log_);
  auto watch = hub.Subscribe({}, 0, nullptr);
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(1)).ok());
  Serve(kNetwork, 2);  // promoted meanwhile: must play no part
  clock_.Set(issue_ + absl::Hours(48));
  FillLate("s4", input_week_, 1005);
  ASSERT_TRUE(TickAt(clock_.Now()).ok());
  EXPECT_EQ(Archived().size(), 1u) << "not resealed yet";
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(TickAt(clock_.Now() + absl::Minutes(1)).ok());

  const std::vector<Forecast> archived = Archived();
  ASSERT_EQ(archived.size(), 2u);
  EXPECT_TRUE(archived[0].scored);
  EXPECT_EQ(archived[0].revision, 1);
  EXPECT_FALSE(archived[1].scored);
  EXPECT_EQ(archived[1].revision, 2);
  EXPECT_EQ(archived[1].reason, RevisionReason::kLateData);
  EXPECT_EQ(archived[1].supersedes, archived[0].id);
  EXPECT_EQ(archived[1].model.version, first_model);
  EXPECT_EQ(archived[1].climatology, archived[0].climatology);
  EXPECT_EQ(archived[1].stations[3].window->revision, 2);
  for (int s = 0; s < 3; ++s) EXPECT_EQ(archived[1].stations[s].window, archived[0].stations[s].window);
  ASSERT_TRUE(hub.PollOnce().ok());
  EXPECT_EQ(watch->TryNext()->revision, 1);
  EXPECT_EQ(watch->TryNext()->revision, 2);
}

TEST_F(IssueJobTest, ALateRowThatChangesNothingMaterialIsComputedOnceAndNotArchived) {
  for (const char* station : {"s1", "s2", "s3"}) Fill(station, input_week_);
  Fill("s4", input_week_, 0, 300);  // not usable, before and after
  Serve(kNetwork, 1);
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(1)).ok());
  clock_.Set(issue_ + absl::Hours(2));
  FillLate("s4", input_week_, 305);
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  const double computed = metrics_.inference.windows.Value();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(TickAt(clock_.Now() + absl::Minutes(1)).ok());
  EXPECT_EQ(Archived().size(), 1u);
  EXPECT_EQ(metrics_.inference.windows.Value(), computed + 3) << "one computation of three windows";
}

TEST_F(IssueJobTest, AWeekThatIsOverIsNotRevised) {
  for (const char* station : {"s1", "s2", "s3"}) Fill(station, input_week_);
  Fill("s4", input_week_, 0, 1000);
  Serve(kNetwork, 1);
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(1)).ok());
  clock_.Set(issue_ + kWeekLength);
  FillLate("s4", input_week_, 1005);
  clock_.Advance(absl::Minutes(25));
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  ASSERT_TRUE(TickAt(issue_ + kWeekLength + absl::Minutes(35)).ok());
  for (const Forecast& f : Archived()) EXPECT_EQ(f.revision, 1);
}

TEST_F(IssueJobTest, AStationThatHadNoWindowAtAllMayStillArriveLate) {
  for (const char* station : {"s1", "s2"}) Fill(station, input_week_);
  Serve(kNetwork, 1);
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(1)).ok());
  EXPECT_EQ(Archived()[0].status, ForecastStatus::kDegraded);
  clock_.Set(issue_ + absl::Hours(20));
  Fill("s3", input_week_);
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  ASSERT_TRUE(TickAt(clock_.Now()).ok());
  ASSERT_EQ(Archived().size(), 2u);
  EXPECT_EQ(Archived()[1].status, ForecastStatus::kOk);
}

TEST_F(IssueJobTest, AStoreThatDiesBetweenComputingAndArchivingLeavesNothingHalf) {
  AddRegion(RegionId("lab2"), {"s1", "s2", "s3"});
  FillAll(input_week_);
  Serve(kNetwork, 1);
  // Dies at each of the calls in turn; the tick after that one goes on.
  for (int dies_at = 1; dies_at <= 12; ++dies_at) {
    int calls = 0;
    forecasts_.faults().SetHook([&] {
      if (++calls == dies_at) forecasts_.faults().FailNext(absl::UnavailableError("killed"));
    });
    TickAt(issue_ + absl::Hours(1)).IgnoreError();
  }
  forecasts_.faults().SetHook(nullptr);
  forecasts_.faults().FailNext(absl::OkStatus(), 0);  // the last order may not have been carried out
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(1)).ok());
  ASSERT_EQ(Archived().size(), 2u);
  for (const Forecast& f : Archived()) EXPECT_EQ(f.revision, 1);
}

TEST_F(IssueJobTest, OneRegionsFailureDoesNotKeepTheOthersFromBeingIssued) {
  AddRegion(RegionId("a-first"), {"s1", "s2", "s3"});
  FillAll(input_week_);
  Serve(kNetwork, 1);
  Serve(RegionId("a-first"), 2);
  const auto& predictor = dynamic_cast<const FakePredictor&>(*models_.For(RegionId("a-first"))->predictor);
  predictor.faults().FailNext(absl::InternalError("device lost"));
  EXPECT_TRUE(absl::IsInternal(TickAt(issue_ + absl::Hours(1))));
  ASSERT_EQ(Archived().size(), 1u);
  EXPECT_EQ(Archived()[0].region, kLab);
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(2)).ok());
  EXPECT_EQ(Archived().size(), 2u);
}

TEST_F(IssueJobTest, AWithdrawnForecastIsNotRevived) {
  for (const char* station : {"s1", "s2", "s3"}) Fill(station, input_week_);
  Fill("s4", input_week_, 0, 1000);
  Serve(kNetwork, 1);
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(1)).ok());
  Forecast withdrawal = Archived()[0];
  withdrawal.revision = 2;
  withdrawal.supersedes = withdrawal.id;
  withdrawal.id = MakeForecastId(issue_, withdrawal.purpose, 2);
  withdrawal.reason = RevisionReason::kWithdrawn;
  ASSERT_TRUE(forecasts_.Append(withdrawal).ok());
  FillLate("s4", input_week_, 1005);
  ASSERT_TRUE(seal_.Tick(clock_.Now(), Always).ok());
  ASSERT_TRUE(TickAt(issue_ + absl::Hours(2)).ok());
  EXPECT_EQ(Archived().size(), 2u);
}

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
