#include <memory>
#include <string>
#include <vector>

#include "server/pipeline/watch_hub.h"
#include "tests/unit/server/jobs/issue_job_fixture.h"

namespace tremorcast {
namespace {

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

}  // namespace
}  // namespace tremorcast
