#pragma once

// The gRPC side of the server: listens, watches calls, answers health, reflects, and ends in order.
//
//   GrpcServer server(options, metrics, log);
//   ... build services over server.streams() ...
//   server.Start({&ingest, &network});
//   server.health().Set("", true);
//   server.StopAdvertising(); ... lame duck ... server.EndStreams(deadline); server.Shutdown(deadline);
//
// Thread safety: Start, EndStreams and Shutdown from one thread; the rest from any. Services must outlive Shutdown.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/server.h"

#include "server/rpc/health_service.h"
#include "server/rpc/listen_address.h"
#include "server/rpc/stream_registry.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast::rpc {

// Full names of the services this library implements, for health and metrics.
const std::vector<std::string>& ServiceNames();

class GrpcServer {
 public:
  struct Options {
    ListenAddress listen = {"127.0.0.1", 50051};
    // Plain text on an address that other machines can reach.
    bool insecure = false;
    // PEM files; with certificate and key the server speaks TLS, with client_ca it asks each client for a certificate.
    // Read again when they change.
    std::string tls_certificate_file, tls_key_file, tls_client_ca_file;
    // gRPC asks the client to reconnect at this age and cuts what is left after the grace; our own streams end before
    // the grace is over.
    absl::Duration max_connection_age = absl::Minutes(30);
    absl::Duration max_connection_grace = absl::Minutes(10);
    absl::Duration max_stream_age = absl::Minutes(8);

    // InvalidArgument: an address that is not loopback without TLS or `insecure`, half a key pair, a stream age beyond
    // the grace.
    absl::Status Validate() const;
  };

  GrpcServer(Options options, GrpcMetrics& metrics, const Log& log);
  ~GrpcServer();  // Shutdown at once
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  StreamRegistry& streams() { return streams_; }
  HealthService& health() { return health_; }

  // Unavailable: the address cannot be bound, or the certificate cannot be read.
  absl::Status Start(const std::vector<grpc::Service*>& services);
  // With the port that was chosen.
  const ListenAddress& address() const { return options_.listen; }
  // To the services of this process without a network between; after Start.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // Health says NOT_SERVING from now on; calls are still answered.
  void StopAdvertising() { health_.SetAllNotServing(); }
  // Tells every stream and health watch to end, and waits for the streams. False: some are left.
  bool EndStreams(absl::Time deadline);
  // No new calls; those running are cancelled at the deadline. Blocks until all are done. Idempotent.
  void Shutdown(absl::Time deadline);

 private:
  Options options_;
  GrpcMetrics& metrics_;
  const Log& log_;
  HealthService health_;
  StreamRegistry streams_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace tremorcast::rpc
