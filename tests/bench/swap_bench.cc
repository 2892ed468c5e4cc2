// What a caller feels of a model swap: waiting times of calls that overlap one (from the promotion until the server
// says that it serves the new model) beside those of calls just before, for GetForecast, ComputeForecast and
// IngestObservations at once. The whole server runs in this process over a private PostgreSQL; clients share the
// machine with it.
//
//   swap_bench [--swaps=30] [--quiet-ms=1500] [--clients=2]
//
// `clients` of each kind. Checkpoints have the real input and are small networks: a swap is mostly its warm-up and
// golden test.

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

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

struct Wait {
  absl::Time begin, end;
};

class Bench {
 public:
  Bench() : conninfo_(Get(TempCluster::Shared().CreateDatabase())), store_(Get(OpenStore({.conninfo = conninfo_}))) {
    const Simulator simulator = Get(Simulator::Create(SmallWorld(2)));
    RequireOk(LoadSimulatedNetwork(simulator,
                                   {store_->observations(), store_->windows(), store_->network(), store_->events()}));
    issue_time_ = simulator.Week(1).end;
    for (const Station& station : simulator.stations()) stations_.push_back(station.id);
    for (const uint64_t seed : {1, 2})
      models_.push_back(absl::StrCat("models/", Publish(*store_, TinyArtifact(seed)).value()));
    server_ = Get(RunningServer::Start(conninfo_, [](ServerOptions& options) { options.jobs.lead = false; }));
    control_ = v1::ModelService::NewStub(server_->NewChannel());
    Promote(models_[0]);
  }
  ~Bench() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

  // Blocks until the model serves.
  void Promote(const std::string& model) {
    v1::PromoteModelRequest request;
    request.set_name(model);
    request.set_reason("bench");
    v1::PromoteModelResponse promoted;
    const grpc::Status status = Call(*control_, &v1::ModelService::Stub::PromoteModel, request, &promoted);
    Require(status.ok(), status.error_message());
    v1::GetModelRequest get;
    get.set_name(model);
    for (v1::GetModelResponse response; response.model().serving_scopes().empty();) {
      absl::SleepFor(absl::Milliseconds(20));
      Require(Call(*control_, &v1::ModelService::Stub::GetModel, get, &response).ok(), "GetModel failed");
    }
  }

  void StartClients(int of_each_kind) {
    v1::ComputeForecastRequest compute;
    compute.set_region("regions/sim-0");
    compute.mutable_issue_time()->set_seconds(absl::ToUnixSeconds(issue_time_));
    v1::ComputeForecastResponse archived;
    const auto forecasts = v1::ForecastService::NewStub(server_->NewChannel());
    Require(Call(*forecasts, &v1::ForecastService::Stub::ComputeForecast, compute, &archived).ok(), "no forecast");
    compute.set_validate_only(true);
    v1::GetForecastRequest get;
    get.set_name(archived.forecast().name());
    for (int c = 0; c < of_each_kind; ++c) {
      Repeat("GetForecast", [get](const auto& channel, int) {
        v1::GetForecastResponse response;
        return Call(*v1::ForecastService::NewStub(channel), &v1::ForecastService::Stub::GetForecast, get, &response);
      });
      Repeat("ComputeForecast", [compute](const auto& channel, int) {
        v1::ComputeForecastResponse response;
        return Call(*v1::ForecastService::NewStub(channel), &v1::ForecastService::Stub::ComputeForecast, compute,
                    &response);
      });
      Repeat("IngestObservations", [this, c](const auto& channel, int n) {
        v1::IngestObservationsRequest request;
        *request.mutable_batch() = MakeRows(stations_[static_cast<size_t>(c) % stations_.size()],
                                            {SlotContaining(issue_time_).index + n}, 1, absl::StrCat("b", c, "-", n));
        v1::IngestObservationsResponse response;
        return Call(*v1::IngestService::NewStub(channel), &v1::IngestService::Stub::IngestObservations, request,
                    &response);
      });
    }
  }

  void Measure(int swaps, absl::Duration quiet) {
    std::vector<Wait> before, during;
    std::vector<double> lengths;
    for (int i = 1; i <= swaps; ++i) {
      const absl::Time begin = absl::Now();
      absl::SleepFor(quiet);
      const absl::Time asked = absl::Now();
      Promote(models_[static_cast<size_t>(i) % models_.size()]);
      before.push_back({begin, asked});
      during.push_back({asked, absl::Now()});
      lengths.push_back(absl::ToDoubleMilliseconds(during.back().end - asked));
    }
    Report("a swap, from promotion to service", lengths, "%8.0f", "ms");
    absl::MutexLock lock(&mutex_);
    for (const auto& [kind, waits] : waits_) {
      const std::vector<double> calm = Within(waits, before, false), swapping = Within(waits, during, true);
      Require(!calm.empty() && !swapping.empty(), absl::StrCat("too few calls of ", kind));
      std::printf(
          "%-20s p50 %7.1f ms before, %7.1f during; p99 %7.1f ms before (%zu calls), %7.1f during (%zu): %.2f x\n",
          kind.c_str(), Quantile(calm, 0.5), Quantile(swapping, 0.5), Quantile(calm, 0.99), calm.size(),
          Quantile(swapping, 0.99), swapping.size(), Quantile(swapping, 0.99) / Quantile(calm, 0.99));
    }
  }

 private:
  void Repeat(const std::string& kind, std::function<grpc::Status(const std::shared_ptr<grpc::Channel>&, int)> call) {
    threads_.emplace_back([this, kind, call = std::move(call), channel = server_->NewChannel()] {
      for (int n = 0; !stop_; ++n) {
        Wait wait;
        wait.begin = absl::Now();
        const grpc::Status status = call(channel, n);
        wait.end = absl::Now();
        Require(status.ok(), absl::StrCat(kind, ": ", status.error_message()));
        absl::MutexLock lock(&mutex_);
        waits_[kind].push_back(wait);
      }
    });
  }
  // Milliseconds of the calls that lie inside one of the periods, or `overlap` one.
  static std::vector<double> Within(const std::vector<Wait>& waits, const std::vector<Wait>& periods, bool overlap) {
    std::vector<double> found;
    for (const Wait& wait : waits) {
      const bool in = std::any_of(periods.begin(), periods.end(), [&](const Wait& period) {
        return overlap ? wait.begin < period.end && wait.end > period.begin
                       : wait.begin >= period.begin && wait.end <= period.end;
      });
      if (in) found.push_back(absl::ToDoubleMilliseconds(wait.end - wait.begin));
    }
    return found;
  }

  const std::string conninfo_;
  const std::unique_ptr<Store> store_;
  absl::Time issue_time_;
  std::vector<StationId> stations_;
  std::vector<std::string> models_;
  std::unique_ptr<RunningServer> server_;
  std::unique_ptr<v1::ModelService::Stub> control_;
  std::atomic<bool> stop_{false};
  absl::Mutex mutex_;
  std::map<std::string, std::vector<Wait>> waits_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace
}  // namespace tremorcast::bench

int main(int argc, char** argv) {
  const auto given = tremorcast::bench::ParseArguments(argc, argv, {{"swaps", 30}, {"quiet-ms", 1500}, {"clients", 2}});
  tremorcast::bench::Bench bench;
  bench.StartClients(static_cast<int>(given.at("clients")));
  bench.Measure(static_cast<int>(given.at("swaps")), absl::Milliseconds(given.at("quiet-ms")));
  return 0;
}
