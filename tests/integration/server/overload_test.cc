// More than the server can take: bounded queues, refusals that say when to come back, nothing
// acknowledged that is not stored, nobody starved, and clients that do everything wrong and still
// lose no row.

#include <algorithm>
#include <atomic>
#include <functional>
#include <iostream>
#include <random>
#include <thread>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "tests/integration/server/server_fixture.h"
#include "tests/support/ingest_calls.h"
#include "tests/support/scrape.h"

namespace tremorcast {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(3);
constexpr int kRows = 8;  // slots of a batch, each with a row of both signals

class OverloadTest : public ServerTest {
 protected:
  // Batch `n` of the station: `kRows` slots of its own.
  static v1::ObservationBatch Batch(const std::string& station, int n) {
    return MakeBatch(station, absl::StrCat("b", n), kWeek - 20 * kWeekLength + n * kRows * kSlotLength, kRows);
  }
  void StartServerWithRoomFor(int batches) {
    ServerOptions options = Options();
    options.ingest.capacity_bytes = batches * static_cast<int64_t>(Batch("station0", 0).ByteSizeLong());
    options.ingest.max_retry_after = absl::Milliseconds(500);
    StartServer(options);
  }
  Scrape Metrics() const { return *Scrape::Of(server_->http_address()); }
  // Commits wait until the lock is gone.
  std::unique_ptr<PgConnection> HoldCommits() {
    auto holder = Connect();
    const auto held =
        holder->Exec("BEGIN; LOCK TABLE ingest_batches IN ACCESS EXCLUSIVE MODE", absl::Now() + kPatience);
    EXPECT_TRUE(held.ok()) << held.status();
    return holder;
  }
  static void LetCommit(PgConnection& holder) { ASSERT_TRUE(holder.Exec("COMMIT", absl::Now() + kPatience).ok()); }
  // That a client learns from the refusal what to do.
  static void ExpectUsefulRefusal(const IngestCalls::End& end) {
    ASSERT_EQ(end.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << end.status.error_message();
    const v1::Status details = DetailsOf(end.status);
    EXPECT_EQ(ReasonOf(details), "INGEST_QUEUE_FULL");
    EXPECT_GT(RetryDelayOf(details), absl::ZeroDuration());
    EXPECT_EQ(end.pushback, absl::StrCat(absl::ToInt64Milliseconds(RetryDelayOf(details))));
  }
};

TEST_F(OverloadTest, RefusesWhatItCannotHoldAndStoresExactlyWhatItAcknowledged) {
  constexpr int kCalls = 400, kRoom = 20;
  StartServerWithRoomFor(kRoom);
  for (int station = 0; station < 8; ++station) RegisterStation(absl::StrCat("station", station));
  const auto holder = HoldCommits();
  IngestCalls calls(Channel());
  for (int n = 0; n < kCalls; ++n) calls.Send(Batch(absl::StrCat("station", n % 8), n));
  ASSERT_TRUE(calls.AwaitEnded(kCalls - kRoom, kPatience)) << "nothing may wait outside the queue";
  const Scrape full = Metrics();
  EXPECT_LE(full.Value("tremorcast_ingest_queue_bytes"), full.Value("tremorcast_ingest_queue_capacity_bytes"));
  EXPECT_GT(full.Value("tremorcast_ingest_queue_bytes"), full.Value("tremorcast_ingest_queue_capacity_bytes") / 2);
  ASSERT_NO_FATAL_FAILURE(LetCommit(*holder));

  int64_t acknowledged = 0;
  int refused = 0, rounds = 0;
  for (size_t sent = kCalls; sent > 0; ++rounds) {
    ASSERT_TRUE(calls.AwaitEnded(sent, kPatience));
    const std::vector<IngestCalls::End> ends = calls.TakeEnds();
    ASSERT_EQ(ends.size(), sent);
    sent = 0;
    for (const IngestCalls::End& end : ends) {
      if (end.status.ok()) {
        EXPECT_EQ(end.verdict.accepted_count(), 2 * kRows);
        acknowledged += end.verdict.accepted_count();
      } else {
        ASSERT_NO_FATAL_FAILURE(ExpectUsefulRefusal(end));
        ++refused;
      }
    }
    ASSERT_EQ(StoredRows(), acknowledged) << "round " << rounds;
    if (rounds == 0) {
      EXPECT_GE(refused, kCalls - kRoom);
      EXPECT_EQ(Metrics().Value("tremorcast_ingest_backpressure_total"), refused);
    }
    for (const IngestCalls::End& end : ends) {
      if (end.status.ok()) continue;
      calls.Send(end.batch);
      ++sent;
    }
  }
  EXPECT_EQ(acknowledged, int64_t{kCalls} * 2 * kRows);
  EXPECT_EQ(Metrics().Value("tremorcast_ingest_queue_bytes"), 0);
}

TEST_F(OverloadTest, AStationThatFloodsKeepsNoOtherOut) {
  constexpr int kCalm = 30, kFlooding = 300;
  StartServerWithRoomFor(40);
  RegisterStation("station0");
  RegisterStation("calm");
  std::atomic<bool> stop{false};
  std::atomic<int> flood_refused{0};
  {
    std::function<void(int)> again;  // outlives the calls that use it
    IngestCalls flood(Channel());
    // Seven times what the queue holds, all the time, whatever the answers say.
    again = [&](int n) {
      flood.Send(Batch("station0", n), [&, n](const IngestCalls::End& end) {
        if (end.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) ++flood_refused;
        if (!stop) again((n + kFlooding) % 2000);
      });
    };
    for (int n = 0; n < kFlooding; ++n) again(n);
    IngestCalls calm(Channel());
    for (int n = 0; n < kCalm; ++n) {
      const int before = flood_refused;
      const absl::Time deadline = absl::Now() + kPatience;
      while (flood_refused < before + 20 && absl::Now() < deadline) std::this_thread::yield();  // it does flood
      calm.Send(Batch("calm", n));
      ASSERT_TRUE(calm.AwaitEnded(1, kPatience));
      const IngestCalls::End end = calm.TakeEnds()[0];
      EXPECT_TRUE(end.status.ok()) << "batch " << n << ": " << end.status.error_message();
    }
    stop = true;
  }
  EXPECT_GT(flood_refused, 20 * kCalm);
  EXPECT_EQ(Query("SELECT count(*) FROM observations WHERE station = 'calm'"), kCalm * 2 * kRows);
}

// A client that cancels, runs out of patience, drops its streams, repeats itself and sends in any
// order, and that takes a batch for stored only when it was told so.
class ChaosClient {
 public:
  ChaosClient(std::shared_ptr<grpc::Channel> channel, std::vector<v1::ObservationBatch> batches, uint64_t seed)
      : stub_(v1::IngestService::NewStub(std::move(channel))), todo_(std::move(batches)), random_(seed) {}

  void Run() {
    while (!todo_.empty()) {
      std::shuffle(todo_.begin(), todo_.end(), random_);
      if (random_() % 3 == 0) {
        SendStream();
      } else {
        SendOne();
      }
    }
  }
  int refused() const { return refused_; }
  int unknown() const { return unknown_; }

 private:
  // Acknowledged when every row is in the table, from this try or an earlier one.
  static bool Stored(const v1::BatchVerdict& verdict) {
    return verdict.accepted_count() + verdict.duplicate_count() == 2 * kRows;
  }
  void Forget(const std::string& batch_id) {
    todo_.erase(std::remove_if(todo_.begin(), todo_.end(), [&](const auto& b) { return b.batch_id() == batch_id; }),
                todo_.end());
  }
  void SendOne() {
    v1::IngestObservationsRequest request;
    *request.mutable_batch() = todo_.back();
    v1::IngestObservationsResponse response;
    grpc::ClientContext context;
    const bool hasty = random_() % 4 == 0;
    context.set_deadline(absl::ToChronoTime(
        absl::Now() + (hasty ? absl::Microseconds(static_cast<int64_t>(random_() % 5000)) : kPatience)));
    const grpc::Status status = stub_->IngestObservations(&context, request, &response);
    if (status.ok()) {
      EXPECT_TRUE(Stored(response.verdict())) << response.verdict().ShortDebugString();
      if (random_() % 5 != 0) Forget(request.batch().batch_id());  // else as if the answer had been lost
    } else if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
      ++refused_;
      absl::SleepFor(RetryDelayOf(DetailsOf(status)));
    } else {
      EXPECT_TRUE(hasty) << status.error_message();
      ++unknown_;
    }
  }
  void SendStream() {
    grpc::ClientContext context;
    const auto stream = stub_->StreamObservations(&context);
    const size_t count = 1 + random_() % std::min<size_t>(todo_.size(), 10);
    const std::vector<v1::ObservationBatch> sent(todo_.end() - static_cast<std::ptrdiff_t>(count), todo_.end());
    for (const v1::ObservationBatch& batch : sent) {
      v1::StreamObservationsRequest request;
      *request.mutable_batch() = batch;
      if (!stream->Write(request)) break;
    }
    const size_t read = random_() % 2 == 0 ? count : random_() % count;
    for (size_t i = 0; i < read; ++i) {
      v1::StreamObservationsResponse response;
      if (!stream->Read(&response)) break;
      EXPECT_TRUE(Stored(response.verdict())) << response.ShortDebugString();
      Forget(response.verdict().batch_id());
    }
    if (read < count) {
      ++unknown_;
      context.TryCancel();
    } else {
      stream->WritesDone();
    }
    stream->Finish();
  }

  const std::unique_ptr<v1::IngestService::Stub> stub_;
  std::vector<v1::ObservationBatch> todo_;
  std::mt19937_64 random_;
  int refused_ = 0, unknown_ = 0;
};

TEST_F(OverloadTest, ChaosClientsLoseNoRowAndDoubleNone) {
  constexpr int kClients = 6, kBatches = 60;
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::cout << "seed " << seed << std::endl;
  StartServerWithRoomFor(3);
  std::vector<std::unique_ptr<ChaosClient>> clients;
  std::vector<std::vector<v1::ObservationBatch>> all(kClients);
  for (int c = 0; c < kClients; ++c) {
    RegisterStation(absl::StrCat("station", c));
    for (int n = 0; n < kBatches; ++n) all[static_cast<size_t>(c)].push_back(Batch(absl::StrCat("station", c), n));
    clients.push_back(
        std::make_unique<ChaosClient>(Channel(), all[static_cast<size_t>(c)], seed + static_cast<uint64_t>(c)));
  }
  std::atomic<bool> stop{false};
  std::thread watcher([&] {
    while (!stop) {
      const Scrape now = Metrics();
      EXPECT_LE(now.Value("tremorcast_ingest_queue_bytes"), now.Value("tremorcast_ingest_queue_capacity_bytes"));
    }
  });
  std::vector<std::thread> threads;
  for (const auto& client : clients) threads.emplace_back([client = client.get()] { client->Run(); });
  for (std::thread& thread : threads) thread.join();
  stop = true;
  watcher.join();
  int refused = 0, unknown = 0;
  for (const auto& client : clients) {
    refused += client->refused();
    unknown += client->unknown();
  }
  EXPECT_GT(unknown, 0) << "no call was cut: nothing was shown";
  std::cout << refused << " calls refused, " << unknown << " cut" << std::endl;
  EXPECT_EQ(StoredRows(), int64_t{kClients} * kBatches * 2 * kRows);
  // The values too: the same rows under new batch ids are duplicates, which they are only when
  // every bit is equal.
  for (const auto& batches : all) {
    for (v1::ObservationBatch batch : batches) {
      batch.set_batch_id(absl::StrCat("again", batch.batch_id()));
      v1::BatchVerdict verdict;
      ASSERT_TRUE(Send(batch, &verdict).ok());
      ASSERT_EQ(verdict.duplicate_count(), 2 * kRows) << verdict.ShortDebugString();
    }
  }
}

}  // namespace
}  // namespace tremorcast
