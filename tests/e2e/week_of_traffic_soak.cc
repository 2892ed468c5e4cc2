// One week of a whole network against the real program: 131 stations, each with an open stream,
// send their rows of 1008 ten-minute ticks, as fast as they are answered, while others read. Every
// row is stored, and the server's memory at the end of the week is what it was after its second
// day.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include "core/simulator/simulator.h"
#include "storage/store.h"
#include "tests/e2e/server_process.h"
#include "tests/support/service_world.h"
#include "tests/support/temp_cluster.h"
#include "tremorcast/v1/ingest_service.grpc.pb.h"
#include "tremorcast/v1/network_service.grpc.pb.h"

namespace tremorcast {
namespace {

constexpr int kStations = 131;
constexpr int kChannels = 8;
constexpr int kTicks = kSlotsPerWeek;
constexpr int kWarmTicks = 2 * kSlotsPerDay;  // caches, arenas and connections are then as large as they get
constexpr int kWindowTicks =
    kSlotsPerDay / 2;                    // the least of so many ticks is compared: one busy moment counts for little
constexpr double kAllowedGrowthMib = 4;  // 40 bytes kept of each batch would be as much

double ResidentMib(pid_t process) {
  std::ifstream statm(absl::StrCat("/proc/", process, "/statm"));
  int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident * sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// What station `s` sends in each tick.
std::vector<v1::ObservationBatch> WeekOf(const Simulator& simulator, int s) {
  const Slot first = SlotContaining(simulator.Week(0).begin);
  const std::string name = absl::StrCat("stations/", simulator.stations()[static_cast<size_t>(s)].id.value());
  std::vector<v1::ObservationBatch> week(kTicks);
  for (size_t tick = 0; tick < week.size(); ++tick) {
    week[tick].set_station(name);
    week[tick].set_batch_id(absl::StrCat("tick-", tick));
    week[tick].set_position(week[tick].batch_id());
    week[tick].set_source("logger");
    week[tick].set_delivery(v1::DELIVERY_LIVE);
  }
  const std::vector<SimulatedRow> rows = simulator.Rows(s, 0).value();
  for (const SimulatedRow& row : rows) {
    const int64_t tick = row.slot.index - first.index;
    v1::ObservationRow* sent = week[static_cast<size_t>(tick)].add_rows();
    sent->mutable_slot_time()->set_seconds(absl::ToUnixSeconds(row.slot.start()));
    sent->set_signal(row.signal == Signal::kMagn ? v1::SIGNAL_MAGN : v1::SIGNAL_SOUND);
    sent->mutable_values()->Add(row.values.begin(), row.values.end());
  }
  return week;
}

struct Logger {
  std::vector<v1::ObservationBatch> week;
  std::unique_ptr<v1::IngestService::Stub> stub;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StreamObservationsRequest, v1::StreamObservationsResponse>> stream;
};

class WeekOfTraffic : public testing::Test {
 protected:
  void SetUp() override {
    SimulatorConfig config;
    config.regions = 1;
    config.stations_per_region = kStations;
    config.weeks = 1;
    const absl::Time now = absl::Now();
    config.first_week = WeekGrid::Service().At(WeekGrid::Service().Containing(now).begin, -1).begin;
    simulator_ = std::make_unique<Simulator>(*Simulator::Create(config));
    conninfo_ = *TempCluster::Shared().CreateDatabase();
    store_ = *OpenStore({.conninfo = conninfo_});
    for (const Station& station : simulator_->stations()) ASSERT_TRUE(store_->network().UpsertStation(station).ok());
    for (const Region& region : simulator_->regions()) ASSERT_TRUE(store_->network().UpsertRegion(region).ok());
    // The week lies in the past and stays open, so that its rows are like those of today.
    auto server = ServerProcess::Start(conninfo_, {"--seal-quiet", "24h"});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    for (int c = 0; c < kChannels; ++c) channels_.push_back(server_->NewChannel());
  }

  void OpenStreams() {
    loggers_.resize(kStations);
    for (int s = 0; s < kStations; ++s) {
      auto& logger = loggers_[static_cast<size_t>(s)];
      logger = std::make_unique<Logger>();
      logger->week = WeekOf(*simulator_, s);
      logger->stub = v1::IngestService::NewStub(channels_[static_cast<size_t>(s % kChannels)]);
      logger->stream = logger->stub->StreamObservations(&logger->context);
    }
  }

  // Every station sends, then every station reads its answer; rows stored.
  int64_t SendTick(size_t tick) {
    int64_t stored = 0;
    v1::StreamObservationsRequest request;
    for (auto& logger : loggers_) {
      *request.mutable_batch() = logger->week[tick];
      EXPECT_TRUE(logger->stream->Write(request));
    }
    v1::StreamObservationsResponse response;
    for (auto& logger : loggers_) {
      EXPECT_TRUE(logger->stream->Read(&response));
      EXPECT_TRUE(response.has_verdict()) << response.DebugString();
      stored += response.verdict().accepted_count() + response.verdict().late_count();
    }
    return stored;
  }

  // What dashboards and clients ask meanwhile.
  void ReadAsOthersDo() {
    auto ingest = v1::IngestService::NewStub(channels_[0]);
    v1::ListStationFreshnessRequest freshness_request;
    v1::ListStationFreshnessResponse freshness;
    EXPECT_TRUE(Call(*ingest, &v1::IngestService::Stub::ListStationFreshness, freshness_request, &freshness).ok());
    auto network = v1::NetworkService::NewStub(channels_[1]);
    v1::ListStationsRequest stations_request;
    v1::ListStationsResponse stations;
    EXPECT_TRUE(Call(*network, &v1::NetworkService::Stub::ListStations, stations_request, &stations).ok());
  }

  std::string conninfo_;
  std::unique_ptr<Simulator> simulator_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<ServerProcess> server_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::vector<std::unique_ptr<Logger>> loggers_;
};

TEST_F(WeekOfTraffic, MemoryStaysAsItWas) {
  OpenStreams();
  int64_t sent = 0, stored = 0;
  std::vector<double> resident;
  const absl::Time began = absl::Now();
  for (size_t tick = 0; tick < kTicks; ++tick) {
    for (const auto& logger : loggers_) sent += logger->week[tick].rows_size();
    stored += SendTick(tick);
    ReadAsOthersDo();
    resident.push_back(ResidentMib(server_->pid()));
    if (tick % 72 == 71)
      std::printf("tick %4zu: %.1f MiB resident, %ld rows stored\n", tick + 1, resident.back(), stored);
  }
  for (auto& logger : loggers_) {
    logger->stream->WritesDone();
    EXPECT_TRUE(logger->stream->Finish().ok());
  }
  const auto least = [&](size_t from) {
    const auto begin = resident.begin() + static_cast<std::ptrdiff_t>(from);
    return *std::min_element(begin, begin + kWindowTicks);
  };
  const double warm = least(kWarmTicks), last = least(kTicks - kWindowTicks);
  std::printf("%ld rows of %d stations in %s; resident %.1f MiB when warm, %.1f MiB at the end\n", sent, kStations,
              absl::FormatDuration(absl::Trunc(absl::Now() - began, absl::Seconds(1))).c_str(), warm, last);
  EXPECT_EQ(stored, sent);
  EXPECT_GT(warm, 1);
  EXPECT_LE(last, warm + kAllowedGrowthMib);
}

}  // namespace
}  // namespace tremorcast
