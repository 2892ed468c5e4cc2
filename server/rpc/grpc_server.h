#pragma once

// The gRPC side of the server: listens, watches calls, answers health, reflects, and ends in order.
//
//   GrpcServer server(options, metrics, access_metrics, log, access_log);
//   ... build services over server.streams() and server.access() ...
//   server.Start({&ingest, &network});
//   server.health().Set("", true);
//   server.StopAdvertising(); ... lame duck ... server.EndStreams(deadline); server.Shutdown(deadline);
//
// Thread safety: Start, EndStreams and Shutdown from one thread; the rest from any. Services must
// outlive Shutdown.

#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "server/rpc/access/auth.h"
#include "server/rpc/calls/reset_watch.h"
#include "server/rpc/calls/stream_registry.h"
#include "server/rpc/connection_gate.h"
#include "server/rpc/listen_address.h"
#include "server/rpc/services/health_service.h"
#include "server/rpc/tls_credentials.h"
#include "server/rpc/tls_files.h"
#include "server/telemetry/access_log.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast::rpc {

// Full names of the services this library implements, for health and metrics.
const std::vector<std::string>& ServiceNames();

class GrpcServer {
 public:
  struct Options {
    ListenAddress listen = {"127.0.0.1", 50051};
    // On the gRPC address, when other machines can reach it: plain text, or TLS that asks nobody who
    // they are. The HTTP port has a flag of its own.
    bool insecure = false;
    // PEM files; with certificate and key the server speaks TLS, with a client CA it asks each
    // client for a certificate signed by it: required, unless an access list takes tokens instead.
    // Looked at again after each interval (tls_credentials.h).
    TlsFiles tls;
    absl::Duration tls_reload_interval = absl::Seconds(30);
    AccessControl::Options access;
    ConnectionGate::Options connections;
    // Calls and streams open at once on one connection; more wait in the client.
    int max_streams_per_connection = 1000;
    // gRPC asks the client to reconnect at this age and cuts what is left after the grace; our own
    // streams end before the grace is over.
    absl::Duration max_connection_age = absl::Minutes(30);
    absl::Duration max_connection_grace = absl::Minutes(10);
    absl::Duration max_stream_age = absl::Minutes(8);

    // InvalidArgument: an address that is not loopback without TLS and a caller's name or
    // `insecure`, an access list in plain text beyond loopback, half a key pair, connections younger
    // than a second, a stream age beyond the grace.
    absl::Status Validate() const;
  };

  // All must outlive it.
  GrpcServer(Options options, GrpcMetrics& metrics, AccessMetrics& access_metrics, const Log& log,
             const AccessLog& access_log);
  ~GrpcServer();  // Shutdown at once
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  StreamRegistry& streams() { return streams_; }
  HealthService& health() { return health_; }
  AccessControl& access() { return access_; }

  // Unavailable: the address cannot be bound. InvalidArgument: a certificate, its key or the access
  // list cannot be used.
  absl::Status Start(const std::vector<grpc::Service*>& services);
  // With the port that was chosen.
  const ListenAddress& address() const { return options_.listen; }
  // To the services of this process without a network between; after Start.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // Calls health of our own port as any caller would, and says why that was not answered. Blocks up
  // to the deadline.
  absl::Status CallOwnHealth(absl::Time deadline);
  // Looks at the access file and the PEM files now, and logs what it found. The next connection has
  // the new certificate. Thread safe; blocks on reads.
  void Reload();

  // Health says NOT_SERVING from now on; calls are still answered.
  void StopAdvertising() { health_.SetAllNotServing(); }
  // Tells every stream and health watch to end, and waits for the streams. False: some are left.
  bool EndStreams(absl::Time deadline);
  // No new calls; those running are cancelled at the deadline. Blocks until all are done.
  // Idempotent.
  void Shutdown(absl::Time deadline);

 private:
  // Who may do what, in one line.
  void LogAccess() const;

  Options options_;
  GrpcMetrics& metrics_;
  const Log& log_;
  const AccessLog& access_log_;
  AccessControl access_;
  HealthService health_;
  StreamRegistry streams_;
  ConnectionGate gate_;
  ResetWatch resets_;
  const std::string own_request_id_;
  std::unique_ptr<TlsCredentials> tls_;  // null: plain text
  std::vector<std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor>> acceptors_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace tremorcast::rpc
