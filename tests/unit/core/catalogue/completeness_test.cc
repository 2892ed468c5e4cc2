#include "core/catalogue/completeness.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::Time Day(double day) { return absl::FromUnixSeconds(1'400'000'000) + day * absl::Hours(24); }

std::vector<Region> Box() {
  Region region;
  region.id = RegionId("box");
  region.polygon = BoxPolygon(22, 34, 98, 107);
  return {region};
}

SeismicEvent Event(double day, double magnitude, GeoPoint where = {30, 102}) {
  SeismicEvent event;
  event.source = "cenc";
  event.source_event_id = std::to_string(day);
  event.origin_time = Day(day);
  event.epicenter = where;
  event.magnitude = magnitude;
  return event;
}

// Every day one, from M 3.0 on, most of M 3.1.
std::vector<SeismicEvent> DailyEvents(int days) {
  std::vector<SeismicEvent> events;
  for (int day = 0; day < days; ++day)
    events.push_back(Event(day, day % 3 == 0 ? 3.0 : day % 3 == 1 ? 3.1 : 3.1 + day % 7 * .3));
  return events;
}

Completeness Statement(int64_t id, double from, double until, const std::string& source = "cenc") {
  Completeness statement;
  statement.id = id;
  statement.source = source;
  statement.period = {Day(from), Day(until)};
  return statement;
}

TEST(CompletenessTest, AFileIsCompleteAsFarAsItsEventsInsideTheRegionsShow) {
  std::vector<SeismicEvent> events = DailyEvents(100);
  events.push_back(Event(600, 2.0, {60, -150}));  // abroad, and much later
  const CompletenessGuess guess = InferCompleteness("cenc", events, {}, Box());
  ASSERT_TRUE(guess.statement.has_value()) << guess.reason;
  EXPECT_EQ(guess.statement->period, (Interval{Day(0), Day(99)}));
  EXPECT_NEAR(guess.statement->magnitude, 3.3, 1e-9) << "the most frequent plus .2, for smaller ones are listed";
  EXPECT_EQ(guess.statement->basis, CompletenessBasis::kInferred);
}

TEST(CompletenessTest, AFewEventsOrLargeOnesOrNoRegionsShowNothing) {
  EXPECT_THAT(InferCompleteness("cenc", DailyEvents(49), {}, Box()).reason, HasSubstr("49 of its events lie in"));
  EXPECT_THAT(InferCompleteness("cenc", DailyEvents(99), {}, {}).reason, HasSubstr("no region is registered"));
  std::vector<SeismicEvent> large = DailyEvents(100);
  for (SeismicEvent& event : large) event.magnitude += 1;
  const CompletenessGuess guess = InferCompleteness("cenc", large, {}, Box());
  EXPECT_FALSE(guess.statement.has_value());
  EXPECT_THAT(guess.reason, HasSubstr("every event of M 4.3 and larger only"));
}

TEST(CompletenessTest, AStrayEventLongBeforeOrAfterIsNoPartOfTheRun) {
  std::vector<SeismicEvent> events = DailyEvents(100);
  events.push_back(Event(-16'000, 4));
  events.push_back(Event(900, 4));
  EXPECT_EQ(InferCompleteness("cenc", events, {}, Box()).statement->period, (Interval{Day(0), Day(99)}));
  EXPECT_EQ(StartOfCatalogue(events, Box()), Day(0));
  EXPECT_EQ(StartOfCatalogue({}, Box()), absl::InfiniteFuture());
}

TEST(CompletenessTest, ALostEventThatMayCountEndsIt) {
  const auto end = [](const LostEvent& lost) {
    const CompletenessGuess guess = InferCompleteness("cenc", DailyEvents(100), {lost}, Box());
    return guess.statement.has_value() ? guess.statement->period.end : absl::InfinitePast();
  };
  const GeoPoint here = {30, 102};
  EXPECT_EQ(end({Day(40), Day(40), 6.0, here}), Day(40));
  EXPECT_EQ(end({Day(40), std::nullopt, std::nullopt, std::nullopt}), Day(40));
  EXPECT_EQ(end({std::nullopt, std::nullopt, 6.0, here}), absl::InfinitePast()) << "it may have been at any time";
  EXPECT_EQ(end({std::nullopt, Day(50), 6.0, here}), absl::InfinitePast()) << "at any time before day 50";
  EXPECT_EQ(end({Day(-10), Day(50), 6.0, here}), absl::InfinitePast()) << "from the begin on";
  EXPECT_EQ(end({Day(40), Day(40), 6.0, GeoPoint{60, 2}}), Day(99)) << "abroad";
  EXPECT_EQ(end({Day(40), Day(40), 2.0, here}), Day(99)) << "too small to count";
  EXPECT_EQ(end({Day(-40), Day(-40), 6.0, here}), Day(99)) << "before all that is claimed";
  EXPECT_EQ(end({std::nullopt, Day(-1), 6.0, here}), Day(99)) << "whenever it was, before all that is claimed";
}

TEST(CompletenessTest, AStatementReplacesWhatItOverlapsSoThatItCanLower) {
  const std::vector<Completeness> standing = {Statement(1, 0, 100), Statement(2, 200, 300),
                                              Statement(3, 0, 100, "eqlst")};
  Completeness lower = Statement(0, 0, 50);
  lower.period.begin = absl::InfinitePast();
  const CompletenessChange change = PlanStatement(lower, false, standing);
  EXPECT_THAT(change.replaced, ElementsAre(1, 2)) << "without a begin it stands for all that was said";
  EXPECT_EQ(change.added.period, (Interval{Day(0), Day(50)}));
  EXPECT_THAT(PlanStatement(Statement(0, 0, 50), false, standing).replaced, ElementsAre(1)) << "2 lies apart";
}

TEST(CompletenessTest, AnExtensionNeverLowersAndSaysNothingTwice) {
  const std::vector<Completeness> standing = {Statement(1, 0, 100)};
  EXPECT_EQ(PlanStatement(Statement(0, 10, 90), true, standing).standing->id, 1);
  const CompletenessChange change = PlanStatement(Statement(0, 50, 120), true, standing);
  EXPECT_FALSE(change.standing.has_value());
  EXPECT_THAT(change.replaced, IsEmpty());
  EXPECT_EQ(PlanStatement(Statement(0, 0, 100), false, standing).standing->id, 1) << "the same again";
}

TEST(CompletenessTest, AnExtensionWithoutABeginTakesTheOneThatStands) {
  const std::vector<Completeness> standing = {Statement(1, 200, 300), Statement(2, 0, 100),
                                              Statement(3, -500, 300, "eqlst")};
  Completeness longer = Statement(0, 0, 400);
  longer.period.begin = absl::InfinitePast();
  const CompletenessChange change = PlanStatement(longer, true, standing);
  EXPECT_EQ(change.added.period, (Interval{Day(0), Day(400)}));
  EXPECT_THAT(change.replaced, IsEmpty());
  longer.period.end = Day(90);
  EXPECT_EQ(PlanStatement(longer, true, standing).standing->id, 2) << "2 says that much already";
  longer.period.end = Day(-1);
  EXPECT_EQ(PlanStatement(longer, true, standing).added.period.begin, absl::InfinitePast()) << "before all of them";
}

TEST(CompletenessTest, PeriodsAreOfOneWorldOneRegionAndTheMagnitudeThatWeeksAreJudgedBy) {
  std::vector<Completeness> all = {Statement(1, 0, 100), Statement(2, 90, 200, "eqlst"), Statement(3, 300, 400)};
  all.push_back(Statement(4, 0, 500, "simulated"));
  all.push_back(Statement(5, 0, 600));
  all.back().magnitude = 4.2;
  all.push_back(Statement(6, 0, 700));
  all.back().revoked_at = Day(0);
  all.push_back(Statement(7, 400, 450));
  all.back().region = RegionId("a");
  EXPECT_THAT(CompletePeriods(all, false, std::nullopt),
              ElementsAre(Interval{Day(0), Day(200)}, Interval{Day(300), Day(400)}));
  EXPECT_THAT(CompletePeriods(all, false, RegionId("a")),
              ElementsAre(Interval{Day(0), Day(200)}, Interval{Day(300), Day(450)}));
  EXPECT_EQ(LastCompletePeriod(all, true), (Interval{Day(0), Day(500)}));
  EXPECT_TRUE(IsInside({Day(300), Day(400)}, CompletePeriods(all, false, std::nullopt)));
  EXPECT_FALSE(IsInside({Day(150), Day(310)}, CompletePeriods(all, false, std::nullopt))) << "over a gap";
}

}  // namespace
}  // namespace tremorcast
