#pragma once

// Who calls, and what that caller may do. Without an access list everybody may do everything: then
// the address or the certificate authority of the transport is all the protection there is.
//
// Two steps. gRPC runs Processor() before a call exists: it refuses a caller whose role the method
// table does not admit, whatever the service. Services then ask about what depends on the request:
// whose station, whose name in the ledger, how many streams. Every step looks at the list of this
// moment, so a line taken out of the file is refused at the next call, and on an open stream at the
// next batch.
//
// A bearer token in the metadata decides alone when there is one; else the client certificate of
// the connection.
//
// Thread safe. Blocks for a stat, and for the reading of an access list that changed. Errors:
// Unauthenticated (nothing shown, or nothing known), PermissionDenied (known, but not for this).
// Messages and logs hold no credential.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/server_context.h>

#include "core/operation/access_list.h"
#include "server/rpc/access/auth_file.h"
#include "server/rpc/access/client_streams.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast::rpc {

// What a call shows of its caller. Holds a secret: not for logs.
struct Credential {
  std::string token;                      // empty: none
  std::vector<std::string> certificates;  // names in the verified certificate
  std::string host;                       // the peer's address, without its port
};
Credential CredentialOf(const grpc::ServerContextBase& context);

class AccessControl {
 public:
  struct Options {
    std::string access_file;            // empty: everybody may do everything
    int max_streams_per_client = 1000;  // of one principal, or of one address
  };
  AccessControl(Options options, AccessMetrics& metrics, const Log& log);

  // Once, before anything else. Errors: see AccessListFile::Open.
  absl::Status Load();
  // Looks at the file now instead of at the next call, and logs how many credentials are in force.
  void Reload();
  bool enabled() const { return file_ != nullptr; }

  absl::Status MayCall(absl::string_view path, const Credential& credential);
  // The caller's roles: an administrator's without an access list.
  absl::StatusOr<RoleSet> MayWrite(const StationId& station, const Credential& credential);
  // The principal's name; without an access list that in the certificate, or "" when nothing is
  // shown.
  absl::StatusOr<std::string> NameOf(const Credential& credential);
  absl::StatusOr<ClientStreams::Lease> OpenStream(const Credential& credential);
  // Of an HTTP request's Authorization header: a reader's or an admin's token, as Bearer or as the
  // password of Basic.
  bool MayReadPages(absl::string_view authorization);

  // MayCall as gRPC asks it. Null when nobody is asked.
  std::shared_ptr<grpc::AuthMetadataProcessor> Processor();

 private:
  absl::StatusOr<Principal> Find(const Credential& credential);
  // Counts and logs it, at most one line a second, and returns it.
  absl::Status Refuse(absl::string_view reason, absl::string_view what, const Credential& credential,
                      const absl::Status& status);

  const Options options_;
  AccessMetrics& metrics_;
  const Log& log_;
  std::unique_ptr<AccessListFile> file_;
  ClientStreams streams_;
  absl::Mutex mutex_;
  absl::Time logged_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace tremorcast::rpc
