#include "server/rpc/access/auth.h"

#include <optional>
#include <utility>

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <absl/time/clock.h>
#include <grpc/grpc_security_constants.h>

#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "server/rpc/access/auth_methods.h"
#include "server/rpc/wire/status.h"
#include "server/telemetry/subscriber.h"
#include "server/telemetry/trace_context.h"

namespace tremorcast::rpc {
namespace {

constexpr char kAuthorizationKey[] = "authorization";
constexpr char kPathKey[] = ":path";
constexpr double kMaxCalls = 1e6;
// With a bucket of their own, 1 MB together.
constexpr size_t kMostAddresses = 10'000;

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

// Loopback, or the bulletin's own calls within the process: gRPC says "unknown" of those alone, for a
// socket has an address.
bool IsThisMachine(absl::string_view host) {
  return absl::StartsWith(host, "127.") || host == "::1" || host == "unknown";
}

// The metadata's one value of this name, or "".
absl::string_view OneOf(const Metadata& metadata, const char* name) {
  const auto at = metadata.find(name);
  if (at == metadata.end() || metadata.count(name) != 1) return "";
  return {at->second.data(), at->second.size()};
}

absl::StatusOr<Principal> InForce(const Principal& principal) {
  if (absl::Now() < principal.until) return principal;
  return WithReason(
      absl::UnauthenticatedError(absl::StrCat(principal.name, "'s ", CredentialName(principal), " expired at ",
                                              FormatUtc(principal.until), ": ask the operator for a new one")),
      "CREDENTIAL_EXPIRED");
}

class MethodGate final : public grpc::AuthMetadataProcessor {
 public:
  explicit MethodGate(AccessControl& access) : access_(access) {}
  // A stat and rarely a small file: cheaper than another thread.
  bool IsBlocking() const override { return false; }

  // The context belongs to the connection, not to the call: nothing is noted there.
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context, OutputMetadata*,
                       OutputMetadata*) override {
    return ToGrpcStatus(access_.MayBegin(metadata, CertificateNames(context)));
  }

 private:
  AccessControl& access_;
};

}  // namespace

Credential CredentialOf(const grpc::ServerContextBase& context) {
  return {TokenIn(context.client_metadata()), CertificateNames(context.auth_context().get()),
          HostOfPeer(context.peer())};
}

absl::Status AccessControl::Options::Validate() const {
  if (max_streams_per_client < 1) return absl::InvalidArgumentError("a client needs at least one stream");
  if (!(calls_per_second >= 0) || calls_per_second > kMaxCalls) {
    return absl::InvalidArgumentError("a client makes 0 (no limit) to 1000000 calls a second");
  }
  if (!(calls_at_once >= 1) || calls_at_once > kMaxCalls) {
    return absl::InvalidArgumentError("a client makes at least one call at once, and at most 1000000");
  }
  return absl::OkStatus();
}

AccessControl::AccessControl(Options options, AccessMetrics& metrics, const Log& log, const AccessLog& access_log)
    : options_(std::move(options)),
      metrics_(metrics),
      log_(log),
      access_log_(access_log),
      streams_(options_.max_streams_per_client),
      of_principals_({options_.calls_at_once, options_.calls_per_second}),
      of_addresses_({options_.calls_at_once, options_.calls_per_second, kMostAddresses}) {}

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

std::vector<std::pair<std::string, absl::Duration>> AccessControl::CredentialsLeft() {
  std::vector<std::pair<std::string, absl::Duration>> left;
  if (!enabled()) return left;
  const absl::Time now = absl::Now();
  for (const Principal& principal : file_->Current()->principals()) {
    if (principal.until == absl::InfiniteFuture()) continue;
    left.emplace_back(absl::StrCat(principal.name, "'s ", CredentialName(principal)), principal.until - now);
  }
  return left;
}

absl::StatusOr<Principal> AccessControl::Find(const Credential& credential) {
  const std::shared_ptr<const AccessList> list = file_->Current();
  if (!credential.token.empty()) {
    if (const Principal* principal = list->FindToken(credential.token)) return InForce(*principal);
    return WithReason(absl::UnauthenticatedError("the token is not known here, or no longer"), "UNKNOWN_CREDENTIAL");
  }
  for (const std::string& name : credential.certificates) {
    if (const Principal* principal = list->FindCertificate(name)) return InForce(*principal);
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

absl::Status AccessControl::MayBegin(const Metadata& metadata, std::vector<std::string> certificates) {
  const std::string method(OneOf(metadata, kPathKey));
  const Credential credential = {TokenIn(metadata), std::move(certificates), ""};
  // The call has no span yet.
  std::optional<TraceContext> trace = ParseTraceparent(OneOf(metadata, kTraceparent));
  if (trace.has_value()) trace->span_id.clear();
  const TraceScope scope(trace);
  const absl::Time began = absl::Now();
  absl::Status allowed = MayCall(method, credential);
  // No call comes of it that CallObserver would see.
  if (!allowed.ok() && access_log_.Wants(true, trace.value_or(TraceContext()))) {
    AccessLog::Entry entry;
    entry.protocol = "grpc";
    entry.method = method;
    entry.caller = CallerOf(credential);
    entry.code = absl::StatusCodeToString(allowed.code());
    entry.duration = absl::Now() - began;
    access_log_.Write(entry, trace.value_or(TraceContext()));
  }
  return allowed;
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

CallerName AccessControl::CallerOf(const Credential& credential) {
  if (!enabled()) return {NameOf(credential).value_or(""), ""};
  const auto principal = Find(credential);
  return principal.ok() ? CallerName{principal->name, RolesText(principal->roles)} : CallerName();
}

AccessControl::Client AccessControl::ClientOf(const Credential& credential) {
  std::string name = NameOf(credential).value_or("");
  if (!name.empty()) return {std::move(name), true};
  if (IsThisMachine(credential.host)) return {};
  return {SubscriberOfHost(credential.host), false};
}

absl::StatusOr<ClientStreams::Lease> AccessControl::OpenStream(const Credential& credential) {
  auto lease = streams_.Open(ClientOf(credential).name);
  if (!lease.ok()) return Refuse("streams", "a stream", credential, lease.status());
  return lease;
}

absl::Status AccessControl::Charge(const Credential& credential) {
  if (options_.calls_per_second == 0) return absl::OkStatus();
  const Client client = ClientOf(credential);
  if (client.name.empty()) return absl::OkStatus();
  absl::Duration wait;
  {
    absl::MutexLock lock(&mutex_);
    wait = (client.principal ? of_principals_ : of_addresses_).Take(client.name, absl::Now());
  }
  if (wait == absl::ZeroDuration()) return absl::OkStatus();
  const absl::Status busy = WithReason(
      absl::ResourceExhaustedError(absl::StrCat(client.name, " makes more calls than ", options_.calls_per_second,
                                                " a second, which is what one client may")),
      "TOO_MANY_CALLS", {{"limit", absl::StrCat(options_.calls_per_second)}});
  return Refuse("rate", "a call", credential, WithRetryDelay(busy, wait));
}

std::function<absl::Status(const grpc::ServerContextBase&)> AccessControl::Charger() {
  return [this](const grpc::ServerContextBase& context) { return Charge(CredentialOf(context)); };
}

HttpAdmission AccessControl::AdmitPage(const HttpRequest& request) {
  absl::string_view authorization = request.authorization;
  Credential credential = {TokenOf(authorization), {}, request.client};
  std::string pair;
  if (absl::ConsumePrefix(&authorization, "Basic ") && absl::Base64Unescape(authorization, &pair)) {
    credential.token = pair.substr(pair.find(':') + 1);
  }
  HttpAdmission admission;
  admission.caller = CallerOf(credential);
  if (const absl::Status charged = Charge(credential); !charged.ok()) {
    admission.code = 429;
    admission.retry_after = RetryDelay(charged).value_or(kDefaultRetryDelay);
    return admission;
  }
  if (!enabled()) return admission;
  const auto principal = Find(credential);
  if (principal.ok() && (principal->roles & (kReader | kAdmin)) != 0) return admission;
  metrics_.refused[principal.ok() ? "role" : "credential"].Increment();
  admission.code = 401;
  return admission;
}

std::shared_ptr<grpc::AuthMetadataProcessor> AccessControl::Processor() {
  return enabled() ? std::make_shared<MethodGate>(*this) : nullptr;
}

}  // namespace tremorcast::rpc
