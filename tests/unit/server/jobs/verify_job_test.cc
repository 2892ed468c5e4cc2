#include "server/jobs/verify_job.h"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>

#include "tests/support/complete_until.h"
#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

bool Always() { return true; }

class VerifyJobTest : public ServiceFixture {
 protected:
  VerifyJobTest() : job_({}, forecasts_, events_, *log_) {}

  Forecast Issue(absl::Time week, bool scored = true, ForecastPurpose purpose = ForecastPurpose::kOperational) {
    Forecast f;
    f.region = kLab;
    f.region_polygon = BoxPolygon(29, 31, 101, 103);
    f.purpose = purpose;
    f.valid_from = week;
    f.valid_to = week + kWeekLength;
    f.issued_at = week + absl::Minutes(30);
    f.scored = scored;
    f.id = MakeForecastId(week, purpose, 1);
    f.input_hash = "x";
    f.probabilities = {.5, .2, .15, .1, .05};
    f.climatology = {.7, .15, .08, .04, .03};
    EXPECT_TRUE(forecasts_.Append(f).ok());
    return f;
  }
  void CompleteUntil(absl::Time until, const std::string& source = "cenc") {
    ASSERT_TRUE(SetCompleteUntil(events_, source, until).ok());
  }
  std::vector<Verification> Verified() { return *forecasts_.ListVerifications(std::nullopt, {}); }
  size_t Revisions() { return forecasts_.ListVerificationRevisions()->size(); }
  // The next revision of the event that AddEvent made of that time.
  void Change(absl::Time added, const std::function<void(SeismicEvent&)>& change, const std::string& source = "cenc") {
    const std::vector<SeismicEvent> listed = *events_.List({});
    for (SeismicEvent event : listed) {
      if (event.source != source || event.source_event_id != absl::StrCat(absl::ToUnixSeconds(added))) continue;
      change(event);
      ASSERT_TRUE(events_.Import({event}, clock_.Now()).ok());
      return;
    }
    FAIL() << "no such event";
  }
  absl::Status Tick() { return job_.Tick(clock_.Now(), Always); }

  VerifyJob job_;
};

TEST_F(VerifyJobTest, WaitsUntilTheCatalogueIsCompleteAndSettled) {
  Issue(issue_);
  AddEvent(issue_ + absl::Hours(50), 4.6);
  const absl::Time settled = issue_ + kWeekLength + absl::Hours(48);
  clock_.Set(settled + 10 * kWeekLength);  // the clock alone proves nothing
  CompleteUntil(settled - absl::Seconds(1));
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified().size(), 0u);
  CompleteUntil(settled);
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Verified().size(), 1u);
  const Verification v = Verified()[0];
  EXPECT_EQ(v.observed_class, 3);
  EXPECT_EQ(v.largest_magnitude, 4.6);
  EXPECT_EQ(v.events, 1);
  EXPECT_NEAR(v.log_score, -std::log(.1), 1e-12);
  EXPECT_NEAR(v.information_gain, std::log(.1 / .04), 1e-12);
  EXPECT_NE(v.catalogue_snapshot, "none");
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified().size(), 1u);
  EXPECT_EQ(lines_.With("event=verify region=lab forecast=" + v.forecast_id).size(), 1u);
}

TEST_F(VerifyJobTest, KeepsTheScoreWithoutEventsBeforeTheIssueBesideIt) {
  Issue(issue_);
  AddEvent(issue_ + absl::Minutes(10), 5.5);  // before issued_at
  AddEvent(issue_ + absl::Hours(50), 3.7);
  AddEvent(issue_ + kWeekLength, 6.5);       // next week's
  AddEvent(issue_ - absl::Minutes(1), 6.5);  // last week's
  CompleteUntil(issue_ + 2 * kWeekLength);
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Verified().size(), 1u);
  EXPECT_EQ(Verified()[0].observed_class, 4);
  EXPECT_NEAR(Verified()[0].information_gain, std::log(.05 / .03), 1e-12);
  EXPECT_EQ(Verified()[0].observed_class_after_issue, 1);
  EXPECT_NEAR(Verified()[0].information_gain_after_issue, std::log(.2 / .15), 1e-12);
}

TEST_F(VerifyJobTest, ScoresTheFirstScoredIssueAloneAndNotItsRevisions) {
  const Forecast first = Issue(issue_);
  Forecast revision = first;
  revision.revision = 2;
  revision.scored = false;
  revision.id = MakeForecastId(issue_, revision.purpose, 2);
  revision.probabilities = {.96, .01, .01, .01, .01};
  ASSERT_TRUE(forecasts_.Append(revision).ok());
  Issue(issue_ - kWeekLength, false);  // issued too late
  Issue(issue_ - 2 * kWeekLength, false, ForecastPurpose::kHindcast);
  CompleteUntil(issue_ + 2 * kWeekLength);
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Verified().size(), 1u);
  EXPECT_EQ(Verified()[0].forecast_id, first.id);
  EXPECT_EQ(Verified()[0].probabilities, first.probabilities);
}

TEST_F(VerifyJobTest, TestsAreScoredBySimulatedEventsAlone) {
  Issue(issue_, true, ForecastPurpose::kTest);
  Issue(issue_, true, ForecastPurpose::kOperational);
  AddEvent(issue_ + absl::Hours(50), 3.6, "cenc");
  AddEvent(issue_ + absl::Hours(60), 5.1, "simulated");
  CompleteUntil(issue_ + 2 * kWeekLength, "cenc");
  CompleteUntil(issue_ + absl::Hours(1), "simulated");
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Verified().size(), 1u) << "the simulated catalogue is not complete yet";
  EXPECT_EQ(Verified()[0].observed_class, 1);
  CompleteUntil(issue_ + 2 * kWeekLength, "simulated");
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Verified().size(), 2u);
  for (const Verification& v : Verified()) EXPECT_EQ(v.observed_class, v.purpose == ForecastPurpose::kTest ? 4 : 1);
}

TEST_F(VerifyJobTest, GoesOnAfterTheStoreWasAway) {
  for (int week = 0; week < 3; ++week) Issue(issue_ + week * kWeekLength);
  clock_.Set(issue_ + 10 * kWeekLength);
  CompleteUntil(issue_ + 10 * kWeekLength);
  int calls = 0;
  forecasts_.faults().SetHook([&] {
    if (++calls == 4) forecasts_.faults().FailNext(absl::UnavailableError("killed"));
  });
  EXPECT_TRUE(absl::IsUnavailable(Tick()));
  EXPECT_EQ(Verified().size(), 1u);
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified().size(), 3u);
}

TEST_F(VerifyJobTest, AStatementThatOnlyExtendsHasNothingReadAgain) {
  for (int week = 0; week < 3; ++week) Issue(issue_ + week * kWeekLength);
  clock_.Set(issue_ + 10 * kWeekLength);
  const absl::Time until = issue_ + 3 * kWeekLength + absl::Hours(72);
  CompleteUntil(until);
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Verified().size(), 3u);
  Issue(issue_ + 3 * kWeekLength);
  CompleteUntil(until + absl::Hours(24));
  int asked = 0;
  forecasts_.faults().SetHook([&] { ++asked; });
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(asked, 1) << "the forecasts since then, and no verification, since none of them is due";
  CompleteUntil(until + kWeekLength);
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified().size(), 4u);
}

TEST_F(VerifyJobTest, AStatementAboutThePastOpensItsWeeks) {
  for (int week = 0; week < 4; ++week) Issue(issue_ + week * kWeekLength);
  clock_.Set(issue_ + 10 * kWeekLength);
  const auto state = [this](absl::Time begin, absl::Time end) {
    Completeness statement;
    statement.source = "cenc";
    statement.period = {begin, end};
    statement.stated_at = clock_.Now();
    ASSERT_TRUE(events_.StateComplete(statement, true).ok());
  };
  state(issue_ + 3 * kWeekLength, issue_ + 5 * kWeekLength);
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified().size(), 1u);
  state(issue_ + kWeekLength, issue_ + 3 * kWeekLength);
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified().size(), 3u) << "the last of them ends in what was covered before";
  state(issue_ - kWeekLength, issue_ + kWeekLength);
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified().size(), 4u);
}

TEST_F(VerifyJobTest, ACatalogueThatChangesALaterOutcomeMakesARevision) {
  Issue(issue_);
  Issue(issue_ + kWeekLength);
  AddEvent(issue_ + absl::Hours(50), 3.9);
  AddEvent(issue_ + kWeekLength + absl::Hours(50), 4.6);
  clock_.Set(issue_ + 10 * kWeekLength);
  CompleteUntil(issue_ + 3 * kWeekLength);
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Verified().size(), 2u);

  Change(issue_ + absl::Hours(50), [](SeismicEvent& event) { event.magnitude = 4.1; });
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Verified().size(), 2u) << "readers see the newest alone";
  const Verification corrected = Verified()[0];
  EXPECT_EQ(corrected.revision, 2);
  EXPECT_EQ(corrected.reason, VerificationReason::kCatalogueChanged);
  EXPECT_EQ(corrected.observed(), (ObservedWeek{2, 4.1, 1}));
  EXPECT_EQ(corrected.replaced, (ObservedWeek{1, 3.9, 1}));
  EXPECT_NEAR(corrected.information_gain, std::log(.15 / .08), 1e-12);
  EXPECT_EQ(Verified()[1].revision, 1) << "no event of its week changed";

  AddEvent(issue_ + absl::Hours(99), 2.0);  // comes late, of no class
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified()[0].observed(), (ObservedWeek{2, 4.1, 2}));
  EXPECT_EQ(Verified()[0].revision, 3);

  // Out of one week and into the next: both are looked at.
  Change(issue_ + absl::Hours(50), [this](SeismicEvent& e) { e.origin_time = issue_ + kWeekLength + absl::Hours(1); });
  Change(issue_ + kWeekLength + absl::Hours(50), [](SeismicEvent& event) { event.deleted = true; });
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified()[0].observed(), (ObservedWeek{0, 2.0, 1}));
  EXPECT_EQ(Verified()[1].observed(), (ObservedWeek{2, 4.1, 1}));
  EXPECT_EQ(Revisions(), 4u + 2u);
  EXPECT_EQ(lines_.With("event=verify region=lab forecast=" + corrected.forecast_id).size(), 4u);
}

TEST_F(VerifyJobTest, WhatChangesNoOutcomeMakesNoRevision) {
  Issue(issue_);
  AddEvent(issue_ + absl::Hours(50), 3.9);
  clock_.Set(issue_ + 10 * kWeekLength);
  CompleteUntil(issue_ + 2 * kWeekLength);
  ASSERT_TRUE(Tick().ok());
  Change(issue_ + absl::Hours(50), [](SeismicEvent& event) { event.place = "Kangding"; });
  AddEvent(issue_ - 2 * kWeekLength, 6.1);
  ASSERT_TRUE(Tick().ok());
  VerifyJob successor({}, forecasts_, events_, *log_);
  ASSERT_TRUE(successor.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(Revisions(), 1u);
}

TEST_F(VerifyJobTest, AnEventJustBesideTheWeekIsTheOneThatAnotherCatalogueHasJustInside) {
  Issue(issue_);
  clock_.Set(issue_ + 10 * kWeekLength);
  CompleteUntil(issue_ + 2 * kWeekLength);
  AddEvent(issue_ + kWeekLength - absl::Seconds(10), 4.6, "comcat");
  AddEvent(issue_ + kWeekLength + absl::Seconds(20), 4.6, "cenc");  // takes precedence, and is next week's
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified()[0].events, 0);
  Change(
      issue_ + kWeekLength + absl::Seconds(20), [](SeismicEvent& event) { event.deleted = true; }, "cenc");
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified()[0].observed(), (ObservedWeek{3, 4.6, 1}));
}

TEST_F(VerifyJobTest, WhatChangedWhileNobodyLedIsFoundByTheNextLeader) {
  Issue(issue_);
  clock_.Set(issue_ + 10 * kWeekLength);
  CompleteUntil(issue_ + 2 * kWeekLength);
  ASSERT_TRUE(Tick().ok());
  AddEvent(issue_ + absl::Hours(50), 4.6);
  VerifyJob successor({}, forecasts_, events_, *log_);
  ASSERT_TRUE(successor.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(Verified()[0].observed(), (ObservedWeek{3, 4.6, 1}));
}

TEST_F(VerifyJobTest, AChangeIsNotForgottenWhenTheStoreIsAway) {
  Issue(issue_);
  clock_.Set(issue_ + 10 * kWeekLength);
  CompleteUntil(issue_ + 2 * kWeekLength);
  ASSERT_TRUE(Tick().ok());
  AddEvent(issue_ + absl::Hours(50), 4.6);
  for (int fails = 1; fails <= 4; ++fails) {
    int calls = 0;
    forecasts_.faults().SetHook([&] {
      if (++calls == fails) forecasts_.faults().FailNext(absl::UnavailableError("killed"));
    });
    EXPECT_TRUE(absl::IsUnavailable(Tick())) << fails;
  }
  forecasts_.faults().SetHook(nullptr);
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified()[0].events, 1);
}

TEST_F(VerifyJobTest, AWeekCountsAsLongAsAStatementHoldsItComplete) {
  Issue(issue_);
  Issue(issue_ + kWeekLength);
  AddEvent(issue_ + kWeekLength + absl::Hours(50), 4.6);
  clock_.Set(issue_ + 10 * kWeekLength);
  CompleteUntil(issue_ + 3 * kWeekLength);
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Verified().size(), 2u);

  Completeness lower = events_.ListCompleteness(false)->front();
  lower.period.end = issue_ + kWeekLength + absl::Hours(48);
  ASSERT_TRUE(events_.StateComplete(lower, false).ok());
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Verified().size(), 1u);
  EXPECT_EQ(Verified()[0].valid_from, issue_);
  EXPECT_EQ(Revisions(), 3u) << "on record it stays";
  AddEvent(issue_ + kWeekLength + absl::Hours(60), 3.0);
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Revisions(), 3u);

  CompleteUntil(issue_ + 3 * kWeekLength, "eqlst");
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Verified().size(), 2u);
  EXPECT_EQ(Verified()[1].reason, VerificationReason::kCompleteAgain);
  EXPECT_EQ(Verified()[1].observed(), (ObservedWeek{3, 4.6, 2})) << "as the catalogue is now";
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Revisions(), 4u);
}

TEST_F(VerifyJobTest, WhileTheCatalogueStandsNothingIsReadAgain) {
  Issue(issue_);
  clock_.Set(issue_ + 10 * kWeekLength);
  CompleteUntil(issue_ + 2 * kWeekLength);
  ASSERT_TRUE(Tick().ok());
  int forecasts = 0, events = 0;
  forecasts_.faults().SetHook([&] { ++forecasts; });
  events_.faults().SetHook([&] { ++events; });
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(forecasts, 1) << "those that are due";
  EXPECT_EQ(events, 2) << "whether an event or a statement changed";
}

// From each midnight on; the windows overlap, so that they have a list of their own.
TEST_F(VerifyJobTest, DailyIssuesAreScoredApart) {
  Issue(issue_);
  for (int day = 1; day <= 2; ++day) {
    Forecast f = Issue(issue_ + absl::Hours(24) * day, false);
    f.valid_from += absl::Hours(1);  // another slot than the one that Issue took
    f.valid_to = f.valid_from + kWeekLength;
    f.id = MakeForecastId(f.valid_from, f.purpose, 1);
    f.issue = IssueKind::kDaily;
    f.scored = true;
    ASSERT_TRUE(forecasts_.Append(f).ok());
  }
  AddEvent(issue_ + absl::Hours(204), 4.6);  // in the second's seven days alone
  clock_.Set(issue_ + 3 * kWeekLength);
  CompleteUntil(issue_ + absl::Hours(24) * 12);
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(Verified().size(), 1u);
  const std::vector<Verification> daily = *forecasts_.ListDailyVerifications(std::nullopt, {});
  ASSERT_EQ(daily.size(), 2u);
  EXPECT_EQ(daily[0].observed_class, 0);
  EXPECT_GT(daily[1].observed_class, 0);
  // A later truth reaches them too.
  Change(issue_ + absl::Hours(204), [](SeismicEvent& event) { event.magnitude = 2.0; });
  ASSERT_TRUE(Tick().ok());
  EXPECT_EQ(forecasts_.ListDailyVerifications(std::nullopt, {})->at(1).observed_class, 0);
}

TEST_F(VerifyJobTest, AQuietWeekIsClassZero) {
  Issue(issue_);
  CompleteUntil(issue_ + 2 * kWeekLength);
  ASSERT_TRUE(Tick().ok());
  ASSERT_EQ(Verified().size(), 1u);
  EXPECT_EQ(Verified()[0].observed_class, 0);
  EXPECT_FALSE(Verified()[0].largest_magnitude.has_value());
}

}  // namespace
}  // namespace tremorcast
