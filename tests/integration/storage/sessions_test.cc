// What hangs on a session: leadership, notifications, migrations, and how a store is opened.

#include <algorithm>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>

#include "core/base/digest.h"
#include "storage/leadership.h"
#include "storage/postgres/lock_keys.h"
#include "storage/postgres/notification_listener.h"
#include "storage/postgres/pooler_check.h"
#include "storage/schema/migrations.h"
#include "tests/integration/storage/storage_test.h"

namespace tremorcast {
namespace {

class LeadershipTest : public StorageTest {
 protected:
  LeaderLock::Options Jobs() { return {.conninfo = conninfo_, .name = "jobs"}; }
  void EndLeadersSession() {
    Hand(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND "
        "application_name = 'tremorcast leader' AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND "
        "objsubid = 1 AND granted)");
  }
  void ExpectNothingWritten() {
    for (const char* table : {"weekly_windows", "forecasts", "verifications", "promotions"})
      EXPECT_EQ(Number(absl::StrCat("SELECT count(*) FROM ", table)), 0) << table;
  }
};

TEST_F(LeadershipTest, OneOfTwoReplicasLeads) {
  LeaderLock one(Jobs()), two(Jobs()), other({.conninfo = conninfo_, .name = "trainer"});
  EXPECT_TRUE(*one.TryAcquire());
  EXPECT_TRUE(*one.TryAcquire()) << "asking again changes nothing";
  EXPECT_FALSE(*two.TryAcquire());
  EXPECT_TRUE(*other.TryAcquire()) << "another name is another lock";
  EXPECT_TRUE(one.StillHeld());
  EXPECT_FALSE(two.StillHeld());
  one.Release();
  EXPECT_FALSE(one.StillHeld());
  while (!*two.TryAcquire()) {  // the server ends the closed session in its own time
  }
  EXPECT_TRUE(two.StillHeld());
}

TEST_F(LeadershipTest, ALeaderWhoseConnectionDiedIsNoLeader) {
  LeaderLock one(Jobs()), two(Jobs());
  ASSERT_TRUE(*one.TryAcquire());
  EndLeadersSession();
  EXPECT_TRUE(*two.TryAcquire());
  EXPECT_FALSE(one.StillHeld());
  EXPECT_FALSE(*one.TryAcquire());
  EXPECT_TRUE(two.StillHeld());
}

// What a replica does that was paused and knows nothing of its successor: it asks nobody and
// writes.
TEST_F(LeadershipTest, ALeaderThatWasReplacedWritesNothing) {
  auto store = Open();
  ASSERT_TRUE(Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Make()}).front().ok());
  LeaderLock one(Jobs()), two(Jobs());
  ASSERT_TRUE(*one.TryAcquire());
  EndLeadersSession();
  ASSERT_TRUE(*two.TryAcquire());

  Forecast forecast;
  forecast.region = RegionId("area-1");
  forecast.id = "id";
  Verification verification;
  verification.region = forecast.region;
  verification.forecast_id = forecast.id;
  Promotion withdrawal;
  withdrawal.scope = RegionId(kNetworkScope);
  withdrawal.kind = PromotionKind::kWithdraw;
  const absl::Time now = TestWeek() + 2 * kWeekLength;
  for (int again = 0; again < 2; ++again) {  // the second time it has been told
    EXPECT_TRUE(absl::IsUnavailable(one.windows().Seal(StationId("ST1"), TestWeek(), now).status()));
    EXPECT_TRUE(absl::IsUnavailable(one.forecasts().Append(forecast).status()));
    EXPECT_TRUE(absl::IsUnavailable(one.forecasts().AppendVerification(verification)));
    EXPECT_TRUE(absl::IsUnavailable(one.models().Promote(withdrawal).status()));
  }
  ExpectNothingWritten();

  EXPECT_TRUE(two.windows().Seal(StationId("ST1"), TestWeek(), now).ok());
  EXPECT_TRUE(two.forecasts().Append(forecast).ok());
  EXPECT_TRUE(two.forecasts().AppendVerification(verification).ok());
  EXPECT_TRUE(two.models().Promote(withdrawal).ok());
}

// Replaced between its statements: the transaction ends with the session, and the successor need
// not wait for it.
TEST_F(LeadershipTest, ALeaderThatLosesItsSessionInTheMiddleOfAWriteLeavesNothing) {
  auto store = Open();
  ASSERT_TRUE(Ingest(*store, {BatchMaker("ST1", "b1").Rows(0, 3).Make()}).front().ok());
  LeaderLock one(Jobs()), two(Jobs());
  ASSERT_TRUE(*one.TryAcquire());
  const absl::Time now = TestWeek() + 2 * kWeekLength;
  Hand(absl::StrCat("SELECT pg_advisory_lock(", StationWeekLock(StationId("ST1"), TestWeek()), ")"));
  absl::Status sealed;
  Background writer([&] { sealed = one.windows().Seal(StationId("ST1"), TestWeek(), now).status(); });
  AwaitBlocked(1, "advisory");
  EndLeadersSession();
  writer.Join();
  EXPECT_FALSE(sealed.ok());
  EXPECT_TRUE(*two.TryAcquire());
  Hand("SELECT pg_advisory_unlock_all()");
  ExpectNothingWritten();
  EXPECT_EQ(two.windows().Seal(StationId("ST1"), TestWeek(), now)->key.revision, 1);
}

TEST_F(LeadershipTest, ALeaderThatIsSilentForTooLongIsReplaced) {
  LeaderLock::Options hangs = Jobs();
  hangs.max_silence = absl::Milliseconds(200);
  LeaderLock one(hangs), two(Jobs());
  ASSERT_TRUE(*one.TryAcquire());
  const absl::Time give_up = Soon();
  while (!*two.TryAcquire()) ASSERT_LT(absl::Now(), give_up) << "a leader that hangs leads on";
  EXPECT_FALSE(one.StillHeld());
}

class Heard {
 public:
  NotificationListener::Callback callback() {
    return [this](absl::string_view channel, absl::string_view payload) {
      absl::MutexLock lock(&mutex_);
      heard_.push_back(absl::StrCat(channel, "=", payload));
    };
  }
  bool Await(const std::string& what) {
    absl::MutexLock lock(&mutex_);
    const auto has = [&] { return std::find(heard_.begin(), heard_.end(), what) != heard_.end(); };
    return mutex_.AwaitWithTimeout(absl::Condition(&has), absl::Seconds(40));
  }

 private:
  absl::Mutex mutex_;
  std::deque<std::string> heard_;
};

class NotificationListenerTest : public StorageTest {
 protected:
  void Publish(Store& store, const std::string& version) {
    ModelRecord record;
    record.model.version = ModelVersion(version);
    record.model.weights_sha256 = Sha256Hex(version);
    Promotion promotion;
    promotion.scope = RegionId(kNetworkScope);
    promotion.version = record.model.version;
    const absl::Status published = store.models().Publish(record, version, {promotion}, std::nullopt);
    ASSERT_TRUE(published.ok()) << published;
  }
};

TEST_F(NotificationListenerTest, HearsOfModelsAndForecastsOnceTheyAreCommitted) {
  auto store = Open();
  Heard heard;
  NotificationListener::Options options;
  options.conninfo = conninfo_;
  NotificationListener listener(options, heard.callback());
  ASSERT_TRUE(listener.AwaitConnected(Soon()));
  Publish(*store, "m1");
  EXPECT_TRUE(heard.Await("tremorcast_models=m1"));
  EXPECT_TRUE(heard.Await("tremorcast_models=_network"));
  Forecast forecast;
  forecast.region = RegionId("area-1");
  forecast.id = "id";
  ASSERT_TRUE(store->forecasts().Append(forecast).ok());
  EXPECT_TRUE(heard.Await("tremorcast_forecasts=1"));
}

TEST_F(NotificationListenerTest, ComesBackAfterALostConnectionAndSaysThatItMayHaveMissedSome) {
  auto store = Open();
  Heard heard;
  NotificationListener::Options options;
  options.conninfo = conninfo_;
  options.reconnect_delay = absl::Milliseconds(10);
  NotificationListener listener(options, heard.callback());
  ASSERT_TRUE(listener.AwaitConnected(Soon()));
  Hand(
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND "
      "application_name = "
      "'tremorcast listener'");
  EXPECT_TRUE(heard.Await("tremorcast_models="));
  Publish(*store, "m1");
  EXPECT_TRUE(heard.Await("tremorcast_models=m1"));
}

class MigrationsTest : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    const auto bare = TempCluster::Shared().CreateDatabase(/*migrated=*/false);
    ASSERT_TRUE(bare.ok()) << bare.status();
    bare_ = *bare;
  }
  std::unique_ptr<PgConnection> Connect() {
    auto connection = PgConnection::Open(bare_, "test", Soon());
    EXPECT_TRUE(connection.ok()) << connection.status();
    return connection.ok() ? *std::move(connection) : nullptr;
  }
  std::string bare_;
  const std::vector<Migration> small_ = {{1, "0001_a", "CREATE TABLE a (x int)"},
                                         {2, "0002_b", "CREATE TABLE b (x int); INSERT INTO b VALUES (1)"}};
};

TEST_F(MigrationsTest, AreAppliedOnceInOrder) {
  auto connection = Connect();
  EXPECT_EQ(CheckSchema(*connection, small_, Soon()).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Migrate(*connection, absl::MakeSpan(small_).first(1), Soon()).ok());
  EXPECT_EQ(CheckSchema(*connection, small_, Soon()).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Migrate(*connection, small_, Soon()).ok());
  EXPECT_TRUE(Migrate(*connection, small_, Soon()).ok());
  EXPECT_TRUE(CheckSchema(*connection, small_, Soon()).ok());
  EXPECT_EQ((*connection->Exec("SELECT count(*) FROM b", Soon())).Text(0, 0), "1");
}

TEST_F(MigrationsTest, RefuseADatabaseThatIsNewerThanTheProgram) {
  auto connection = Connect();
  ASSERT_TRUE(Migrate(*connection, small_, Soon()).ok());
  const absl::Status refused = Migrate(*connection, absl::MakeSpan(small_).first(1), Soon());
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), testing::HasSubstr("newer than this program"));
}

TEST_F(MigrationsTest, RefuseAMigrationThatWasAltered) {
  auto connection = Connect();
  ASSERT_TRUE(Migrate(*connection, small_, Soon()).ok());
  std::vector<Migration> altered = small_;
  altered[0].sql += " ";
  const absl::Status refused = Migrate(*connection, altered, Soon());
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), testing::HasSubstr("0001_a"));
}

TEST_F(MigrationsTest, LeaveNothingOfAFailedOneBehind) {
  auto connection = Connect();
  std::vector<Migration> broken = small_;
  broken[1].sql = "CREATE TABLE b (x int); SELECT 1 / 0";
  EXPECT_FALSE(Migrate(*connection, broken, Soon()).ok());
  EXPECT_EQ((*connection->Exec("SELECT to_regclass('b') IS NULL", Soon())).Text(0, 0), "t");
  EXPECT_TRUE(Migrate(*connection, small_, Soon()).ok());
}

TEST_F(MigrationsTest, MayBeStartedByTwoProcessesAtOnce) {
  auto one = Connect(), two = Connect();
  absl::Status first, second;
  {
    Background a([&] { first = Migrate(*one, EmbeddedMigrations(), Soon()); });
    Background b([&] { second = Migrate(*two, EmbeddedMigrations(), Soon()); });
  }
  EXPECT_TRUE(first.ok()) << first;
  EXPECT_TRUE(second.ok()) << second;
  EXPECT_TRUE(CheckSchema(*one, EmbeddedMigrations(), Soon()).ok());
}

class OpenStoreTest : public StorageTest {};

TEST_F(OpenStoreTest, SaysNoSecretInAnError) {
  for (const std::string& conninfo : {std::string("host=/nonexistent password=sesame"),
                                      std::string("password=sesame open"), std::string("postgresql://u:sesame@[::1"),
                                      std::string("postgresql://user:sesame@127.0.0.1:1/db"), std::string("sesame"),
                                      // libpq's own message repeats the folder
                                      std::string("host=/nonexistent/sesame password=sesame")}) {
    StoreOptions options;
    options.conninfo = conninfo;
    const auto store = OpenStore(options);
    ASSERT_FALSE(store.ok());
    EXPECT_THAT(std::string(store.status().message()), testing::Not(testing::HasSubstr("sesame"))) << conninfo;
  }
}

// A host whose server hangs: the kernel takes the connection, and nobody ever says a word.
TEST_F(OpenStoreTest, GoesOnToTheNextHostWhenOneDoesNotAnswer) {
  const std::string folder = TempCluster::Shared().folder() + "/silent";
  std::filesystem::create_directory(folder);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432", folder.c_str());
  const int silent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(bind(silent, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(silent, 16), 0);
  StoreOptions options;
  options.conninfo = conninfo_;
  const std::string host = TempCluster::Shared().folder();
  options.conninfo.replace(options.conninfo.find(host), host.size(), absl::StrCat(folder, ",", host));
  const auto store = OpenStore(options, absl::Minutes(1));
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE((*store)->Ping(Soon()).ok());
  EXPECT_TRUE((*store)->forecasts().LastSequence().ok());
  close(silent);
}

TEST_F(OpenStoreTest, PingsMigratesAndChecksTheSchema) {
  auto store = Open();
  EXPECT_TRUE(store->Ping(Soon()).ok());
  EXPECT_TRUE(store->Migrate().ok());
  EXPECT_TRUE(store->CheckSchema(Soon()).ok());
  Hand("DELETE FROM schema_migrations WHERE number = 6");
  EXPECT_EQ(store->CheckSchema(Soon()).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(OpenStoreTest, TellsADirectSessionFromAPooledOne) {
  auto second = PgConnection::Open(conninfo_, "test", Soon());
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(CheckSessionsAreOurs(*hand_, **second, Soon()).ok());
}

}  // namespace
}  // namespace tremorcast
