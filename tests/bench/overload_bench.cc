// What a server does with more than it can take: goodput (rows/s acknowledged), refusals, waiting
// times, the fullest the queue was and the server's memory, under an open loop that offers a
// multiple of what a closed loop reached.
//
//   overload_bench [--stations=64] [--slots=12] [--queue-mib=4] [--seconds=10] [--clients=64]
//
// The server is the program, in a process of its own, over a private PostgreSQL; the load shares
// the machine with both. A batch is `slots` slots of a station, both signals; refused batches are
// given up, not sent again.

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "core/observation/feature_schema.h"
#include "storage/store.h"
#include "tests/bench/bench_support.h"
#include "tests/e2e/server_process.h"
#include "tests/support/ingest_calls.h"
#include "tests/support/scrape.h"
#include "tests/support/service_world.h"
#include "tests/support/temp_cluster.h"

namespace tremorcast::bench {
namespace {

const absl::Time kBegin = absl::FromUnixSeconds(1'577'836'800);

class Bench {
 public:
  explicit Bench(const std::map<std::string, int64_t>& given)
      : stations_(static_cast<int>(given.at("stations"))),
        slots_(static_cast<int>(given.at("slots"))),
        seconds_(static_cast<double>(given.at("seconds"))) {
    const std::string conninfo = Get(TempCluster::Shared().CreateDatabase());
    const auto store = Get(OpenStore({.conninfo = conninfo}));
    std::vector<Station> stations;
    for (int i = 0; i < stations_; ++i) {
      Station station;
      station.id = StationId(absl::StrCat("s", i));
      station.location = {30, 103};
      station.magn_updating = station.sound_updating = true;
      RequireOk(store->network().UpsertStation(station).status());
    }
    server_ =
        Get(ServerProcess::Start(conninfo, {"--no-jobs", absl::StrCat("--ingest-queue-mib=", given.at("queue-mib"))}));
  }

  // Each client waits for its answer before it sends again.
  double ClosedLoop(int clients) {
    std::atomic<int64_t> rows{0};
    std::vector<std::thread> threads;
    const Stopwatch watch;
    for (int c = 0; c < clients; ++c) {
      threads.emplace_back([&, channel = server_->NewChannel()] {
        const auto stub = v1::IngestService::NewStub(channel);
        while (watch.Seconds() < seconds_) {
          v1::IngestObservationsRequest request;
          *request.mutable_batch() = NextBatch();
          v1::IngestObservationsResponse response;
          const grpc::Status status = Call(*stub, &v1::IngestService::Stub::IngestObservations, request, &response);
          Require(status.ok(), status.error_message());
          rows += response.verdict().accepted_count();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    const double rate = static_cast<double>(rows) / watch.Seconds();
    std::printf("closed loop, %d clients: %.0f rows/s\n", clients, rate);
    return rate;
  }

  void OpenLoop(double times, double capacity_rows_per_second) {
    const double batches_per_second = times * capacity_rows_per_second / (2 * slots_);
    std::atomic<bool> over{false};
    double fullest = 0, memory = 0;
    std::thread watcher([&] {
      while (!over) {
        const Scrape now = Get(Scrape::Of(server_->http()));
        fullest = std::max(fullest, now.Value("tremorcast_ingest_queue_bytes"));
        memory = std::max(memory, now.Value("process_resident_memory_bytes"));
        absl::SleepFor(absl::Milliseconds(100));
      }
    });
    const double commits_before = Get(Scrape::Of(server_->http())).Value("tremorcast_ingest_commit_seconds_count");
    IngestCalls calls(server_->NewChannel());
    const Stopwatch watch;
    int64_t sent = 0;
    while (watch.Seconds() < seconds_) {
      // Where the generator itself cannot keep up, less is offered than was asked for; what is
      // printed is what was sent.
      for (double due = watch.Seconds() * batches_per_second; static_cast<double>(sent) < due; ++sent)
        calls.Send(NextBatch());
      absl::SleepFor(absl::Milliseconds(1));
    }
    const double offered_for = watch.Seconds();
    Require(calls.AwaitEnded(static_cast<size_t>(sent), absl::Minutes(5)), "calls without an end");
    const double all_ended_after = watch.Seconds();
    over = true;
    watcher.join();
    int64_t rows = 0, refused = 0;
    std::vector<double> acknowledged, refusals;
    for (const IngestCalls::End& end : calls.TakeEnds()) {
      if (end.status.ok()) {
        rows += end.verdict.accepted_count();
        acknowledged.push_back(absl::ToDoubleMilliseconds(end.took));
      } else {
        Require(end.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED && !end.pushback.empty(),
                end.status.error_message());
        ++refused;
        refusals.push_back(absl::ToDoubleMilliseconds(end.took));
      }
    }
    const double commits = Get(Scrape::Of(server_->http())).Value("tremorcast_ingest_commit_seconds_count");
    std::printf(
        "offered %.1f x: %7.0f rows/s for %.1f s; goodput %7.0f rows/s; refused %4.1f %%; acknowledged after p50 %.0f "
        "ms, p99 %.0f ms; refused after p50 %.0f ms; %.0f commits; fullest queue %.2f MiB; memory %.0f MiB\n",
        times, static_cast<double>(sent) * 2 * slots_ / offered_for, offered_for,
        static_cast<double>(rows) / all_ended_after, 100.0 * static_cast<double>(refused) / static_cast<double>(sent),
        acknowledged.empty() ? 0 : Quantile(acknowledged, 0.5), acknowledged.empty() ? 0 : Quantile(acknowledged, 0.99),
        refusals.empty() ? 0 : Quantile(refusals, 0.5), commits - commits_before, fullest / (1 << 20),
        memory / (1 << 20));
  }

 private:
  v1::ObservationBatch NextBatch() {
    const int64_t n = next_++;
    const int64_t first = SlotContaining(kBegin).index + n / stations_ * slots_;
    return MakeRows(StationId(absl::StrCat("s", n % stations_)), {first}, slots_, absl::StrCat("b", n));
  }

  const int stations_, slots_;
  const double seconds_;
  std::unique_ptr<ServerProcess> server_;
  std::atomic<int64_t> next_{0};
};

}  // namespace
}  // namespace tremorcast::bench

int main(int argc, char** argv) {
  const auto given = tremorcast::bench::ParseArguments(
      argc, argv, {{"stations", 64}, {"slots", 12}, {"queue-mib", 4}, {"seconds", 10}, {"clients", 64}});
  tremorcast::bench::Bench bench(given);
  bench.ClosedLoop(static_cast<int>(given.at("clients")));  // the partitions and caches of a server that runs
  const double capacity = bench.ClosedLoop(static_cast<int>(given.at("clients")));
  for (const double times : {0.5, 1.0, 2.0, 4.0}) bench.OpenLoop(times, capacity);
  return 0;
}
