#pragma once

// A fresh database with one or two stores on it, and a second hand: a plain connection that holds
// locks to stop a store's transaction at a chosen place, and tells when it stands there. No test
// sleeps or guesses.

#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "storage/postgres/pg_connection.h"
#include "storage/store.h"
#include "tests/support/batches.h"
#include "tests/support/temp_cluster.h"

namespace tremorcast {

inline absl::Time Soon() { return absl::Now() + absl::Minutes(1); }

class StorageTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto database = TempCluster::Shared().CreateDatabase();
    ASSERT_TRUE(database.ok()) << database.status();
    conninfo_ = *database;
    auto hand = PgConnection::Open(conninfo_, "test hand", Soon());
    ASSERT_TRUE(hand.ok()) << hand.status();
    hand_ = *std::move(hand);
    auto watch = PgConnection::Open(conninfo_, "test watch", Soon());
    ASSERT_TRUE(watch.ok()) << watch.status();
    watch_ = *std::move(watch);
  }

  std::unique_ptr<Store> Open(bool straight_copy = true) {
    StoreOptions options;
    options.conninfo = conninfo_;
    options.straight_copy = straight_copy;
    auto store = OpenStore(options);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  static std::vector<absl::StatusOr<BatchResult>> Ingest(Store& store, const std::vector<ObservationBatch>& batches,
                                                         absl::Time deadline = Soon()) {
    std::vector<const ObservationBatch*> group;
    for (const ObservationBatch& batch : batches) group.push_back(&batch);
    return store.observations().Ingest(group, deadline);
  }

  // Runs SQL through the hand.
  void Hand(const std::string& sql) {
    const auto done = hand_->Exec(sql, Soon());
    EXPECT_TRUE(done.ok()) << done.status();
  }
  // One number, through a connection that is never inside a transaction.
  int64_t Number(const std::string& sql) {
    const auto result = watch_->Exec(sql, Soon());
    EXPECT_TRUE(result.ok()) << result.status();
    int64_t number = -1;
    const bool read = result.ok() && result->size() == 1 && absl::SimpleAtoi(result->Text(0, 0), &number);
    EXPECT_TRUE(read) << sql;
    return number;
  }
  // Waits until `sessions` of our store stand at a lock of this kind ("advisory", "transactionid",
  // "relation", "SyncRep").
  void AwaitBlocked(int sessions, const std::string& wait_event, absl::Duration patience = absl::Seconds(40)) {
    const absl::Time give_up = absl::Now() + patience;
    const std::string query = absl::StrCat(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
        "application_name LIKE 'tremorcast%' AND wait_event = '",
        wait_event, "'");
    while (Number(query) < sessions) ASSERT_LT(absl::Now(), give_up) << "nobody waits for " << wait_event;
  }
  // Retries hide deadlocks; the server's log does not.
  static int DeadlocksLogged() {
    std::ifstream log(TempCluster::Shared().folder() + "/server.log");
    int count = 0;
    for (std::string line; std::getline(log, line);)
      count += line.find("deadlock detected") != std::string::npos ? 1 : 0;
    return count;
  }

  std::string conninfo_;
  std::unique_ptr<PgConnection> hand_, watch_;
};

// Joins at the end of the scope, also when an assertion returns early.
class Background {
 public:
  explicit Background(std::function<void()> body) : thread_(std::move(body)) {}
  ~Background() { Join(); }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

}  // namespace tremorcast
