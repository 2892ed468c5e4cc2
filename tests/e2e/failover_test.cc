// Two real clusters: a primary and a synchronous streaming standby. The standby hears nothing more,
// commits wait, one wait is cancelled by an administrator (the commit then succeeds with a
// WARNING), the primary is killed (kill -9) and the standby promoted. The server finds the new
// primary by itself, clients resume, and the table holds exactly the rows that were acknowledged.

#include <atomic>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/postgres/pg_connection.h"
#include "storage/store.h"
#include "tests/e2e/server_process.h"
#include "tests/support/batches.h"
#include "tests/support/database_proxy.h"
#include "tests/support/service_world.h"
#include "tests/support/temp_cluster.h"

namespace tremorcast {
namespace {

constexpr int kStations = 4;
constexpr int kSlots = 6;
constexpr absl::Duration kPatience = absl::Minutes(2);

std::string StationName(int station) { return absl::StrCat("ST", station); }

// A station's logger: one batch after the other, each sent again until it is acknowledged.
class Logger {
 public:
  Logger(std::shared_ptr<grpc::Channel> channel, int station)
      : stub_(v1::IngestService::NewStub(channel)), station_(StationName(station)), thread_([this] { Run(); }) {}
  ~Logger() { Stop(); }
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int acknowledged() const { return acknowledged_; }
  std::string fault() const { return fault_; }  // after Stop

 private:
  void Run() {
    for (int i = 0; !stop_; ++i) {
      v1::IngestObservationsRequest request;
      *request.mutable_batch() = MakeRows(station_, TestSlot(i * kSlots), kSlots, absl::StrCat("b", i));
      request.mutable_batch()->set_position(absl::StrCat(i + 1));
      v1::IngestObservationsResponse response;
      const absl::Time give_up = absl::Now() + kPatience;
      while (!Call(*stub_, &v1::IngestService::Stub::IngestObservations, request, &response, absl::Seconds(10)).ok()) {
        if (absl::Now() > give_up) {
          fault_ = absl::StrCat("batch ", i, " of ", station_.value(), " was never acknowledged");
          return;
        }
        absl::SleepFor(absl::Milliseconds(20));
      }
      if (response.verdict().accepted_count() != 2 * kSlots) fault_ = response.verdict().ShortDebugString();
      ++acknowledged_;
    }
  }

  const std::unique_ptr<v1::IngestService::Stub> stub_;
  const StationId station_;
  std::string fault_;
  std::atomic<bool> stop_{false};
  std::atomic<int> acknowledged_{0};
  std::thread thread_;
};

class FailoverTest : public testing::Test {
 protected:
  void SetUp() override {
    primary_ = *TempCluster::Start();
    const std::string on_primary = *primary_->CreateDatabase();
    database_ = on_primary.substr(on_primary.find("dbname=") + 7);
    const auto store = *OpenStore({.conninfo = on_primary});
    for (int s = 0; s < kStations; ++s) {
      Station station;
      station.id = StationId(StationName(s));
      station.title = station.id.value();
      station.magn_updating = station.sound_updating = true;
      ASSERT_TRUE(store->network().UpsertStation(station).ok());
    }
    proxy_ = DatabaseProxy::Start(primary_->folder());
    auto standby = TempCluster::StartStandby(proxy_->conninfo("postgres"), "standby");
    ASSERT_TRUE(standby.ok()) << standby.status();
    standby_ = *std::move(standby);
    Run(*primary_, "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
    Run(*primary_, "SELECT pg_reload_conf()");
    Await(*primary_, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", 1);
    Run(*primary_, "CHECKPOINT");  // the checkpointer, which tells COMMITs to wait, has read it too
  }

  std::string Run(const TempCluster& cluster, const std::string& sql) {
    const absl::Time deadline = absl::Now() + kPatience;
    auto connection = PgConnection::Open(cluster.conninfo(database_), "test", deadline);
    EXPECT_TRUE(connection.ok()) << connection.status();
    if (!connection.ok()) return "";
    const auto result = (*connection)->Exec(sql, deadline);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() && result->size() > 0 ? result->Text(0, 0) : "";
  }
  int64_t Number(const TempCluster& cluster, const std::string& sql) {
    int64_t number = -1;
    EXPECT_TRUE(absl::SimpleAtoi(Run(cluster, sql), &number)) << sql;
    return number;
  }
  void Await(const TempCluster& cluster, const std::string& sql, int64_t at_least) {
    const absl::Time give_up = absl::Now() + kPatience;
    while (Number(cluster, sql) < at_least) ASSERT_LT(absl::Now(), give_up) << sql;
  }
  void AwaitAcknowledged(int more) {
    std::vector<int> wanted;
    for (const auto& logger : loggers_) wanted.push_back(logger->acknowledged() + more);
    const absl::Time give_up = absl::Now() + kPatience;
    for (size_t i = 0; i < loggers_.size(); ++i) {
      while (loggers_[i]->acknowledged() < wanted[i]) {
        ASSERT_LT(absl::Now(), give_up) << "station " << i << " gets no answers";
        absl::SleepFor(absl::Milliseconds(10));
      }
    }
  }

  static constexpr char kWaiting[] =
      "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'tremorcast ingest'";

  static constexpr char kRows[] = "SELECT count(*) FROM observations";

  std::unique_ptr<TempCluster> primary_;
  std::unique_ptr<DatabaseProxy> proxy_;  // between the two
  std::unique_ptr<TempCluster> standby_;
  std::string database_;
  std::vector<std::unique_ptr<Logger>> loggers_;
};

TEST_F(FailoverTest, LosesNoAcknowledgedRowAndStoresNoneTwice) {
  // The standby comes first in the list: the server has to find out which of them takes writes.
  auto server = ServerProcess::Start(
      absl::StrCat("host=", standby_->folder(), ",", primary_->folder(), " user=postgres dbname=", database_),
      {"--seal-quiet=24h"});
  ASSERT_TRUE(server.ok()) << server.status();
  for (int s = 0; s < kStations; ++s) loggers_.push_back(std::make_unique<Logger>((*server)->NewChannel(), s));
  AwaitAcknowledged(5);

  // Commits wait for the standby, which hears nothing any more. An administrator cancels waits until
  // rows are in the primary's table and nowhere else. Their clients must not hear "stored", now or
  // when they ask again.
  proxy_->Stall(true);
  Await(*primary_, kWaiting, 1);
  const absl::Time patience_ends = absl::Now() + kPatience;
  while (Number(*primary_, kRows) <= Number(*standby_, kRows)) {
    ASSERT_LT(absl::Now(), patience_ends) << "no cancelled wait leaves a row";
    Run(*primary_,
        "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND "
        "application_name = 'tremorcast ingest'");
  }
  Await(*primary_, kWaiting, 1);  // the same batches, again
  const auto stub = v1::IngestService::NewStub((*server)->NewChannel());
  for (int s = 0; s < kStations; ++s) {
    v1::GetIngestPositionRequest ask;
    ask.set_station(absl::StrCat("stations/", StationName(s)));
    ask.set_source("e2e");
    v1::GetIngestPositionResponse position;
    if (!Call(*stub, &v1::IngestService::Stub::GetIngestPosition, ask, &position, absl::Seconds(2)).ok()) continue;
    int64_t told = 0;
    ASSERT_TRUE(absl::SimpleAtoi(position.position(), &told));
    const absl::Time give_up = absl::Now() + absl::Seconds(5);  // for an answer that is still on its way
    while (loggers_[static_cast<size_t>(s)]->acknowledged() < told && absl::Now() < give_up)
      absl::SleepFor(absl::Milliseconds(10));
    EXPECT_LE(told, loggers_[static_cast<size_t>(s)]->acknowledged()) << "a position that only the primary knows";
  }
  const int64_t on_primary = Number(*primary_, kRows);

  primary_->Kill();
  proxy_.reset();  // and what the primary sent, lost on its way
  EXPECT_LT(Number(*standby_, kRows), on_primary) << "nothing was at stake";
  ASSERT_TRUE(standby_->Promote().ok());

  const absl::Time promoted = absl::Now();
  AwaitAcknowledged(5);  // the server that was there all the time, on the new primary
  std::cout << "every station acknowledged on the new primary after " << absl::Now() - promoted << std::endl;
  Await(*standby_,
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE application_name = 'tremorcast leader' "
        "AND locktype = 'advisory' AND objsubid = 1 AND granted",
        1);
  std::cout << "and led there after " << absl::Now() - promoted << std::endl;
  for (int s = 0; s < kStations; ++s) {
    loggers_[static_cast<size_t>(s)]->Stop();
    EXPECT_EQ(loggers_[static_cast<size_t>(s)]->fault(), "");
  }
  for (int s = 0; s < kStations; ++s) {
    const int slots = loggers_[static_cast<size_t>(s)]->acknowledged() * kSlots;
    // Batches are acknowledged in order, so the acknowledged rows are the first `slots` slots of
    // both signals.
    for (const int signal : {0, 1}) {
      const std::string of =
          absl::StrCat("FROM observations WHERE station = '", StationName(s), "' AND signal = ", signal);
      EXPECT_EQ(Number(*standby_, absl::StrCat("SELECT count(*) ", of)), slots) << StationName(s);
      EXPECT_EQ(
          Number(*standby_, absl::StrCat("SELECT (extract(epoch FROM max(slot) - min(slot)) / 600)::int + 1 ", of)),
          slots)
          << StationName(s);
    }
  }
}

}  // namespace
}  // namespace tremorcast
