// Two server processes on one database: one leads. Leadership moves when the leader is killed, and
// when only its session dies; and a leader that was paused, replaced and woken up in the middle of
// a write writes nothing more. Triggers of the test note which process wrote what: each replica's
// connections carry its name.

#include <csignal>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/skill/records.h"
#include "storage/postgres/lock_keys.h"
#include "storage/postgres/pg_connection.h"
#include "storage/store.h"
#include "tests/e2e/server_process.h"
#include "tests/support/batches.h"
#include "tests/support/service_world.h"
#include "tests/support/simulated_network.h"
#include "tests/support/temp_cluster.h"
#include "tests/support/tiny_model.h"

namespace tremorcast {
namespace {

constexpr int kUnsealed = 5;    // stations with a week that waits to be sealed
constexpr int kUnverified = 3;  // forecasts that wait to be verified
constexpr int kRegions = 2;     // of the simulated network: each gets a forecast for this week,
constexpr int kInputs = 4;      // from windows of its two stations that are sealed on the way
constexpr int kAll = kUnsealed + kInputs + kRegions + kUnverified;
constexpr absl::Duration kPatience = absl::Minutes(2);

class ReplicasTest : public testing::Test {
 protected:
  void SetUp() override {
    conninfo_ = *TempCluster::Shared().CreateDatabase();
    store_ = *OpenStore({.conninfo = conninfo_});
    const Simulator simulator = *Simulator::Create(SmallWorld(1));
    const absl::Status loaded = LoadSimulatedNetwork(
        simulator, {store_->observations(), store_->windows(), store_->network(), store_->events()});
    ASSERT_TRUE(loaded.ok()) << loaded;
    Promotion promotion;
    promotion.scope = RegionId(kNetworkScope);
    promotion.version = Publish(*store_, TinyArtifact());
    promotion.reason = promotion.actor = "test";
    promotion.promoted_at = TestWeek();
    ASSERT_TRUE(store_->models().Promote(promotion).ok());
    for (int i = 0; i < kUnsealed; ++i) Ingest("b1", i, 0);
    for (int i = 0; i < kUnverified; ++i) ASSERT_TRUE(store_->forecasts().Append(SettledForecast(simulator, i)).ok());

    auto hand = PgConnection::Open(conninfo_, "test hand", Deadline());
    ASSERT_TRUE(hand.ok()) << hand.status();
    hand_ = *std::move(hand);
    auto watch = PgConnection::Open(conninfo_, "test watch", Deadline());
    ASSERT_TRUE(watch.ok()) << watch.status();
    watch_ = *std::move(watch);
    Hand(
        "CREATE TABLE written (what text, who text); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN INSERT INTO written VALUES (TG_TABLE_NAME, current_setting('application_name')); RETURN NULL; END $$");
    for (const char* table : {"weekly_windows", "forecasts", "verifications"}) {
      Hand(absl::StrCat("CREATE TRIGGER noted AFTER INSERT ON ", table, " FOR EACH ROW EXECUTE FUNCTION note()"));
    }
  }

  static absl::Time Deadline() { return absl::Now() + kPatience; }

  void Ingest(const std::string& id, int station, int first_slot) {
    const ObservationBatch batch = BatchMaker(absl::StrCat("ST", station), id).Rows(first_slot, 3).Backfill().Make();
    const ObservationBatch* one = &batch;
    const auto stored = store_->observations().Ingest({&one, 1}, Deadline());
    ASSERT_TRUE(stored.front().ok()) << stored.front().status();
  }

  // A scored forecast of a week whose catalogue is complete.
  static Forecast SettledForecast(const Simulator& simulator, int i) {
    Forecast forecast;
    forecast.region = RegionId(absl::StrCat("settled-", i));
    forecast.purpose = ForecastPurpose::kTest;
    forecast.valid_from = forecast.issued_at = simulator.Week(0).begin;
    forecast.valid_to = simulator.Week(0).end;
    forecast.id = MakeForecastId(forecast.valid_from, forecast.purpose, 1);
    forecast.region_polygon = {{0, 0}, {0, 1}, {1, 1}};
    forecast.probabilities = forecast.climatology = {.2, .2, .2, .2, .2};
    forecast.scored = true;
    return forecast;
  }

  void StartReplica(const std::string& name) {
    auto server = ServerProcess::Start(absl::StrCat(conninfo_, " application_name=", name),
                                       {"--seal-quiet=0s", "--grace=0s", "--max-grace=168h", "--settling=0s"});
    ASSERT_TRUE(server.ok()) << server.status();
    replicas_[name] = *std::move(server);
  }

  void Hand(const std::string& sql) {
    const auto done = hand_->Exec(sql, Deadline());
    ASSERT_TRUE(done.ok()) << done.status();
  }
  std::string Text(const std::string& sql) {
    const auto result = watch_->Exec(sql, Deadline());
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() && result->size() > 0 ? result->Text(0, 0) : "";
  }
  int64_t Number(const std::string& sql) {
    int64_t number = -1;
    EXPECT_TRUE(absl::SimpleAtoi(Text(sql), &number)) << sql;
    return number;
  }
  void Await(const std::string& sql, const std::string& wanted) {
    const absl::Time give_up = Deadline();
    for (std::string is; (is = Text(sql)) != wanted; absl::SleepFor(absl::Milliseconds(20)))
      ASSERT_LT(absl::Now(), give_up) << sql << "\nis " << is << ", expected " << wanted;
  }

  static std::string LeadersSession(const std::string& column) {
    return absl::StrCat("SELECT ", column,
                        " FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE locktype = 'advisory' AND objsubid = 1 "
                        "AND granted AND (classid::bigint << 32 | objid::bigint) = ",
                        LockKey("tremorcast/leader/server/jobs"), " AND datname = current_database()");
  }
  void AwaitLeader(const std::string& name) {
    const absl::Time from = absl::Now();
    Await(LeadersSession("application_name"), name);
    std::cout << name << " leads after " << absl::Now() - from << std::endl;
  }
  void EndLeadersSession() { Hand(absl::StrCat(LeadersSession("pg_terminate_backend(pid, 10000)"))); }
  // Its transaction stands at the lock of a station's week, which the hand holds.
  void AwaitStuck(const std::string& name) {
    Await(absl::StrCat("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = "
                       "'advisory' AND application_name = '",
                       name, "'"),
          "1");
  }
  static std::string Written(const std::string& what, const std::string& who) {
    return absl::StrCat("SELECT count(*) FROM written WHERE what = '", what, "' AND who = '", who, "'");
  }
  void AwaitAllDoneBy(const std::string& name, int windows) {
    Await(Written("weekly_windows", name), absl::StrCat(windows));
    Await(Written("forecasts", name), absl::StrCat(kRegions));
    Await(Written("verifications", name), absl::StrCat(kUnverified));
  }

  std::string conninfo_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<PgConnection> hand_, watch_;
  std::map<std::string, std::unique_ptr<ServerProcess>> replicas_;
};

TEST_F(ReplicasTest, LeadershipMovesWhenTheLeaderIsKilledAndWhenItsSessionDies) {
  StartReplica("one");
  AwaitLeader("one");
  StartReplica("two");
  AwaitAllDoneBy("one", kUnsealed + kInputs);
  ASSERT_EQ(kill(replicas_["one"]->pid(), SIGKILL), 0);
  AwaitLeader("two");
  Ingest("b2", 0, 10);  // late: a second revision
  Await(Written("weekly_windows", "two"), "1");

  const std::string session = Text(LeadersSession("pid"));
  EndLeadersSession();
  AwaitLeader("two");
  EXPECT_NE(Text(LeadersSession("pid")), session);
  Ingest("b3", 1, 10);
  Await(Written("weekly_windows", "two"), "2");
  EXPECT_EQ(Number("SELECT count(*) FROM written"), kAll + 2);
}

TEST_F(ReplicasTest, ALeaderThatWakesUpAfterItWasReplacedWritesNothing) {
  Hand(absl::StrCat("SELECT pg_advisory_lock(", StationWeekLock(StationId("ST2"), TestWeek()), ")"));
  StartReplica("one");
  AwaitStuck("one");  // in the middle of the third seal
  StartReplica("two");
  ASSERT_EQ(kill(replicas_["one"]->pid(), SIGSTOP), 0);
  const int64_t before = Number("SELECT count(*) FROM written WHERE who = 'one'");
  EXPECT_EQ(before, 2);
  EndLeadersSession();
  AwaitLeader("two");
  AwaitStuck("two");
  Hand("SELECT pg_advisory_unlock_all()");
  // All that was left is done, though the leader before has not let go of anything by itself.
  AwaitAllDoneBy("two", static_cast<int>(kUnsealed - before) + kInputs);

  ASSERT_EQ(kill(replicas_["one"]->pid(), SIGCONT), 0);
  // It found out, and asked for the lock again in a new session.
  Await(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'one' AND query "
      "LIKE '%pg_try_advisory_lock%' AND state = 'idle'",
      "1");
  EXPECT_EQ(Number("SELECT count(*) FROM written WHERE who = 'one'"), before);
  EXPECT_EQ(Number("SELECT count(*) FROM written"), kAll);
  EXPECT_EQ(Number("SELECT count(*) FROM weekly_windows WHERE revision > 1"), 0);

  // And it is none the worse for it.
  ASSERT_EQ(kill(replicas_["two"]->pid(), SIGKILL), 0);
  AwaitLeader("one");
  Ingest("b2", 0, 10);
  Await(Written("weekly_windows", "one"), absl::StrCat(before + 1));
}

}  // namespace
}  // namespace tremorcast
