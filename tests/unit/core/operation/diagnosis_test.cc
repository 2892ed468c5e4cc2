#include "core/operation/diagnosis.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using testing::HasSubstr;

// Wednesday noon of a service week.
const absl::Time kWeekStart = WeekGrid::Service().Containing(absl::FromUnixSeconds(1'607'300'000)).begin;
const absl::Time kNow = kWeekStart + absl::Hours(84);

// "cenc is complete until then", and nothing else is said.
void Complete(DiagnosisFacts& facts, absl::Time until) {
  Completeness statement;
  statement.id = 7;
  statement.source = "cenc";
  statement.period = {kNow - absl::Hours(24 * 365), until};
  facts.completeness = {statement};
}

DiagnosisFacts Healthy() {
  DiagnosisFacts facts;
  facts.now = kNow;
  facts.store.database_time = kNow;
  facts.store.schema_version = facts.store.program_schema_version = 9;
  facts.store.partitions_until = kWeekStart + 5 * kWeekLength;
  facts.store.leader_present = true;
  facts.newest_slot = kNow - absl::Minutes(10);
  facts.stations_enrolled = facts.stations_fresh = 4;
  facts.models_published = 1;
  facts.last_training = kNow - absl::Hours(24);
  Complete(facts, kNow - absl::Hours(12));
  facts.newest_issue = {{"area-1", kWeekStart}};
  facts.last_verified_at = kNow - absl::Hours(30);
  return facts;
}

Check Find(const DiagnosisFacts& facts, const std::string& name) {
  for (Check& check : Diagnose(facts)) {
    if (check.name == name) return check;
  }
  ADD_FAILURE() << "no check " << name;
  return {};
}

TEST(DiagnosisTest, FindsNothingWrongWithAHealthyService) {
  std::set<std::string> names;
  for (const Check& check : Diagnose(Healthy())) {
    EXPECT_EQ(check.status, CheckStatus::kOk) << check.name << ": " << check.summary;
    EXPECT_TRUE(check.advice.empty()) << check.name;
    EXPECT_TRUE(names.insert(check.name).second) << check.name;
  }
  EXPECT_EQ(names.size(), 19u);
}

struct Case {
  const char* name;
  CheckStatus status;
  const char* summary;
  std::function<void(DiagnosisFacts&)> spoil;
};

class DiagnosisCaseTest : public testing::TestWithParam<Case> {};

TEST_P(DiagnosisCaseTest, IsFoundAloneAndComesWithAdvice) {
  DiagnosisFacts facts = Healthy();
  GetParam().spoil(facts);
  for (const Check& check : Diagnose(facts)) {
    if (check.name != GetParam().name) {
      EXPECT_EQ(check.status, CheckStatus::kOk) << check.name << ": " << check.summary;
      continue;
    }
    EXPECT_EQ(check.status, GetParam().status) << check.summary;
    EXPECT_THAT(check.summary, HasSubstr(GetParam().summary));
    EXPECT_FALSE(check.advice.empty());
  }
}

constexpr CheckStatus kWarns = CheckStatus::kWarning, kFails = CheckStatus::kFailure;
INSTANTIATE_TEST_SUITE_P(
    Each, DiagnosisCaseTest,
    testing::Values(
        Case{"readiness", kFails, "not ready: database: gone",
             [](DiagnosisFacts& f) { f.ready = false, f.ready_reasons = {"database: gone"}; }},
        Case{"readiness", kWarns, "degraded: no model", [](DiagnosisFacts& f) { f.ready_reasons = {"no model"}; }},
        Case{"leader", kFails, "no replica leads", [](DiagnosisFacts& f) { f.store.leader_present = false; }},
        Case{"credentials", kWarns, "desk's token 1f3a9c02 expires in 13 days; relay's token 00000000 has expired",
             [](DiagnosisFacts& f) {
               f.credentials_left = {{"desk's token 1f3a9c02", absl::Hours(24 * 13)},
                                     {"ops's certificate ops", absl::Hours(24 * 15)},
                                     {"relay's token 00000000", -absl::Minutes(1)}};
             }},
        Case{"schema", kFails, "database at migration 10, server knows 9",
             [](DiagnosisFacts& f) { f.store.schema_version = 10; }},
        Case{"database_clock", kWarns, "5s ahead of", [](DiagnosisFacts& f) { f.database_ahead = absl::Seconds(5); }},
        Case{"database_clock", kFails, "2m behind", [](DiagnosisFacts& f) { f.database_ahead = -absl::Minutes(2); }},
        Case{"clock", kWarns, "not the present time", [](DiagnosisFacts& f) { f.replay = true; }},
        Case{"partitions", kFails, "no partition for the present week",
             [](DiagnosisFacts& f) { f.store.partitions_until = kWeekStart; }},
        Case{"partitions", kWarns, "1 week ahead",
             [](DiagnosisFacts& f) { f.store.partitions_until = kWeekStart + 2 * kWeekLength; }},
        Case{"week_tables", kWarns, "rows of 1043 weeks have tables; the database has locks for 3 statements",
             [](DiagnosisFacts& f) { f.store.week_tables = 1043, f.store.lock_slots = 6400; }},
        Case{"week_tables", kFails, "locks for 0 statements",
             [](DiagnosisFacts& f) { f.store.week_tables = 7300, f.store.lock_slots = 6400; }},
        Case{"orphaned_partitions", kWarns, "observations_w20200105",
             [](DiagnosisFacts& f) { f.store.orphaned_partitions = {"observations_w20200105"}; }},
        Case{"retention", kWarns, "2 kept",
             [](DiagnosisFacts& f) { f.retention = absl::Hours(24 * 365), f.expired_kept = 2; }},
        Case{"rows", kWarns, "no row is stored", [](DiagnosisFacts& f) { f.newest_slot = std::nullopt; }},
        Case{"rows", kWarns, "0 of 4 enrolled stations", [](DiagnosisFacts& f) { f.stations_fresh = 0; }},
        Case{"unsealed_weeks", kWarns, "3 station-weeks ended without a window, the oldest 12 hours ago",
             [](DiagnosisFacts& f) {
               f.store.unsealed_weeks = 3, f.store.oldest_unsealed = kNow - kWeekLength - absl::Hours(12);
             }},
        Case{"unsealed_weeks", kFails, "the oldest 3 days ago",
             [](DiagnosisFacts& f) {
               f.store.unsealed_weeks = 1, f.store.oldest_unsealed = kNow - kWeekLength - absl::Hours(72);
             }},
        Case{"dirty_weeks", kWarns, "the oldest 60 minutes ago",
             [](DiagnosisFacts& f) { f.store.dirty_weeks = 1, f.store.oldest_dirty_mark = kNow - absl::Hours(1); }},
        Case{"dirty_weeks", kFails, "the oldest 7 hours ago",
             [](DiagnosisFacts& f) { f.store.dirty_weeks = 1, f.store.oldest_dirty_mark = kNow - absl::Hours(7); }},
        Case{"models", kWarns, "regions that are not there: area-9",
             [](DiagnosisFacts& f) { f.orphaned_scopes = {"area-9"}; }},
        Case{"models", kWarns, "withdrawn: _network", [](DiagnosisFacts& f) { f.withdrawn_scopes = {"_network"}; }},
        Case{"models", kWarns, "no model is published", [](DiagnosisFacts& f) { f.models_published = 0; }},
        Case{"training", kWarns, "no trainer runs", [](DiagnosisFacts& f) { f.running_trainings = {"run-1"}; }},
        Case{"catalogue", kWarns, "no catalogue", [](DiagnosisFacts& f) { f.completeness.clear(); }},
        Case{"catalogue", kWarns, "(cenc), 11 days ago",
             [](DiagnosisFacts& f) { Complete(f, kNow - absl::Hours(24 * 11)); }},
        Case{"catalogue", kWarns, "statement 7 calls cenc complete until",
             [](DiagnosisFacts& f) { Complete(f, kNow + absl::Hours(24 * 365 * 7)); }},
        Case{"catalogue", kWarns, "for the whole network down to M 3.5",
             [](DiagnosisFacts& f) { f.completeness[0].magnitude = 4.2; }},
        Case{"catalogue", kWarns, "with a gap before",
             [](DiagnosisFacts& f) {
               f.completeness.push_back(f.completeness[0]);
               f.completeness[0].period.end -= absl::Hours(1000);
               f.completeness[1].period.begin = f.completeness[0].period.end + absl::Hours(1);
             }},
        Case{"catalogue_events", kWarns, "1 event dated after tomorrow",
             [](DiagnosisFacts& f) { f.events_in_future = 1; }},
        Case{"issue", kWarns, "no region", [](DiagnosisFacts& f) { f.newest_issue.clear(); }},
        Case{"issue", kWarns, "1 of 2 regions without the forecast from",
             [](DiagnosisFacts& f) { f.newest_issue["area-2"] = kWeekStart - kWeekLength; }},
        Case{"verification", kWarns, "1 forecast whose week is over", [](DiagnosisFacts& f) { f.unverified = 1; }}));

TEST(DiagnosisTest, TakesItsTimeBeforeItComplains) {
  DiagnosisFacts facts = Healthy();
  facts.store.oldest_dirty_mark = kNow - absl::Minutes(5);
  facts.store.dirty_weeks = 1;
  EXPECT_EQ(Find(facts, "dirty_weeks").status, CheckStatus::kOk) << "the sealer is at it";
  facts = Healthy();
  facts.now = kWeekStart + absl::Minutes(20);
  facts.newest_issue["area-1"] = kWeekStart - kWeekLength;
  EXPECT_EQ(Find(facts, "issue").status, CheckStatus::kOk) << "this week's is not due yet";
  facts = Healthy();
  facts.running_trainings = {"run-1"};
  facts.store.trainer_present = true;
  EXPECT_EQ(Find(facts, "training").status, CheckStatus::kOk);
  facts.retention = absl::Hours(24 * 365);
  facts.expired_droppable = 3;
  EXPECT_THAT(Find(facts, "retention").summary, HasSubstr("--drop-expired would drop them"));
}

}  // namespace
}  // namespace tremorcast
