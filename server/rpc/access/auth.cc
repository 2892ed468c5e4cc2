#include "server/rpc/access/auth.h"

#include <utility>

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <absl/time/clock.h>
#include <grpc/grpc_security_constants.h>

#include "core/base/status_macros.h"
#include "server/rpc/access/auth_methods.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

constexpr char kAuthorizationKey[] = "authorization";
constexpr char kPathKey[] = ":path";

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

std::string Text(const grpc::string_ref& text) { return std::string(text.data(), text.size()); }

// The token of "Bearer TOKEN"; what is no such header at all is a token nobody has.
std::string TokenOf(absl::string_view authorization) {
  if (authorization.size() > 7 && absl::EqualsIgnoreCase(authorization.substr(0, 7), "bearer ")) {
    return std::string(absl::StripLeadingAsciiWhitespace(authorization.substr(7)));
  }
  return std::string(authorization);
}

std::string TokenIn(const Metadata& metadata) {
  const auto at = metadata.find(kAuthorizationKey);
  return at == metadata.end() ? "" : TokenOf(absl::string_view(at->second.data(), at->second.size()));
}

// Of a certificate that TLS verified: its alternative names, else its common name.
std::vector<std::string> CertificateNames(const grpc::AuthContext* context) {
  if (context == nullptr) return {};
  std::vector<std::string> names;
  for (const auto& value : context->FindPropertyValues(GRPC_X509_SAN_PROPERTY_NAME)) names.push_back(Text(value));
  if (!names.empty()) return names;
  for (const auto& value : context->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME)) names.push_back(Text(value));
  return names;
}

bool IsLoopback(absl::string_view host) { return absl::StartsWith(host, "127.") || host == "::1"; }

class MethodGate final : public grpc::AuthMetadataProcessor {
 public:
  explicit MethodGate(AccessControl& access) : access_(access) {}
  // A stat and rarely a small file: cheaper than another thread.
  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context, OutputMetadata*,
                       OutputMetadata*) override {
    const auto path = metadata.find(kPathKey);
    const std::string method = path == metadata.end() ? "" : Text(path->second);
    // The context belongs to the connection, not to the call: nothing is noted there.
    const absl::Status allowed = access_.MayCall(method, {TokenIn(metadata), CertificateNames(context), ""});
    return ToGrpcStatus(allowed);
  }

 private:
  AccessControl& access_;
};

}  // namespace

Credential CredentialOf(const grpc::ServerContextBase& context) {
  return {TokenIn(context.client_metadata()), CertificateNames(context.auth_context().get()),
          HostOfPeer(context.peer())};
}

AccessControl::AccessControl(Options options, AccessMetrics& metrics, const Log& log)
    : options_(std::move(options)), metrics_(metrics), log_(log), streams_(options_.max_streams_per_client) {}

absl::Status AccessControl::Load() {
  if (options_.access_file.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(file_, AccessListFile::Open(options_.access_file, metrics_, log_));
  return absl::OkStatus();
}

void AccessControl::Reload() {
  if (!enabled()) return;
  log_.Info(absl::StrCat("the access list has ", file_->Current()->principals().size(), " credentials"),
            {{"event", "reload"}});
}

absl::StatusOr<Principal> AccessControl::Find(const Credential& credential) {
  const std::shared_ptr<const AccessList> list = file_->Current();
  if (!credential.token.empty()) {
    if (const Principal* principal = list->FindToken(credential.token)) return *principal;
    return WithReason(absl::UnauthenticatedError("the token is not known here, or no longer"), "UNKNOWN_CREDENTIAL");
  }
  for (const std::string& name : credential.certificates) {
    if (const Principal* principal = list->FindCertificate(name)) return *principal;
  }
  if (!credential.certificates.empty()) {
    return WithReason(absl::UnauthenticatedError("no name of the client certificate is in the access list"),
                      "UNKNOWN_CREDENTIAL");
  }
  return WithReason(
      absl::UnauthenticatedError("this server asks who you are: give a token (tremorcast --token-file) or a client "
                                 "certificate (--tls-cert, --tls-key)"),
      "NO_CREDENTIAL");
}

absl::Status AccessControl::Refuse(absl::string_view reason, absl::string_view what, const Credential& credential,
                                   const absl::Status& status) {
  metrics_.refused[reason].Increment();
  absl::MutexLock lock(&mutex_);
  const absl::Time now = absl::Now();
  if (now - logged_at_ >= absl::Seconds(1)) {
    logged_at_ = now;
    log_.Warning(absl::StrCat("refused: ", what.substr(0, 100), credential.host.empty() ? "" : " from ",
                              credential.host, ": ", status.message()));
  }
  return status;
}

absl::Status AccessControl::MayCall(absl::string_view path, const Credential& credential) {
  if (!enabled()) return absl::OkStatus();
  const MethodAccess* method = FindMethod(path);
  if (method != nullptr && method->open) return absl::OkStatus();
  const auto principal = Find(credential);
  if (!principal.ok()) return Refuse("credential", path, credential, principal.status());
  if (method == nullptr || (method->roles & principal->roles) == 0) {
    return Refuse(
        "role", path, credential,
        WithReason(absl::PermissionDeniedError(absl::StrCat(
                       principal->name, " (", RolesText(principal->roles), ") may not call this method",
                       method == nullptr ? "" : "; it is for ", method == nullptr ? "" : RolesText(method->roles))),
                   "ROLE_NOT_ADMITTED"));
  }
  if (method->roles == kAdmin) log_.Info(absl::StrCat("admin call: ", path, " by ", principal->name));
  return absl::OkStatus();
}

absl::StatusOr<RoleSet> AccessControl::MayWrite(const StationId& station, const Credential& credential) {
  if (!enabled()) return kAdmin;
  const auto principal = Find(credential);
  if (!principal.ok()) return Refuse("credential", "rows", credential, principal.status());
  if (principal->Owns(station)) return principal->roles;
  return Refuse("station", absl::StrCat("rows of ", station.value()), credential,
                WithReason(absl::PermissionDeniedError(absl::StrCat(principal->name, " does not send for station ",
                                                                    station.value(), "; nothing was stored")),
                           "STATION_NOT_OWNED", {{"station", station.value()}}));
}

absl::StatusOr<std::string> AccessControl::NameOf(const Credential& credential) {
  if (!enabled()) return credential.certificates.empty() ? "" : credential.certificates.front();
  ASSIGN_OR_RETURN(auto principal, Find(credential));
  return principal.name;
}

absl::StatusOr<ClientStreams::Lease> AccessControl::OpenStream(const Credential& credential) {
  const auto name = NameOf(credential);
  std::string client = name.value_or("");
  if (client.empty() && !IsLoopback(credential.host)) client = credential.host;
  auto lease = streams_.Open(client);
  if (!lease.ok()) return Refuse("streams", "a stream", credential, lease.status());
  return lease;
}

bool AccessControl::MayReadPages(absl::string_view authorization) {
  if (!enabled()) return true;
  std::string token = TokenOf(authorization);
  std::string pair;
  if (absl::ConsumePrefix(&authorization, "Basic ") && absl::Base64Unescape(authorization, &pair)) {
    token = pair.substr(pair.find(':') + 1);
  }
  const auto principal = Find({token, {}, ""});
  if (principal.ok() && (principal->roles & (kReader | kAdmin)) != 0) return true;
  metrics_.refused[principal.ok() ? "role" : "credential"].Increment();
  return false;
}

std::shared_ptr<grpc::AuthMetadataProcessor> AccessControl::Processor() {
  return enabled() ? std::make_shared<MethodGate>(*this) : nullptr;
}

}  // namespace tremorcast::rpc
