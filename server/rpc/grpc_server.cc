#include "server/rpc/grpc_server.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "grpcpp/server_builder.h"

#include "server/rpc/call_observer.h"
#include "server/rpc/convert_observation.h"

namespace tremorcast::rpc {
namespace {

constexpr int kCertificateReloadSeconds = 30;
// A batch over the limit of 8 MiB is answered by name of the batch; gRPC itself cuts a call only far above it.
constexpr int kMaxReceivedBytes = 2 * kMaxBatchBytes;

std::shared_ptr<grpc::ServerCredentials> Credentials(const GrpcServer::Options& options) {
  if (options.tls_certificate_file.empty()) return grpc::InsecureServerCredentials();
  auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      options.tls_key_file, options.tls_certificate_file, options.tls_client_ca_file, kCertificateReloadSeconds);
  grpc::experimental::TlsServerCredentialsOptions tls(provider);
  tls.watch_identity_key_cert_pairs();
  if (!options.tls_client_ca_file.empty()) {
    tls.watch_root_certs();
    tls.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(tls);
}

void SetLimits(const GrpcServer::Options& options, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(kMaxReceivedBytes);
  // Two servers on one port would share its connections in silence.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                              static_cast<int>(absl::ToInt64Milliseconds(options.max_connection_age)));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                              static_cast<int>(absl::ToInt64Milliseconds(options.max_connection_grace)));
  // Data loggers behind address translation keep their quiet connections open with pings.
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
}

}  // namespace

absl::Status GrpcServer::Options::Validate() const {
  if (tls_certificate_file.empty() != tls_key_file.empty()) {
    return absl::InvalidArgumentError("TLS needs both a certificate and a key");
  }
  if (!tls_client_ca_file.empty() && tls_certificate_file.empty()) {
    return absl::InvalidArgumentError("client certificates need TLS: name a certificate and a key too");
  }
  if (!listen.loopback() && tls_certificate_file.empty() && !insecure) {
    return absl::InvalidArgumentError(
        absl::StrCat(listen.ToString(), " can be reached from other machines: give a TLS certificate and key, or ",
                     "--insecure to speak plain text there"));
  }
  if (max_stream_age <= absl::ZeroDuration() || max_stream_age >= max_connection_grace) {
    return absl::InvalidArgumentError("the age of streams must be positive and below the grace of connections");
  }
  return absl::OkStatus();
}

GrpcServer::GrpcServer(Options options, GrpcMetrics& metrics, const Log& log)
    : options_(std::move(options)), metrics_(metrics), log_(log), streams_(options_.max_stream_age) {}

GrpcServer::~GrpcServer() {
  health_.EndWatches();
  streams_.Drain();
  Shutdown(absl::Now());
}

absl::Status GrpcServer::Start(const std::vector<grpc::Service*>& services) {
  if (absl::Status valid = options_.Validate(); !valid.ok()) return valid;
  static const bool reflection = [] {  // registers a plug-in with gRPC, once for the process
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  (void)reflection;
  grpc::ServerBuilder builder;
  SetLimits(options_, &builder);
  int port = 0;
  builder.AddListeningPort(options_.listen.ToString(), Credentials(options_), &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  builder.RegisterService(&health_);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> observers;
  observers.push_back(std::make_unique<CallObserverFactory>(metrics_, log_, ServiceNames()));
  builder.experimental().SetInterceptorCreators(std::move(observers));
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options_.listen.ToString(),
                     ": is the port taken, the address not ours, or a certificate unreadable?"));
  }
  options_.listen.port = port;
  return absl::OkStatus();
}

const std::vector<std::string>& ServiceNames() {
  static const auto& names = *new std::vector<std::string>{
      "grpc.health.v1.Health",         "tremorcast.v1.AdminService",  "tremorcast.v1.CatalogService",
      "tremorcast.v1.ForecastService", "tremorcast.v1.IngestService", "tremorcast.v1.ModelService",
      "tremorcast.v1.NetworkService"};
  return names;
}

bool GrpcServer::EndStreams(absl::Time deadline) {
  streams_.Drain();
  health_.EndWatches();
  return streams_.WaitUntilEmpty(deadline);
}

void GrpcServer::Shutdown(absl::Time deadline) {
  if (server_ == nullptr) return;
  server_->Shutdown(absl::ToChronoTime(deadline));
  server_->Wait();
  server_ = nullptr;
}

}  // namespace tremorcast::rpc
