// Durable ingest through gRPC beside raw COPY BINARY of the same rows into the same partition, in
// one run: a week of 131 stations, two signals each. A private PostgreSQL as shipped (fsync and
// synchronous_commit on), the whole server in this process, clients with a connection each; all
// share the machine. Every round empties the tables and measures each way once; rounds alternate
// between COPY first and COPY last.
//
//   ingest_bench [--stations=131] [--slots=1008] [--batch-rows=1008] [--streams=8] [--rounds=5]
//
// Rows and protobuf messages are made before the clock starts, as is COPY's buffer; serialising,
// sending, committing and reading every verdict are measured.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <grpcpp/client_context.h>

#include "core/simulator/simulator.h"
#include "storage/store.h"
#include "tests/bench/bench_support.h"
#include "tests/bench/raw_copy.h"
#include "tests/support/ingest_tables.h"
#include "tests/support/running_server.h"
#include "tests/support/temp_cluster.h"
#include "tremorcast/v1/ingest_service.grpc.pb.h"

namespace tremorcast::bench {
namespace {

using Batches = std::vector<v1::StreamObservationsRequest>;

struct Settings {
  int stations, slots, batch_rows, streams, rounds;
};

// One list of batches per client; a station's batches are all in one list, oldest first.
struct Load {
  std::vector<Batches> clients;
  std::string copy_buffer;
  std::string partition;
  int64_t rows = 0;
};

Simulator MakeSimulator(const Settings& settings) {
  SimulatorConfig config;
  config.regions = 1;
  config.stations_per_region = settings.stations;
  config.weeks = 1;
  config.gap_rate = config.outage_rate = config.missing_slot_rate = 0;  // every slot of both signals
  return Get(Simulator::Create(config));
}

void AddBatches(const StationId& station, absl::Span<const SimulatedRow> rows, int batch_rows, Batches* out) {
  for (size_t first = 0; first < rows.size(); first += static_cast<size_t>(batch_rows)) {
    v1::ObservationBatch* batch = out->emplace_back().mutable_batch();
    batch->set_station(absl::StrCat("stations/", station.value()));
    batch->set_source("bench");
    batch->set_position(absl::StrCat("row ", first));
    batch->set_delivery(v1::DELIVERY_BACKFILL);
    for (const SimulatedRow& row : rows.subspan(first, static_cast<size_t>(batch_rows))) {
      v1::ObservationRow* sent = batch->add_rows();
      sent->mutable_slot_time()->set_seconds(absl::ToUnixSeconds(row.slot.start()));
      sent->set_signal(row.signal == Signal::kMagn ? v1::SIGNAL_MAGN : v1::SIGNAL_SOUND);
      sent->mutable_values()->Add(row.values.begin(), row.values.end());
    }
  }
}

Load MakeLoad(const Simulator& simulator, const Settings& settings) {
  Load load;
  load.clients.resize(static_cast<size_t>(settings.streams));
  load.copy_buffer = CopyHeader();
  load.partition = absl::FormatTime("observations_w%E4Y%m%d", simulator.Week(0).begin, NetworkTimeZone());
  for (int s = 0; s < simulator.station_count(); ++s) {
    const StationId& station = simulator.stations()[static_cast<size_t>(s)].id;
    std::vector<SimulatedRow> rows = Get(simulator.Rows(s, 0));
    rows.resize(static_cast<size_t>(settings.slots) * kSignalCount);
    AddBatches(station, rows, settings.batch_rows, &load.clients[static_cast<size_t>(s % settings.streams)]);
    AppendCopyRows(station, rows, absl::Now(), &load.copy_buffer);
    load.rows += static_cast<int64_t>(rows.size());
  }
  load.copy_buffer += CopyTrailer();
  return load;
}

// New ids, so that no batch is answered from its record.
void GiveIds(const std::string& round, Load* load) {
  for (Batches& batches : load->clients) {
    for (size_t i = 0; i < batches.size(); ++i) batches[i].mutable_batch()->set_batch_id(absl::StrCat(round, "-", i));
  }
}

struct Counts {
  std::atomic<int64_t> accepted{0}, duplicate{0}, other{0};
  void Add(const v1::BatchVerdict& verdict) {
    accepted += verdict.accepted_count();
    duplicate += verdict.duplicate_count();
    other += verdict.conflict_count() + verdict.late_count() + verdict.rejected_count();
  }
};

// One client: `order` gives the batches in the order they are sent.
using Client =
    std::function<void(v1::IngestService::Stub&, const std::vector<const v1::StreamObservationsRequest*>&, Counts&)>;

void SendStream(v1::IngestService::Stub& stub, const std::vector<const v1::StreamObservationsRequest*>& batches,
                Counts& counts) {
  grpc::ClientContext context;
  auto stream = stub.StreamObservations(&context);
  std::thread writer([&] {
    for (const auto* request : batches) Require(stream->Write(*request), "the stream ended early");
    stream->WritesDone();
  });
  v1::StreamObservationsResponse response;
  while (stream->Read(&response)) {
    Require(response.has_verdict(), response.ShortDebugString());
    counts.Add(response.verdict());
  }
  writer.join();
  const grpc::Status status = stream->Finish();
  Require(status.ok(), status.error_message());
}

void SendUnary(v1::IngestService::Stub& stub, const std::vector<const v1::StreamObservationsRequest*>& batches,
               Counts& counts) {
  for (const auto* request : batches) {
    v1::IngestObservationsRequest unary;
    // Lent, not copied: the copy would be the bench's own work.
    unary.unsafe_arena_set_allocated_batch(const_cast<v1::ObservationBatch*>(&request->batch()));
    v1::IngestObservationsResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub.IngestObservations(&context, unary, &response);
    unary.unsafe_arena_release_batch();
    Require(status.ok(), status.error_message());
    counts.Add(response.verdict());
  }
}

class Bench {
 public:
  Bench(const Settings& settings, const Simulator& simulator)
      : settings_(settings), conninfo_(Get(TempCluster::Shared().CreateDatabase())), sql_(conninfo_) {
    Require(sql_.Run("SHOW fsync") == "on" && sql_.Run("SHOW synchronous_commit") == "on",
            "the database is not durable");
    const auto store = Get(OpenStore({.conninfo = conninfo_}));
    for (const Station& station : simulator.stations()) RequireOk(store->network().UpsertStation(station).status());
    RequireOk(store->observations().EnsurePartitions(simulator.Week(0)));
    server_ = Get(RunningServer::Start(conninfo_, [](ServerOptions& options) { options.jobs.lead = false; }));
    for (int i = 0; i < settings.streams; ++i) stubs_.push_back(v1::IngestService::NewStub(server_->NewChannel()));
    load_ = MakeLoad(simulator, settings);
  }

  void Run() {
    std::printf("%lld rows, %.1f MB as COPY; %d clients, batches of %d rows; PostgreSQL %s\n",
                static_cast<long long>(load_.rows), static_cast<double>(load_.copy_buffer.size()) / 1e6,
                settings_.streams, settings_.batch_rows, sql_.Run("SHOW server_version").c_str());
    for (int round = 0; round < settings_.rounds; ++round) {
      if (round % 2 == 0) Copy();
      const std::string id = absl::StrCat("r", round);
      Ingest("stream", id + "s", SendStream, false, true);
      Ingest("stream, all duplicates", id + "d", SendStream, false, false);
      Ingest("unary", id + "u", SendUnary, false, true);
      Ingest("stream, newest batch first", id + "b", SendStream, true, true);
      if (round % 2 == 1) Copy();
      for (const auto& [what, rates] : rates_) {
        std::printf("round %d  %-28s %9.0f rows/s  %.2f of COPY  (CPU of server and clients %.2f s)\n", round + 1,
                    what.c_str(), rates.back(), rates.back() / rates_["COPY BINARY"].back(), cpu_[what]);
      }
      std::fflush(stdout);
    }
    for (const auto& [what, rates] : rates_) Report(what, rates, "%9.0f", "rows/s");
    for (const auto& [what, rates] : rates_) {
      if (what == "COPY BINARY") continue;
      std::vector<double> ratios;
      for (size_t i = 0; i < rates.size(); ++i) ratios.push_back(rates[i] / rates_["COPY BINARY"][i]);
      Report(what + " / COPY BINARY", ratios, "%9.2f", "");
    }
  }

 private:
  void Empty() {
    // The server runs on: its jobs read these tables.
    for (const std::string& statement : EmptyIngestTables()) sql_.Run(statement);
    sql_.Run("CHECKPOINT");
  }
  void RequireAllStored() {
    Require(sql_.Run("SELECT count(*) FROM observations") == absl::StrCat(load_.rows), "the table is not the rows");
  }
  void Note(const std::string& what, double seconds, double cpu) {
    rates_[what].push_back(static_cast<double>(load_.rows) / seconds);
    cpu_[what] = cpu;
  }
  static double CpuSeconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  }

  void Copy() {
    Empty();
    const double cpu = CpuSeconds();
    const Stopwatch watch;
    sql_.Copy(load_.partition, load_.copy_buffer);
    Note("COPY BINARY", watch.Seconds(), CpuSeconds() - cpu);
    RequireAllStored();
    if (compared_) return;
    compared_ = true;
    sql_.Run("CREATE TABLE copied AS SELECT station, signal, slot, values FROM observations");
  }

  void Ingest(const std::string& what, const std::string& id, const Client& client, bool newest_first, bool empty) {
    if (empty) Empty();
    GiveIds(id, &load_);
    std::vector<std::vector<const v1::StreamObservationsRequest*>> orders;
    for (const Batches& batches : load_.clients) {
      auto& order = orders.emplace_back();
      for (const auto& batch : batches) order.push_back(&batch);
      if (newest_first) std::reverse(order.begin(), order.end());
    }
    Counts counts;
    const double cpu = CpuSeconds();
    const Stopwatch watch;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < orders.size(); ++i) threads.emplace_back([&, i] { client(*stubs_[i], orders[i], counts); });
    for (std::thread& thread : threads) thread.join();
    Note(what, watch.Seconds(), CpuSeconds() - cpu);
    Require((empty ? counts.accepted : counts.duplicate) == load_.rows && counts.other == 0, what + ": wrong verdicts");
    RequireAllStored();
    if (compared_ && !equal_) {
      Require(sql_.Run("SELECT count(*) FROM (SELECT * FROM copied EXCEPT SELECT station, signal, slot, values FROM "
                       "observations) AS missing") == "0",
              "gRPC and COPY stored different rows");
      sql_.Run("DROP TABLE copied");
      equal_ = true;
    }
  }

  const Settings settings_;
  const std::string conninfo_;
  Sql sql_;
  std::unique_ptr<RunningServer> server_;
  std::vector<std::unique_ptr<v1::IngestService::Stub>> stubs_;
  Load load_;
  std::map<std::string, std::vector<double>> rates_;
  std::map<std::string, double> cpu_;
  bool compared_ = false, equal_ = false;
};

}  // namespace
}  // namespace tremorcast::bench

int main(int argc, char** argv) {
  using tremorcast::bench::Settings;
  const auto given = tremorcast::bench::ParseArguments(
      argc, argv, {{"stations", 131}, {"slots", 1008}, {"batch-rows", 1008}, {"streams", 8}, {"rounds", 5}});
  const auto number = [&](const char* name) { return static_cast<int>(given.at(name)); };
  const Settings settings = {number("stations"), number("slots"), number("batch-rows"), number("streams"),
                             number("rounds")};
  const auto simulator = tremorcast::bench::MakeSimulator(settings);
  tremorcast::bench::Bench(settings, simulator).Run();
  return 0;
}
