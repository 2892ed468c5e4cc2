#pragma once

// The whole server: builds the graph in reading order and takes it down in reverse.
//
//   auto server = Server::Start(options, {.loader = &loader});
//   if (!server.ok()) return server.status();
//   ... until a signal ...
//   (*server)->Drain();
//
// Drain order: health and /readyz say "not here" -> lame duck, so that balancers look elsewhere ->
// streams end, each with its acknowledged position -> gRPC shuts down, running calls finish -> the
// ingest queue is committed -> jobs stop, leadership is resigned. Nothing acknowledged is lost at
// any step, nor when the process is killed instead.
//
// Thread safety: Start and Drain from one thread. Errors of Start say what is wrong with the
// database, an address or a flag, and hold no secret.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/base/clock.h"
#include "core/forecast/predictor.h"
#include "core/observation/observation.h"
#include "model/serving/predictor_options.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/ingest_pipeline.h"
#include "server/readiness_monitor.h"
#include "server/rpc/grpc_server.h"
#include "server/rpc/ingest/batch_intake.h"
#include "server/rpc/listen_address.h"
#include "server/server_jobs.h"
#include "server/telemetry/log.h"

namespace tremorcast {

struct ServerOptions {
  std::string conninfo;  // may hold a password: never logged
  rpc::GrpcServer::Options grpc;
  rpc::ListenAddress http = {"127.0.0.1", 9464};
  // Lets `http`, which is plain text, be an address that other machines reach. Says nothing of gRPC.
  bool insecure_http = false;
  TorchPredictorOptions model;
  IngestPipeline::Options ingest;
  ObservationLimits limits;
  rpc::BatchIntake::WriterLimits writers;
  ServerJobs::Options jobs;
  ReadinessMonitor::Options readiness;
  ServeUnskilled serve_unskilled = ServeUnskilled::kModel;
  absl::Duration catalogue_max_age = absl::Hours(48);  // as Forecaster::Options
  // The clock is a replay's and not the present (docs/decisions/0020): loopback and simulated
  // stations only, and every page and check says so.
  bool replay = false;
  // A line for each call and request that failed, and for this share of the others; nothing: none.
  std::optional<double> access_log_sample;
  int database_threads = 4;
  int inference_threads = 1;
  absl::Duration heartbeat = absl::Seconds(15);        // of WatchForecasts
  absl::Duration connect_timeout = absl::Seconds(15);  // for one try to reach the database at the start
  // One that cannot be reached yet is tried again for so long, with a line in the log a second.
  absl::Duration database_wait = absl::ZeroDuration();
  absl::Duration lame_duck = absl::ZeroDuration();   // between "not serving" and the end of streams
  absl::Duration drain_timeout = absl::Seconds(25);  // for streams and calls to end

  absl::Status Validate() const;
};

class Server {
 public:
  // What the server is given. All must outlive it.
  struct Given {
    const Clock* clock = nullptr;             // null: the system's
    const PredictorLoader* loader = nullptr;  // never null: the server itself knows no LibTorch
    const Log* log = nullptr;                 // null: text on standard error
    std::string runtime = "none";             // of the loader, for build info and logs: "libtorch 1.13.1 cpu"
  };

  // `before_serving` is called just before the first connection may come.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options, Given given,
                                                       const std::function<void()>& before_serving = {});
  ~Server();  // Drain without a lame duck, if it was not done
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // With the ports that were chosen.
  rpc::ListenAddress grpc_address() const;
  rpc::ListenAddress http_address() const;
  Readiness readiness() const;
  // Looks at the access file and the PEM files again now, and logs what it found. Thread safe.
  void Reload();
  // Blocks for at most about lame_duck + drain_timeout + the commits that run. Idempotent.
  void Drain();

 private:
  struct Graph;
  explicit Server(std::unique_ptr<Graph> graph);
  std::unique_ptr<Graph> graph_;
};

}  // namespace tremorcast
