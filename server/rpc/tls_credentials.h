#pragma once

// The server's side of TLS out of PEM files that change under it: each new connection is shown what
// the files held when they were last looked at and fitted each other. They are looked at when told to
// (SIGHUP), and at a new connection when the last look is older than the interval. While they do not
// fit, half replaced or damaged, what they held before stays in force, and the log says so once.
//
// gRPC's own watcher of files (FileWatcherCertificateProvider) cannot be told to look, and fails every
// handshake while key and certificate do not fit.
//
// Thread safety: all of it. Blocks on reads of three small files. It must outlive the gRPC server.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <grpc/grpc_security.h>
#include <grpcpp/security/server_credentials.h>

#include "server/rpc/access/auth.h"
#include "server/rpc/tls_files.h"
#include "server/telemetry/log.h"

namespace tremorcast::rpc {

class TlsCredentials {
 public:
  TlsCredentials(TlsFiles files, absl::Duration interval, const Log& log)
      : files_(std::move(files)), interval_(interval), log_(log) {}
  ~TlsCredentials();
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;

  // Looks at the files now. InvalidArgument: they cannot be used, and what was in force stays so.
  absl::Status Look();
  // For one listener each. `access` judges each call before it exists, where it asks who calls.
  std::shared_ptr<grpc::ServerCredentials> ForListener(grpc_ssl_client_certificate_request_type request,
                                                       AccessControl& access);

 private:
  struct Listener {
    TlsCredentials* credentials;
    int64_t shown = 0;  // version of what gRPC has
  };
  // What gRPC calls at a new connection.
  static grpc_ssl_certificate_config_reload_status Fetch(void* listener, grpc_ssl_server_certificate_config** config);
  grpc_ssl_certificate_config_reload_status ConfigFor(Listener& listener, grpc_ssl_server_certificate_config** config);
  absl::Status LookLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const TlsFiles files_;
  const absl::Duration interval_;
  const Log& log_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Listener>> listeners_ ABSL_GUARDED_BY(mutex_);
  TlsContents contents_ ABSL_GUARDED_BY(mutex_);  // in force
  int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;   // of contents_
  absl::Time looked_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::string fault_ ABSL_GUARDED_BY(mutex_);  // said already
};

}  // namespace tremorcast::rpc
