#include "server/server.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <absl/memory/memory.h>
#include <absl/strings/str_cat.h>
#include <absl/synchronization/notification.h>
#include <absl/time/clock.h>

#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "files/system_clock.h"
#include "formats/etas_artifact_json.h"
#include "server/bulletin_pages.h"
#include "server/pipeline/bounded_executor.h"
#include "server/pipeline/drawn_issues.h"
#include "server/pipeline/self_check.h"
#include "server/pipeline/watch_hub.h"
#include "server/rpc/calls/call_runner.h"
#include "server/rpc/ingest/batch_intake.h"
#include "server/rpc/ingest/ingest_service.h"
#include "server/rpc/services/admin_service.h"
#include "server/rpc/services/catalog_service.h"
#include "server/rpc/services/forecast_service.h"
#include "server/rpc/services/model_service.h"
#include "server/rpc/services/network_service.h"
#include "server/telemetry/access_log.h"
#include "server/telemetry/http_server.h"
#include "server/telemetry/log_collector.h"
#include "server/telemetry/process_collector.h"
#include "storage/postgres/notification_listener.h"
#include "storage/store.h"
#include "tremorcast/build_info.h"

namespace tremorcast {
namespace {

StoreOptions ToStoreOptions(const ServerOptions& options) {
  StoreOptions store;
  store.conninfo = options.conninfo;
  // One for each thread that may use it, so that none waits for another: executors, two of jobs,
  // hub.
  store.connections = options.database_threads + options.inference_threads + 3;
  store.ingest_connections = options.ingest.writers + 2;  // writers, partitions, pings
  return store;
}

ModelHost::Options ToModelHostOptions() {
  ModelHost::Options models;
  models.read_etas = ReadEtasArtifact;
  return models;
}

Forecaster::Options ToForecasterOptions(const ServerOptions& options) {
  Forecaster::Options forecaster;
  forecaster.serve_unskilled = options.serve_unskilled;
  forecaster.skill = options.jobs.skill.policy;
  forecaster.catalogue_max_age = options.catalogue_max_age;
  return forecaster;
}

HttpServer::Options ToHttpOptions(const ServerOptions& options, rpc::AccessControl& access,
                                  const AccessLog& access_log) {
  HttpServer::Options http;
  http.host = options.http.host;
  http.port = options.http.port;
  http.admit = [&access](const HttpRequest& request) { return access.AdmitPage(request); };
  http.access_log = &access_log;
  return http;
}

// Opens the store. A database that cannot be reached may be starting, failing over, or behind a
// network that is not up yet: it is tried again until the wait is over. libpq does not tell a wrong
// login from these, so it is tried again too, and the log says each second what is wrong.
absl::StatusOr<std::unique_ptr<Store>> AwaitStore(const ServerOptions& options, const Log& log) {
  const absl::Time deadline = absl::Now() + options.database_wait;
  for (;;) {
    const absl::Time tried = absl::Now();
    auto store = OpenStore(ToStoreOptions(options), options.connect_timeout);
    if (store.ok() || absl::Now() >= deadline) return store;
    if (!absl::IsUnavailable(store.status()) && !absl::IsDeadlineExceeded(store.status())) return store;
    log.Info(absl::StrCat("waiting for the database, at most ",
                          absl::FormatDuration(absl::Ceil(deadline - absl::Now(), absl::Seconds(1))),
                          " more: ", store.status().message()));
    // Nothing wakes this early: a signal ends the process.
    absl::Notification().WaitForNotificationWithTimeout(std::min(deadline, tried + absl::Seconds(1)) - absl::Now());
  }
}

// Whatever stands under a replayed time would pass for real: issued when, verified when.
absl::Status SimulatedOnly(const NetworkSnapshot& network) {
  for (const Station& station : network.stations()) {
    if (!station.simulated) {
      return absl::FailedPreconditionError(absl::StrCat("the database holds station ", station.id.value(),
                                                        ", which is not simulated: --replay-clock needs a database "
                                                        "of its own"));
    }
  }
  for (const Region& region : network.regions()) {
    if (!region.simulated) {
      return absl::FailedPreconditionError(absl::StrCat("the database holds region ", region.id.value(),
                                                        ", which is not simulated: --replay-clock needs a database "
                                                        "of its own"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ServerOptions::Validate() const {
  if (conninfo.empty()) return absl::InvalidArgumentError("no database given");
  RETURN_IF_ERROR(grpc.Validate());
  if (!http.loopback() && !insecure_http) {
    return absl::InvalidArgumentError(absl::StrCat(http.ToString(),
                                                   " can be reached from other machines: metrics and health are plain "
                                                   "text; say --insecure-http if that is meant"));
  }
  if (database_wait < absl::ZeroDuration()) return absl::InvalidArgumentError("the wait for the database is negative");
  if (replay && (!grpc.listen.loopback() || !http.loopback())) {
    return absl::InvalidArgumentError(
        "a replay is no service: --replay-clock goes with loopback addresses for --listen and --http only");
  }
  if (limits.rows_back < 2 * kWeekLength) {
    return absl::InvalidArgumentError("--rows-back must be at least two weeks");
  }
  RETURN_IF_ERROR(writers.Validate());
  RETURN_IF_ERROR(model.Validate());
  RETURN_IF_ERROR(ingest.Validate());
  RETURN_IF_ERROR(jobs.skill.policy.Validate());
  RETURN_IF_ERROR(jobs.retention.Validate());
  if (!(jobs.issue.event_magnitude > 0) || !(jobs.issue.event_distance_km >= 0) ||
      std::isinf(jobs.issue.event_distance_km)) {
    return absl::InvalidArgumentError("--event-magnitude must be positive, and --event-distance 0 or more kilometres");
  }
  if (catalogue_max_age <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("--catalogue-max-age must be positive: no catalogue is complete ahead of time");
  }
  if (jobs.verify.settling_time > 52 * kWeekLength) {
    return absl::InvalidArgumentError("--settling must be at most a year: nothing would ever be verified");
  }
  if (database_threads < 1 || database_threads > 1024 || inference_threads < 1 || inference_threads > 1024)
    return absl::InvalidArgumentError("1 to 1024 threads of each kind are needed");
  if (lame_duck < absl::ZeroDuration() || drain_timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("the lame duck must not be negative and the drain timeout must be positive");
  }
  return absl::OkStatus();
}

// Members stand in the order in which they are built; the destructor goes the other way.
struct Server::Graph {
  // `given` has a log, which may be `made`.
  Graph(ServerOptions wanted, Given given, std::unique_ptr<const Log> made, std::unique_ptr<Store> opened)
      : options(std::move(wanted)),
        clock(given.clock != nullptr ? *given.clock : own_clock),
        runtime(std::move(given.runtime)),
        own_log(std::move(made)),
        log(*given.log),
        registry(std::make_shared<prometheus::Registry>()),
        metrics(*registry),
        store(std::move(opened)),
        network(store->network(), clock),
        models(ToModelHostOptions(), store->models(), *given.loader, clock, metrics.models, log),
        database({"database", options.database_threads, 256}, metrics.database_executor),
        inference({"inference", options.inference_threads, 32, &metrics.inference.queue_seconds},
                  metrics.inference_executor),
        pipeline(options.ingest, store->observations(), metrics.ingest, log),
        forecaster(ToForecasterOptions(options), network, store->windows(), store->events(), store->forecasts(), models,
                   clock, metrics.inference, log),
        drawn(forecaster),
        hub(WatchHub::Options{}, store->forecasts(), clock, metrics.watch, log),
        self_check({options.jobs.retention.retention,
                    options.jobs.retention.drop,
                    options.jobs.verify.settling_time,
                    options.replay,
                    {}},
                   {store->maintenance(), store->observations(), store->events(), store->forecasts(), store->models(),
                    store->training_runs(), network, clock, [this] { return readiness.Get(); },
                    [this] { return grpc.access().CredentialsLeft(); }}),
        jobs(options.jobs, {options.conninfo, *store, network, models, ToForecasterOptions(options), self_check, clock,
                            metrics, log, [this] { ForecastArchived(); }}),
        access_log(log, options.access_log_sample),
        grpc(options.grpc, metrics.grpc, metrics.access, log, access_log),
        database_calls(database, grpc.access().Charger()),
        intake(network, database, clock, options.limits, options.writers, grpc.access()),
        ingest_service(store->observations(), pipeline, intake, grpc.access(), grpc.streams(), database_calls,
                       &store->windows()),
        catalog_service(store->events(), network, clock, grpc.access(), database_calls,
                        [this] {
                          jobs.Poke("verify");
                          jobs.Poke("issue");  // perhaps a large earthquake
                        }),
        network_service(store->network(), network, database_calls, [this] { jobs.Poke("network"); }),
        forecast_service({options.heartbeat, absl::Minutes(2)},
                         {store->forecasts(), store->windows(), forecaster, drawn, models, network, hub, grpc.streams(),
                          grpc.access(), clock, database, inference},
                         [this] { ForecastArchived(); }),
        model_service(store->models(), store->forecasts(), options.jobs.skill.policy, models, network, clock,
                      grpc.access(), database_calls, [this] { jobs.Poke("models"); }),
        admin_service(store->maintenance(), self_check, clock, grpc.access(), database_calls, metrics.maintenance, log,
                      [this] { jobs.Poke("seal"); }),
        readiness(options.readiness,
                  {[this](absl::Time deadline) { return store->Ping(deadline); },
                   [this](absl::Time deadline) { return grpc.CallOwnHealth(deadline); },
                   [this] { return models.Status(); }, [this] { return jobs.alive_at(); }},
                  grpc.health(), metrics.maintenance, log),
        http(ToHttpOptions(options, grpc.access(), access_log),
             {registry, std::make_shared<ProcessCollector>(), std::make_shared<LogCollector>(log)},
             [this] { return readiness.Get(); }) {}

  absl::Status Start(const std::function<void()>& before_serving);
  void Drain(absl::Duration lame_duck);
  void ForecastArchived() {
    hub.Poke();
    jobs.Poke("forecast_metrics");
  }
  void OnNotification(absl::string_view channel) {
    if (channel == kModelsChannel) {
      jobs.Poke("models");
    } else {
      ForecastArchived();
    }
  }

  const ServerOptions options;
  const SystemClock own_clock;
  const Clock& clock;
  const std::string runtime;
  const std::unique_ptr<const Log> own_log;
  const Log& log;
  const std::shared_ptr<prometheus::Registry> registry;
  ServerMetrics metrics;
  const std::unique_ptr<Store> store;
  NetworkDirectory network;
  ModelHost models;
  BoundedExecutor database;
  BoundedExecutor inference;
  IngestPipeline pipeline;
  Forecaster forecaster;
  DrawnIssues drawn;
  WatchHub hub;
  const SelfCheck self_check;
  ServerJobs jobs;
  const AccessLog access_log;
  rpc::GrpcServer grpc;
  const rpc::CallRunner database_calls;
  rpc::BatchIntake intake;
  rpc::IngestService ingest_service;
  rpc::CatalogService catalog_service;
  rpc::NetworkService network_service;
  rpc::ForecastService forecast_service;
  rpc::ModelService model_service;
  rpc::AdminService admin_service;
  ReadinessMonitor readiness;
  std::unique_ptr<BulletinPages> pages;  // made once gRPC serves
  HttpServer http;
  std::unique_ptr<NotificationListener> listener;  // last: its callback uses all above
  bool drained = false;
};

absl::Status Server::Graph::Start(const std::function<void()>& before_serving) {
  ExportBuildInfo(*registry, BuildVersion(), BuildRevision(), runtime);
  RETURN_IF_ERROR(network.Refresh());
  if (options.replay) {
    RETURN_IF_ERROR(SimulatedOnly(*network.Snapshot()));
    log.Warning(absl::StrCat("replay: the time is that of the replay clock, ", FormatUtc(clock.Now()),
                             ", and not the present"));
  }
  // A champion that cannot be loaded does not keep the server from starting: it serves climatology
  // and says so.
  if (absl::Status models_ready = models.ReconcileWithRegistry(); !models_ready.ok()) {
    log.Warning(absl::StrCat("not every model could be loaded: ", models_ready.message()));
  }
  hub.Start();
  if (before_serving) before_serving();
  if (absl::Status listening = grpc.Start(
          {&ingest_service, &catalog_service, &network_service, &forecast_service, &model_service, &admin_service});
      !listening.ok()) {
    return listening;
  }
  pages = std::make_unique<BulletinPages>(grpc.InProcessChannel(), clock, options.replay);
  http.AddPage(BulletinPages::kPattern, [this](const HttpRequest& request) { return pages->Get(request); });
  // Browsers ask for it beside every page.
  http.AddPage("/favicon.ico", [](const HttpRequest&) { return PlainAnswer(204, ""); });
  RETURN_IF_ERROR(http.Start());
  jobs.Start();
  NotificationListener::Options channels;
  channels.conninfo = options.conninfo;
  listener = std::make_unique<NotificationListener>(
      channels, [this](absl::string_view channel, absl::string_view) { OnNotification(channel); });
  readiness.Start();
  log.Info(absl::StrCat("serving gRPC on ", grpc.address().ToString(), ", HTTP on ",
                        rpc::ListenAddress{options.http.host, http.port()}.ToString(), ", ", BuildVersion(), " ",
                        BuildRevision(), ", ", runtime));
  return absl::OkStatus();
}

void Server::Graph::Drain(absl::Duration lame_duck) {
  if (std::exchange(drained, true)) return;
  log.Info("draining", {{"event", "drain"}});
  readiness.Drain();
  grpc.StopAdvertising();
  // Nothing wakes this early: a second signal ends the process.
  absl::Notification().WaitForNotificationWithTimeout(lame_duck);
  const absl::Time deadline = absl::Now() + options.drain_timeout;
  if (pages != nullptr) pages->StopDrawing();
  if (!grpc.EndStreams(deadline)) log.Warning("some streams did not end in time and are cut");
  grpc.Shutdown(std::max(deadline, absl::Now() + absl::Seconds(1)));
  pipeline.Drain();
  listener = nullptr;
  jobs.Stop();
  hub.Stop();
  database.Stop();
  inference.Stop();
  readiness.Stop();
  http.Stop();
  log.Info("drained: every acknowledged batch is stored", {{"event", "drain"}});
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options, Given given,
                                                      const std::function<void()>& before_serving) {
  TREMORCAST_CHECK(given.loader != nullptr);
  RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<const Log> own_log;
  if (given.log == nullptr) {
    own_log = std::make_unique<const Log>("server", LogLevel::kInfo, LogFormat::kText);
    given.log = own_log.get();
  }
  ASSIGN_OR_RETURN(auto store, AwaitStore(options, *given.log));
  RETURN_IF_ERROR(store->Migrate());
  auto graph = std::make_unique<Graph>(std::move(options), std::move(given), std::move(own_log), std::move(store));
  if (absl::Status started = graph->Start(before_serving); !started.ok()) {
    graph->Drain(absl::ZeroDuration());
    return started;
  }
  return absl::WrapUnique(new Server(std::move(graph)));
}

Server::Server(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
Server::~Server() { graph_->Drain(absl::ZeroDuration()); }

rpc::ListenAddress Server::grpc_address() const { return graph_->grpc.address(); }
rpc::ListenAddress Server::http_address() const { return {graph_->options.http.host, graph_->http.port()}; }
Readiness Server::readiness() const { return graph_->readiness.Get(); }
void Server::Reload() { graph_->grpc.Reload(); }
void Server::Drain() { graph_->Drain(graph_->options.lame_duck); }

}  // namespace tremorcast
