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
// Unauthenticated (nothing shown, nothing known, or expired), PermissionDenied (known, but not for this).
// Messages and logs hold no credential.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
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
#include "core/operation/token_buckets.h"
#include "server/rpc/access/auth_file.h"
#include "server/rpc/access/client_streams.h"
#include "server/telemetry/access_log.h"
#include "server/telemetry/http_message.h"
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
    // Calls, batches of streams and HTTP requests of one principal, or of one address: so many a
    // second, and so many at once after a while without. 0 a second: as many as come.
    double calls_per_second = 500;
    double calls_at_once = 5000;

    // InvalidArgument: no stream, no call, or fewer at once than one.
    absl::Status Validate() const;
  };
  AccessControl(Options options, AccessMetrics& metrics, const Log& log, const AccessLog& access_log);

  // Once, before anything else. Errors: see AccessListFile::Open.
  absl::Status Load();
  // Looks at the file now instead of at the next call, and logs how many credentials are in force.
  void Reload();
  bool enabled() const { return file_ != nullptr; }

  // The gate: MayCall of a call that is not one yet, by its metadata and the names in the verified
  // certificate of its connection. Refusals are in the access log.
  absl::Status MayBegin(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                        std::vector<std::string> certificates);
  absl::Status MayCall(absl::string_view path, const Credential& credential);
  // The caller's roles: an administrator's without an access list.
  absl::StatusOr<RoleSet> MayWrite(const StationId& station, const Credential& credential);
  // The principal's name; without an access list that in the certificate, or "" when nothing is
  // shown.
  absl::StatusOr<std::string> NameOf(const Credential& credential);
  // Which credentials of the list expire ("desk's token 1f3a9c02"), and in how long.
  std::vector<std::pair<std::string, absl::Duration>> CredentialsLeft();
  // Roles included; empty where nobody is known.
  CallerName CallerOf(const Credential& credential);
  absl::StatusOr<ClientStreams::Lease> OpenStream(const Credential& credential);
  // One more call of this client: ResourceExhausted, with the time to come back, when it makes too
  // many. The machine's own loopback callers without a name are not counted.
  absl::Status Charge(const Credential& credential);
  // Charge, as calls ask for it.
  std::function<absl::Status(const grpc::ServerContextBase& context)> Charger();
  // Of an HTTP request for anything but health: charges it, and asks for a reader's or an admin's
  // token, as Bearer or as the password of Basic.
  HttpAdmission AdmitPage(const HttpRequest& request);

  // MayBegin as gRPC's C++ asks it. Null when nobody is asked.
  std::shared_ptr<grpc::AuthMetadataProcessor> Processor();

 private:
  struct Client {
    std::string name;  // empty: not counted
    bool principal = false;
  };
  absl::StatusOr<Principal> Find(const Credential& credential);
  // Whom the limits of one client hold.
  Client ClientOf(const Credential& credential);
  // Counts and logs it, at most one line a second, and returns it.
  absl::Status Refuse(absl::string_view reason, absl::string_view what, const Credential& credential,
                      const absl::Status& status);

  const Options options_;
  AccessMetrics& metrics_;
  const Log& log_;
  std::unique_ptr<AccessListFile> file_;
  const AccessLog& access_log_;
  ClientStreams streams_;
  absl::Mutex mutex_;
  // Principals are as many as the access list names, or the authority signed. Strangers with addresses without end
  // share a bucket, and take none from principals.
  TokenBuckets of_principals_ ABSL_GUARDED_BY(mutex_);
  TokenBuckets of_addresses_ ABSL_GUARDED_BY(mutex_);
  absl::Time logged_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace tremorcast::rpc
