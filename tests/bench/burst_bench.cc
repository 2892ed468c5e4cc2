// A burst: every station's ten minutes end at the same moment, and each sends its two rows at once.
// The real server program in a process of its own, a private PostgreSQL as shipped (fsync and
// synchronous_commit on), one client process with many connections; all share the machine. What
// docs/SCALING.md counts with.
//
//   burst_bench [--stations=10000] [--connections=100] [--ticks=5]
//
// Messages are made before the clock starts. Each tick starts when the one before is acknowledged
// to the last row; a call that is refused (RESOURCE_EXHAUSTED) is made again as the server asks.
// Time counts from the beginning of the tick.

#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/synchronization/blocking_counter.h>
#include <absl/time/clock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "storage/store.h"
#include "tests/bench/bench_support.h"
#include "tests/bench/raw_copy.h"
#include "tests/e2e/server_process.h"
#include "tests/support/service_world.h"
#include "tests/support/simulated_network.h"
#include "tests/support/temp_cluster.h"
#include "tremorcast/v1/ingest_service.grpc.pb.h"

namespace tremorcast::bench {
namespace {

struct Settings {
  int stations, connections, ticks, seals;
};

std::string StationName(int station) { return absl::StrCat("B", station); }

// A number of "Name:   123 kB" in /proc/PID/status, in MiB.
double Mebibytes(pid_t pid, const std::string& name) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/status"));
  for (std::string word; file >> word;) {
    double kib = 0;
    if (word == name + ":" && file >> kib) return kib / 1024;
  }
  return 0;
}

std::string LoadAverage() {
  std::ifstream file("/proc/loadavg");
  std::string one, five, fifteen;
  file >> one >> five >> fifteen;
  return absl::StrCat(one, " ", five, " ", fifteen);
}

// One station's call of a tick, made again until it is answered.
struct Send {
  v1::IngestService::Stub* stub = nullptr;
  v1::IngestObservationsRequest request;
  v1::IngestObservationsResponse response;
  std::unique_ptr<grpc::ClientContext> context;
  double seconds = 0;  // until the acknowledgement
  int refused = 0;

  void Start(const Stopwatch& watch, absl::BlockingCounter& left) {
    context = std::make_unique<grpc::ClientContext>();
    stub->async()->IngestObservations(context.get(), &request, &response, [this, &watch, &left](grpc::Status status) {
      if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
        ++refused;
        const auto& trailers = context->GetServerTrailingMetadata();
        const auto pushback = trailers.find("grpc-retry-pushback-ms");
        int64_t ms = 100;
        if (pushback != trailers.end()) {
          const std::string text(pushback->second.data(), pushback->second.size());
          Require(absl::SimpleAtoi(text, &ms), "no pushback: " + text);
        }
        std::thread([this, ms, &watch, &left] {
          std::this_thread::sleep_for(std::chrono::milliseconds(ms));
          Start(watch, left);
        }).detach();
        return;
      }
      Require(status.ok(), status.error_message());
      Require(response.verdict().accepted_count() == 2, response.verdict().ShortDebugString());
      seconds = watch.Seconds();
      left.DecrementCount();
    });
  }
};

// Whole weeks of simulated rows, then sealed one after the other as the leader does.
void Seal(Store& store, int seals) {
  SimulatorConfig config = SmallWorld(1);
  config.regions = 1;
  config.stations_per_region = seals;
  const Simulator simulator = Get(Simulator::Create(config));
  std::vector<double> milliseconds;
  for (int s = 0; s < seals; ++s) {
    RequireOk(IngestStationWeek(simulator, s, 0, store.observations()));
    const Stopwatch watch;
    const WindowInfo window = Get(
        store.windows().Seal(simulator.stations()[static_cast<size_t>(s)].id, simulator.Week(0).begin, absl::Now()));
    milliseconds.push_back(watch.Seconds() * 1e3);
    Require(window.rows_present[0] == kSlotsPerWeek, "a sealed week with gaps");
  }
  Report("sealing one station's week", milliseconds, "%9.1f", "ms");
}

void Run(const Settings& settings) {
  const std::string conninfo = Get(TempCluster::Shared().CreateDatabase());
  Sql sql(conninfo);
  Require(sql.Run("SHOW fsync") == "on" && sql.Run("SHOW synchronous_commit") == "on", "the database is not durable");
  sql.Run(
      absl::StrCat("INSERT INTO stations SELECT 'B' || n, 1, 'station ' || n, 30, 100, true, true, '-infinity', "
                   "'infinity', true, now() FROM generate_series(0, ",
                   settings.stations - 1, ") n"));
  const auto store = Get(OpenStore({.conninfo = conninfo}));
  const Slot now = SlotContaining(absl::Now());
  RequireOk(store->observations().EnsurePartitions({(Slot{now.index - settings.ticks - 1}).start(), absl::Now()}));
  const auto server = Get(ServerProcess::Start(conninfo, {"--max-connections-per-client", "10000"}));
  const double rss_idle = Mebibytes(server->pid(), "VmRSS");

  std::vector<std::shared_ptr<grpc::Channel>> channels;
  std::vector<std::unique_ptr<v1::IngestService::Stub>> stubs;
  for (int c = 0; c < settings.connections; ++c) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // else equal channels share a connection
    channels.push_back(grpc::CreateCustomChannel(server->address(), grpc::InsecureChannelCredentials(), arguments));
    stubs.push_back(v1::IngestService::NewStub(channels.back()));
    Require(channels.back()->WaitForConnected(std::chrono::system_clock::now() + std::chrono::minutes(2)),
            "no connection");
  }
  const double rss_connected = Mebibytes(server->pid(), "VmRSS");
  std::printf("%d stations, %d connections, PostgreSQL %s, load %s\n", settings.stations, settings.connections,
              sql.Run("SHOW server_version").c_str(), LoadAverage().c_str());
  std::printf("server: %.1f MiB idle, %.1f MiB with the connections (%.1f KiB each)\n", rss_idle, rss_connected,
              (rss_connected - rss_idle) * 1024 / settings.connections);

  std::vector<double> rates, lasts, p50s, p99s;
  int64_t bytes = 0, refused = 0;
  for (int tick = 0; tick < settings.ticks; ++tick) {
    std::vector<Send> sends(static_cast<size_t>(settings.stations));
    for (int s = 0; s < settings.stations; ++s) {
      Send& send = sends[static_cast<size_t>(s)];
      send.stub = stubs[static_cast<size_t>(s % settings.connections)].get();
      *send.request.mutable_batch() =
          MakeRows(StationId(StationName(s)), Slot{now.index - settings.ticks + tick}, 1, absl::StrCat("t", tick));
      send.request.mutable_batch()->set_delivery(v1::DELIVERY_LIVE);
      bytes = static_cast<int64_t>(send.request.ByteSizeLong());
    }
    absl::BlockingCounter left(settings.stations);
    const Stopwatch watch;
    for (Send& send : sends) send.Start(watch, left);
    left.Wait();
    std::vector<double> seconds;
    for (const Send& send : sends) {
      seconds.push_back(send.seconds);
      refused += send.refused;
    }
    lasts.push_back(Quantile(seconds, 1));
    p50s.push_back(Quantile(seconds, .5));
    p99s.push_back(Quantile(seconds, .99));
    rates.push_back(2 * settings.stations / lasts.back());
  }
  Require(sql.Run("SELECT count(*) FROM observations") == absl::StrCat(int64_t{2} * settings.stations * settings.ticks),
          "the table is not what was acknowledged");
  Report("rows/s until the last acknowledgement", rates, "%9.0f", "rows/s");
  Report("last acknowledgement", lasts, "%9.3f", "s");
  Report("acknowledgement, p50", p50s, "%9.3f", "s");
  Report("acknowledgement, p99", p99s, "%9.3f", "s");
  std::printf("server: %.1f MiB after the ticks, %.1f MiB at most; %lld calls refused and repeated\n",
              Mebibytes(server->pid(), "VmRSS"), Mebibytes(server->pid(), "VmHWM"), static_cast<long long>(refused));
  const double rows = 2.0 * settings.stations * settings.ticks;
  const auto size = [&](const std::string& relations) {
    int64_t total = 0;
    Require(
        absl::SimpleAtoi(sql.Run(absl::StrCat("SELECT sum(pg_total_relation_size(relid)) FROM ", relations)), &total),
        "no size");
    return static_cast<double>(total) / rows;
  };
  std::printf(
      "a request of two rows: %lld bytes; on disk per row: observations %.0f bytes, everything ingestion keeps "
      "%.0f bytes\n",
      static_cast<long long>(bytes), size("pg_partition_tree('observations')"),
      size("(SELECT relid FROM pg_partition_tree('observations') UNION ALL SELECT unnest(ARRAY["
           "'ingest_batches', 'ingest_positions', 'ingest_high_water', 'station_weeks']::regclass[])) r"));
  Seal(*store, settings.seals);
  std::printf("load %s\n", LoadAverage().c_str());
}

}  // namespace
}  // namespace tremorcast::bench

int main(int argc, char** argv) {
  const auto given = tremorcast::bench::ParseArguments(
      argc, argv, {{"stations", 10'000}, {"connections", 100}, {"ticks", 5}, {"seals", 50}});
  const auto number = [&](const char* name) { return static_cast<int>(given.at(name)); };
  tremorcast::bench::Run({number("stations"), number("connections"), number("ticks"), number("seals")});
  return 0;
}
