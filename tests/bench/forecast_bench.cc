// How long a caller waits: GetForecast of an archived forecast and of a region's latest, and
// ComputeForecast (windows, model, climatology; not archived), through gRPC, with nothing else
// going on. The whole server runs in this process over a private PostgreSQL; clients share the
// machine with it.
//
//   forecast_bench [--weeks=208] [--calls=2000] [--computes=50] [--rounds=5]
//
// `weeks`: how many weeks the archive holds of each of two regions. The checkpoint has the real
// input (95 channels, 1008 slots) and is small, so ComputeForecast tells what surrounds the
// network; model_bench tells the network.

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <grpcpp/client_context.h>

#include "core/simulator/simulator.h"
#include "storage/store.h"
#include "tests/bench/bench_support.h"
#include "tests/support/running_server.h"
#include "tests/support/service_world.h"
#include "tests/support/simulated_network.h"
#include "tests/support/temp_cluster.h"
#include "tests/support/tiny_model.h"

namespace tremorcast::bench {
namespace {

constexpr double kMilliseconds = 1e3;

class Bench {
 public:
  Bench() : conninfo_(Get(TempCluster::Shared().CreateDatabase())), store_(Get(OpenStore({.conninfo = conninfo_}))) {
    const Simulator simulator = Get(Simulator::Create(SmallWorld(2)));
    RequireOk(LoadSimulatedNetwork(simulator,
                                   {store_->observations(), store_->windows(), store_->network(), store_->events()}));
    issue_time_ = simulator.Week(1).end;
    Promotion promotion;
    promotion.scope = RegionId(kNetworkScope);
    promotion.version = Publish(*store_, TinyArtifact());
    promotion.reason = promotion.actor = "bench";
    promotion.promoted_at = issue_time_;
    RequireOk(store_->models().Promote(promotion).status());
    server_ = Get(RunningServer::Start(conninfo_, [](ServerOptions& options) { options.jobs.lead = false; }));
  }

  // One real answer per region, and copies of it for the weeks before.
  void FillArchive(int weeks) {
    const auto stub = v1::ForecastService::NewStub(server_->NewChannel());
    for (const std::string region : {"sim-0", "sim-1"}) {
      v1::ComputeForecastResponse response;
      const grpc::Status status =
          Call(*stub, &v1::ForecastService::Stub::ComputeForecast, Request(region, false), &response);
      Require(status.ok(), status.error_message());
      Require(response.forecast().model_use().used(), "the model was not used");
      const std::string id = response.forecast().name().substr(response.forecast().name().rfind('/') + 1);
      Forecast forecast = *Get(store_->forecasts().Get(RegionId(region), id));
      for (int week = 1; week < weeks; ++week) {
        forecast.valid_from -= kWeekLength;
        forecast.valid_to -= kWeekLength;
        forecast.id = MakeForecastId(forecast.valid_from, forecast.purpose, forecast.revision);
        RequireOk(store_->forecasts().Append(forecast).status());
        names_.push_back(absl::StrCat("regions/", region, "/forecasts/", forecast.id));
      }
      names_.push_back(response.forecast().name());
    }
  }

  // `clients` callers, each with a connection of its own, `calls` calls in all.
  void GetForecasts(const std::string& what, int clients, int calls, int rounds, bool latest) {
    std::vector<double> median, tail, rate;
    for (int round = 0; round < rounds; ++round) {
      std::vector<std::vector<double>> waits(static_cast<size_t>(clients));
      std::vector<std::thread> threads;
      const Stopwatch watch;
      for (int c = 0; c < clients; ++c) {
        threads.emplace_back([&, c] {
          const auto stub = v1::ForecastService::NewStub(server_->NewChannel());
          for (int i = 0; i < calls / clients; ++i) {
            v1::GetForecastRequest request;
            request.set_name(latest ? absl::StrCat("regions/sim-", i % 2, "/forecasts/latest")
                                    : names_[static_cast<size_t>(i * 31 + c * 7) % names_.size()]);
            v1::GetForecastResponse response;
            const Stopwatch call;
            const grpc::Status status = Call(*stub, &v1::ForecastService::Stub::GetForecast, request, &response);
            waits[static_cast<size_t>(c)].push_back(call.Seconds() * kMilliseconds);
            Require(status.ok(), status.error_message());
            Require(response.forecast().class_probabilities_size() == kClasses, "an empty forecast");
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
      const double seconds = watch.Seconds();
      std::vector<double> all;
      for (const auto& of_client : waits) all.insert(all.end(), of_client.begin(), of_client.end());
      median.push_back(Quantile(all, 0.5));
      tail.push_back(Quantile(all, 0.99));
      rate.push_back(static_cast<double>(all.size()) / seconds);
    }
    const std::string name = absl::StrCat(what, ", ", clients, clients == 1 ? " client" : " clients");
    Report(name + ", p50", median, "%8.2f", "ms");
    Report(name + ", p99", tail, "%8.2f", "ms");
    Report(name, rate, "%8.0f", "calls/s");
  }

  void Compute(int calls, int rounds) {
    const auto stub = v1::ForecastService::NewStub(server_->NewChannel());
    std::vector<double> median, tail;
    for (int round = 0; round < rounds; ++round) {
      std::vector<double> waits;
      for (int i = 0; i < calls; ++i) {
        v1::ComputeForecastResponse response;
        const Stopwatch call;
        const grpc::Status status = Call(*stub, &v1::ForecastService::Stub::ComputeForecast,
                                         Request(absl::StrCat("sim-", i % 2), true), &response);
        waits.push_back(call.Seconds() * kMilliseconds);
        Require(status.ok(), status.error_message());
      }
      median.push_back(Quantile(waits, 0.5));
      tail.push_back(Quantile(waits, 0.99));
    }
    Report("ComputeForecast, small network, p50", median, "%8.2f", "ms");
    Report("ComputeForecast, small network, p99", tail, "%8.2f", "ms");
  }

 private:
  v1::ComputeForecastRequest Request(const std::string& region, bool validate_only) const {
    v1::ComputeForecastRequest request;
    request.set_region(absl::StrCat("regions/", region));
    request.mutable_issue_time()->set_seconds(absl::ToUnixSeconds(issue_time_));
    request.set_validate_only(validate_only);
    return request;
  }

  const std::string conninfo_;
  const std::unique_ptr<Store> store_;
  absl::Time issue_time_;
  std::unique_ptr<RunningServer> server_;
  std::vector<std::string> names_;
};

}  // namespace
}  // namespace tremorcast::bench

int main(int argc, char** argv) {
  const auto given =
      tremorcast::bench::ParseArguments(argc, argv, {{"weeks", 208}, {"calls", 2000}, {"computes", 50}, {"rounds", 5}});
  const auto number = [&](const char* name) { return static_cast<int>(given.at(name)); };
  tremorcast::bench::Bench bench;
  bench.FillArchive(number("weeks"));
  for (const int clients : {1, 8}) {
    bench.GetForecasts("GetForecast by name", clients, number("calls"), number("rounds"), false);
    bench.GetForecasts("GetForecast latest", clients, number("calls"), number("rounds"), true);
  }
  bench.Compute(number("computes"), number("rounds"));
  return 0;
}
