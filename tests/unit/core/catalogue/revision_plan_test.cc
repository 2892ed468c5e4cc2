#include "core/catalogue/revision_plan.h"

#include <optional>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

SeismicEvent Event(double magnitude, std::optional<int> updated_day = std::nullopt) {
  SeismicEvent event;
  event.source = "comcat";
  event.source_event_id = "us1";
  event.origin_time = absl::FromUnixSeconds(1'600'000'000);
  event.magnitude = magnitude;
  if (updated_day.has_value()) event.updated = event.origin_time + *updated_day * absl::Hours(24);
  return event;
}

EventWithdrawal Withdrawal(std::optional<int> updated_day = std::nullopt) {
  return {"comcat", "us1", Event(0, updated_day).updated};
}

// A store that holds `event` in revision 3.
RevisionPlan Over(SeismicEvent event) {
  event.revision = 3;
  event.recorded_at = kNow - absl::Hours(24);
  return RevisionPlan({{{"comcat", "us1"}, event}}, kNow);
}

TEST(RevisionPlanTest, NumbersRevisionsAndLeavesWhatIsTheSame) {
  RevisionPlan plan = Over(Event(4.1));
  plan.Add(Event(4.1));
  plan.Add(Event(4.3));
  plan.Add(Event(4.3));
  plan.Add(Event(4.1));
  EXPECT_EQ(plan.counts().unchanged, 2);
  ASSERT_EQ(plan.added().size(), 2u);
  EXPECT_EQ(plan.added()[0].revision, 4);
  EXPECT_EQ(plan.added()[1].revision, 5);
  EXPECT_EQ(plan.added()[1].recorded_at, kNow);
}

TEST(RevisionPlanTest, AnOlderExportRevertsNothing) {
  RevisionPlan plan = Over(Event(5.0, 3));
  plan.Add(Event(4.6, 1));
  EXPECT_EQ(plan.counts().outdated, 1);
  plan.Add(Event(5.0, 9));  // says the same, later: remembered, so that what is between is old too
  plan.Add(Event(4.8, 6));
  EXPECT_EQ(plan.counts().outdated, 2);
  ASSERT_EQ(plan.added().size(), 1u);
  EXPECT_EQ(plan.added()[0].updated, Event(0, 9).updated);
  plan.Add(Event(4.7, 9));
  plan.Add(Event(4.9));
  EXPECT_EQ(plan.counts().revised, 3) << "of the same moment, or of none: what comes last counts";
}

TEST(RevisionPlanTest, AWithdrawalTakesOutWhatStandsAndKeepsWhatItWas) {
  RevisionPlan plan = Over(Event(4.1, 3));
  plan.Withdraw(Withdrawal(1));
  EXPECT_EQ(plan.counts().outdated, 1);
  plan.Withdraw(Withdrawal(4));
  plan.Withdraw(Withdrawal(5));
  plan.Withdraw({"comcat", "never heard of", {}});
  EXPECT_EQ(plan.counts().withdrawn, 1);
  ASSERT_EQ(plan.added().size(), 1u);
  EXPECT_TRUE(plan.added()[0].deleted);
  EXPECT_EQ(plan.added()[0].magnitude, 4.1);
  EXPECT_EQ(plan.added()[0].revision, 4);
  plan.Add(Event(4.1, 2));
  EXPECT_EQ(plan.added().size(), 1u) << "the list of before the withdrawal is old";
  plan.Add(Event(4.1, 5));
  ASSERT_EQ(plan.added().size(), 2u);
  EXPECT_FALSE(plan.added()[1].deleted);
}

}  // namespace
}  // namespace tremorcast
