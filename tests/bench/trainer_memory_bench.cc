// Memory of tremorcast-trainer on a store of years: a simulated network's windows are written
// straight into the tables, the program is run on them as anybody would run it, and its peak
// resident set is printed. With --bound-mib a larger one ends the bench with status 1.
//
//   trainer_memory_bench [--stations=17] [--weeks=262] [--window-memory-mib=512] [--bound-mib=...] [--evaluate=1]
//
// 8 regions of --stations each; 17 and 262 are five years of 136 stations, more than the 131 of
// AETA. Only the first weeks of each station are simulated and packed; later weeks repeat them
// under hashes of their own, because what is measured is how much is held, not what is learnt.
// Values keep 8 bits of mantissa, so that the tables stay below 6 GB.

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <absl/time/clock.h>

#include "core/simulator/simulator.h"
#include "storage/postgres/pg_connection.h"
#include "storage/store.h"
#include "storage/stores/window_codec.h"
#include "tests/bench/bench_support.h"
#include "tests/support/complete_until.h"
#include "tests/support/temp_cluster.h"

namespace tremorcast {
namespace {

using bench::Get;
using bench::Require;
using bench::RequireOk;

constexpr int kPackedWeeks = 3;

float Coarse(float x) { return std::isnan(x) ? x : std::bit_cast<float>(std::bit_cast<uint32_t>(x) & 0xFFFF8000U); }

void WriteNetwork(const Simulator& simulator, const std::string& conninfo) {
  StoreOptions options;
  options.conninfo = conninfo;
  options.connections = 1;
  options.ingest_connections = 1;
  const std::unique_ptr<Store> store = Get(OpenStore(options));
  for (const Station& station : simulator.stations()) Get(store->network().UpsertStation(station));
  for (const Region& region : simulator.regions()) Get(store->network().UpsertRegion(region));
  const int weeks = simulator.config().weeks;
  const absl::Time end = simulator.Week(weeks).end;
  Get(store->events().Import(simulator.events(), simulator.Week(0).begin));
  RequireOk(SetCompleteUntil(store->events(), "simulated", end + absl::Hours(72)));
}

// [station][week]: values and their packed bytes.
struct Packed {
  std::vector<float> values;
  std::string bytes;
};

void WriteWindows(const Simulator& simulator, const std::string& conninfo) {
  const std::unique_ptr<PgConnection> connection =
      Get(PgConnection::Open(conninfo, "trainer_memory_bench", absl::Now() + absl::Minutes(1)));
  const absl::Time deadline = absl::InfiniteFuture();
  for (int s = 0; s < simulator.station_count(); ++s) {
    std::vector<Packed> packed;
    for (int week = 0; week < kPackedWeeks; ++week) {
      Packed& p = packed.emplace_back();
      p.values = simulator.Window(s, week).values;
      for (float& x : p.values) x = Coarse(x);
      p.bytes = Get(EncodeWindowValues(p.values));
    }
    Get(connection->Exec("BEGIN", deadline));
    for (int week = 0; week < simulator.config().weeks; ++week) {
      const Packed& p = packed[static_cast<size_t>(week % kPackedWeeks)];
      const Interval at = simulator.Week(week);
      Get(connection->Exec(
          "INSERT INTO weekly_windows (station, window_start, revision, rolling, slots, magn_rows, sound_rows, "
          "available_at, sealed_at, content_hash, codec, values) VALUES ($1, $2, 1, false, 1008, 1008, 1008, $3, $3, "
          "$4, 1, $5)",
          SqlParams()
              .Text(simulator.stations()[static_cast<size_t>(s)].id.value())
              .Time(at.begin)
              .Time(at.end)
              .Bytes(WindowContentHash(at.begin, kSlotsPerWeek, p.values))
              .Bytes(p.bytes),
          deadline));
    }
    RequireOk(connection->Commit(deadline));
  }
}

// Peak resident set of the program, MiB.
int64_t PeakOf(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  std::vector<std::string> words = arguments;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    // Its report is not what is asked for here.
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  rusage usage = {};
  Require(wait4(child, &status, 0, &usage) == child, "the trainer cannot be waited for");
  Require(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 10), "the trainer failed");
  return usage.ru_maxrss / 1024;
}

int Run(int argc, char** argv) {
  std::map<std::string, int64_t> given = bench::ParseArguments(
      argc, argv,
      {{"stations", 17}, {"weeks", 262}, {"window-memory-mib", 512}, {"bound-mib", int64_t{1} << 40}, {"evaluate", 1}});
  SimulatorConfig config;
  config.stations_per_region = static_cast<int>(given["stations"]);
  config.weeks = static_cast<int>(given["weeks"]);
  config.event_rate = 0.3;
  const Simulator simulator = Get(Simulator::Create(config));
  const std::unique_ptr<TempCluster> cluster = Get(
      TempCluster::Start({"fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_wal_size = 1GB"}));
  const std::string conninfo = Get(cluster->CreateDatabase());
  const absl::Time start = absl::Now();
  WriteNetwork(simulator, conninfo);
  WriteWindows(simulator, conninfo);
  const int64_t windows = int64_t{simulator.station_count()} * config.weeks;
  const int64_t raw_mib = windows * kFeatures * kSlotsPerWeek * 4 / (1 << 20);
  std::printf("%lld windows of %d stations x %d weeks written in %.0f s, %lld MiB as floats\n",
              static_cast<long long>(windows), simulator.station_count(), config.weeks,
              absl::ToDoubleSeconds(absl::Now() - start), static_cast<long long>(raw_mib));

  std::vector<std::string> arguments = {TREMORCAST_BINARY_DIR "/bin/tremorcast-trainer"};
  if (given["evaluate"] == 1) {
    arguments.insert(arguments.end(), {"evaluate", "--seeds", "1", "--tables", "IV", "--no-placebos"});
  } else {
    arguments.emplace_back("train");
  }
  arguments.insert(arguments.end(),
                   {"--database", conninfo, "--heads", "1", "--epochs", "1", "--threads", "1", "--progress", "log",
                    "--window-memory-mib", absl::StrCat(given["window-memory-mib"])});
  const absl::Time began = absl::Now();
  const int64_t peak = PeakOf(arguments);
  std::printf("peak resident set %lld MiB with --window-memory-mib %lld, %.0f s\n", static_cast<long long>(peak),
              static_cast<long long>(given["window-memory-mib"]), absl::ToDoubleSeconds(absl::Now() - began));
  if (peak > given["bound-mib"]) {
    std::printf("above the bound of %lld MiB\n", static_cast<long long>(given["bound-mib"]));
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace tremorcast

int main(int argc, char** argv) { return tremorcast::Run(argc, argv); }
