// What a caller feels of a model swap: waiting times of calls that overlap one (from the promotion
// until the server says that it serves the new model) beside those of calls that overlap a calm
// period of the same length, for GetForecast, ComputeForecast and IngestObservations at once. A
// short period is met by long calls more often than by short ones; periods of one length make that
// the same on both sides. Calm periods come in groups of as many as there are swaps: the spread of
// their p99 says what chance alone does. The whole server runs in this process over a private
// PostgreSQL; clients share the machine with it.
//
//   swap_bench [--swaps=30] [--quiet-ms=1500] [--clients=2]
//
// `clients` of each kind. Checkpoints have the real input and are small networks: a swap is mostly
// its warm-up and golden test.

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>

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
    std::vector<Wait> calm, during;
    std::vector<double> lengths;
    for (int i = 1; i <= swaps; ++i) {
      calm.push_back({absl::Now(), absl::InfiniteFuture()});
      absl::SleepFor(quiet);
      calm.back().end = absl::Now();
      Promote(models_[static_cast<size_t>(i) % models_.size()]);
      during.push_back({calm.back().end, absl::Now()});
      lengths.push_back(absl::ToDoubleMilliseconds(during.back().end - during.back().begin));
    }
    Report("a swap, from promotion to service", lengths, "%8.0f", "ms");
    const absl::Duration length = std::min(absl::Milliseconds(Quantile(lengths, 0.5)), quiet);
    const auto groups = static_cast<size_t>(quiet / length);
    absl::MutexLock lock(&mutex_);
    for (const auto& [kind, waits] : waits_) {
      std::vector<double> all, p99;
      for (size_t g = 0; g < groups; ++g) {
        std::vector<Wait> periods;
        for (const Wait& period : calm) {
          const absl::Time begin = period.begin + static_cast<int>(g) * length;
          periods.push_back({begin, begin + length});
        }
        const std::vector<double> found = Overlapping(waits, periods);
        Require(!found.empty(), absl::StrCat("too few calls of ", kind));
        all.insert(all.end(), found.begin(), found.end());
        p99.push_back(Quantile(found, 0.99));
      }
      const std::vector<double> swapping = Overlapping(waits, during);
      Require(!swapping.empty(), absl::StrCat("too few calls of ", kind));
      std::printf(
          "%-20s p50 %7.1f ms calm, %7.1f during a swap; "
          "p99 %7.1f calm (%.1f to %.1f in %zu groups), %7.1f during (%zu calls): %.2f x\n",
          kind.c_str(), Quantile(all, 0.5), Quantile(swapping, 0.5), Quantile(all, 0.99), Quantile(p99, 0),
          Quantile(p99, 1), groups, Quantile(swapping, 0.99), swapping.size(),
          Quantile(swapping, 0.99) / Quantile(all, 0.99));
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
  // Milliseconds of the calls that overlap one of the periods, once for each.
  static std::vector<double> Overlapping(const std::vector<Wait>& waits, const std::vector<Wait>& periods) {
    std::vector<double> found;
    for (const Wait& wait : waits) {
      for (const Wait& period : periods) {
        if (wait.begin < period.end && wait.end > period.begin)
          found.push_back(absl::ToDoubleMilliseconds(wait.end - wait.begin));
      }
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
