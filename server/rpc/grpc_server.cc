#include "server/rpc/grpc_server.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include <absl/cleanup/cleanup.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/time/clock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include "core/base/status_macros.h"
#include "server/rpc/calls/call_observer.h"
#include "server/rpc/wire/convert_observation.h"

namespace tremorcast::rpc {
namespace {

// A batch over the limit of 8 MiB is answered by name of the batch; gRPC itself cuts a call only
// far above it.
constexpr int kMaxReceivedBytes = 2 * kMaxBatchBytes;

// gRPC's own default, said aloud: a client that sends more is answered RESOURCE_EXHAUSTED.
constexpr int kMaxMetadataBytes = 8 << 10;
constexpr absl::Duration kHandshakeTimeout = absl::Seconds(20);
// A connection without a call, also one that never had one, is asked to go.
constexpr absl::Duration kMaxIdle = absl::Minutes(5);
// Of the messages and calls of all connections together. Beyond it gRPC cancels calls, whosever they
// are: ConnectionGate cuts the one who floods before that.
constexpr size_t kMemoryQuotaBytes = size_t{512} << 20;
// New connections that gRPC begins to read at once; it holds a lock of its own for each meanwhile.
constexpr int kTakersOfCallers = 4;

// 1.60 is the first version with all that gRPC does against rapid resets (docs/SECURITY.md).
bool CannotBoundFloods(absl::string_view version) {
  int major = 0, minor = 0;
  const std::vector<absl::string_view> parts = absl::StrSplit(version, '.');
  if (parts.size() < 2 || !absl::SimpleAtoi(parts[0], &major) || !absl::SimpleAtoi(parts[1], &minor)) return true;
  return major < 1 || (major == 1 && minor < 60);
}

grpc_ssl_client_certificate_request_type RequestOf(const GrpcServer::Options& options) {
  if (options.tls.client_ca.empty()) return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  return options.access.access_file.empty() ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                            : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
}

// Only credentials of this kind run a processor in front of calls; on the wire it is plain text of
// this machine alone.
std::shared_ptr<grpc::ServerCredentials> PlainCredentials(AccessControl& access) {
  if (!access.enabled()) return grpc::InsecureServerCredentials();
  auto credentials = grpc::experimental::LocalServerCredentials(LOCAL_TCP);
  credentials->SetAuthMetadataProcessor(access.Processor());
  return credentials;
}

// Beyond gRPC's own int of milliseconds (24 days) there is "never".
int Milliseconds(absl::Duration duration) {
  return static_cast<int>(std::clamp<int64_t>(absl::ToInt64Milliseconds(duration), 0, std::numeric_limits<int>::max()));
}

void SetLimits(const GrpcServer::Options& options, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(kMaxReceivedBytes);
  // A message is measured once it is unpacked, and a thousandth of it travels: compressed calls are
  // answered UNIMPLEMENTED.
  builder->AddChannelArgument(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1 << GRPC_COMPRESS_NONE);
  builder->AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder->SetResourceQuota(grpc::ResourceQuota("calls").Resize(kMemoryQuotaBytes));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Milliseconds(kMaxIdle));
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams_per_connection);
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                              static_cast<int>(absl::ToInt64Milliseconds(kHandshakeTimeout)));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(options.max_connection_age));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, Milliseconds(options.max_connection_grace));
  // Data loggers behind address translation keep their quiet connections open with pings.
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // gRPC remembers an error for each ping too many, and the errors inside each other: 3 MB and its
  // copies for a connection that it is about to close. Answered, pings are no dearer than settings:
  // it reads on only when its answers are taken, and ConnectionGate cuts who sends nothing else.
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
}

}  // namespace

absl::Status GrpcServer::Options::Validate() const {
  if (tls.certificate.empty() != tls.key.empty()) {
    return absl::InvalidArgumentError("TLS needs both a certificate and a key");
  }
  if (!tls.client_ca.empty() && tls.certificate.empty()) {
    return absl::InvalidArgumentError("client certificates need TLS: name a certificate and a key too");
  }
  if (tls_reload_interval < absl::Seconds(1) || tls_reload_interval > absl::Hours(24)) {
    return absl::InvalidArgumentError("certificates can be looked at again every second to every day");
  }
  if (max_streams_per_connection < 1) return absl::InvalidArgumentError("a connection needs at least one stream");
  RETURN_IF_ERROR(access.Validate());
  if (connections.max_connections < 1 || connections.max_connections_per_client < 1) {
    return absl::InvalidArgumentError("the server and a client need at least one connection");
  }
  if (!listen.loopback() && tls.certificate.empty() && !access.access_file.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(listen.ToString(), " can be reached from other machines, and tokens in plain text can be read on ",
                     "the way: give a TLS certificate and key, or listen on loopback behind a proxy that speaks TLS"));
  }
  if (tls.certificate.empty() && !access.access_file.empty() && absl::StartsWith(listen.host, "127.") &&
      listen.host != "127.0.0.1") {
    return absl::InvalidArgumentError(
        absl::StrCat(listen.ToString(), ": gRPC takes tokens in plain text on 127.0.0.1 and ::1 alone"));
  }
  if (!listen.loopback() && tls.certificate.empty() && !insecure) {
    return absl::InvalidArgumentError(
        absl::StrCat(listen.ToString(), " can be reached from other machines: give a TLS certificate and key, or ",
                     "--insecure to speak plain text there"));
  }
  if (!listen.loopback() && tls.client_ca.empty() && access.access_file.empty() && !insecure) {
    return absl::InvalidArgumentError(
        absl::StrCat(listen.ToString(), " can be reached from other machines and asks nobody who they are: give an ",
                     "access list, or a CA of client certificates, or --insecure to serve everybody"));
  }
  if (max_connection_age < absl::Seconds(1)) {
    return absl::InvalidArgumentError("--max-connection-age must be at least a second: younger ones serve nobody");
  }
  if (max_stream_age <= absl::ZeroDuration() || max_stream_age >= max_connection_grace) {
    return absl::InvalidArgumentError("the age of streams must be positive and below the grace of connections");
  }
  return absl::OkStatus();
}

GrpcServer::GrpcServer(Options options, GrpcMetrics& metrics, AccessMetrics& access_metrics, const Log& log,
                       const AccessLog& access_log)
    : options_(std::move(options)),
      metrics_(metrics),
      log_(log),
      access_log_(access_log),
      access_(options_.access, access_metrics, log, access_log),
      health_(access_),
      streams_(options_.max_stream_age),
      gate_(options_.connections, access_metrics, log),
      resets_(options_.max_streams_per_connection,
              [this](const std::string& peer) { gate_.Cut(peer, "opens calls to cancel them"); }),
      own_request_id_(ContinueTrace("").trace_id) {}

GrpcServer::~GrpcServer() {
  health_.EndWatches();
  streams_.Drain();
  Shutdown(absl::Now());
}

absl::Status GrpcServer::Start(const std::vector<grpc::Service*>& services) {
  RETURN_IF_ERROR(options_.Validate());
  if (!options_.tls.certificate.empty()) {
    tls_ = std::make_unique<TlsCredentials>(options_.tls, options_.tls_reload_interval, log_);
    RETURN_IF_ERROR(tls_->Look());
  }
  RETURN_IF_ERROR(access_.Load());
  static const bool reflection = [] {  // registers a plug-in with gRPC, once for the process
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  (void)reflection;
  grpc::ServerBuilder builder;
  SetLimits(options_, &builder);
  ASSIGN_OR_RETURN(options_.listen.port, gate_.Listen(options_.listen));
  using From = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  std::vector<ConnectionGate::Taker> takers;
  const auto add_taker = [&](const std::shared_ptr<grpc::ServerCredentials>& credentials) {
    acceptors_.push_back(builder.experimental().AddExternalConnectionAcceptor(From::FROM_FD, credentials));
    takers.push_back([acceptor = acceptors_.back().get()](int listener, int socket) {
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
      connection.listener_fd = listener;
      connection.fd = socket;
      acceptor->HandleNewConnection(&connection);
    });
  };
  for (int i = 0; i < kTakersOfCallers; ++i) {
    add_taker(tls_ == nullptr ? PlainCredentials(access_) : tls_->ForListener(RequestOf(options_), access_));
  }
  // Of our own calls, which the gate knows: nobody is asked who they are, and any address of ours will
  // do, while "local" credentials take 127.0.0.1 and ::1 alone.
  add_taker(grpc::InsecureServerCredentials());
  for (grpc::Service* service : services) builder.RegisterService(service);
  builder.RegisterService(&health_);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> observers;
  observers.push_back(std::make_unique<CallObserverFactory>(
      metrics_, ServiceNames(),
      CallObserverFactory::Parts{
          log_, access_log_, resets_, [this](const std::string& peer, uint64_t bytes) { gate_.Received(peer, bytes); },
          [this](const grpc::ServerContextBase& context) { return access_.CallerOf(CredentialOf(context)); },
          [](const std::string& peer) { return HostOfPeer(peer); }, own_request_id_}));
  builder.experimental().SetInterceptorCreators(std::move(observers));
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::UnavailableError("gRPC does not start");
  const ConnectionGate::Taker own = std::move(takers.back());
  takers.pop_back();
  gate_.Start(std::move(takers), own);
  LogAccess();
  return absl::OkStatus();
}

std::shared_ptr<grpc::Channel> GrpcServer::InProcessChannel() {
  return server_->InProcessChannel(grpc::ChannelArguments());
}

void GrpcServer::LogAccess() const {
  if (!options_.listen.loopback() && CannotBoundFloods(grpc::Version())) {
    log_.Warning(absl::StrCat("gRPC ", grpc::Version(), " cannot bound every flood of HTTP/2 frames ",
                              "(CVE-2023-44487, CVE-2023-33953), and ", options_.listen.ToString(),
                              " can be reached from other machines: put a proxy in front (docs/SECURITY.md)"));
  }
  const absl::string_view transport = options_.tls.certificate.empty() ? "plain text" : "TLS";
  if (access_.enabled()) {
    log_.Info(absl::StrCat(transport, ", callers of the access list ", options_.access.access_file));
  } else if (!options_.tls.client_ca.empty()) {
    log_.Info(absl::StrCat(transport, ", every caller with a certificate of ", options_.tls.client_ca));
  } else if (options_.listen.loopback()) {
    log_.Info(absl::StrCat(transport, ", every caller of this machine"));
  } else {
    log_.Warning(absl::StrCat(transport, ": everybody who can reach ", options_.listen.ToString(),
                              " may do everything (--insecure)"));
  }
}

void GrpcServer::Reload() {
  access_.Reload();
  if (tls_ == nullptr) return;
  if (const absl::Status usable = tls_->Look(); !usable.ok()) {
    log_.Error(absl::StrCat("the PEM files cannot be used, what they held before stays in force: ", usable.message()),
               {{"event", "reload"}});
    return;
  }
  log_.Info(absl::StrCat("the certificate in ", options_.tls.certificate, " fits its key; new connections get it"),
            {{"event", "reload"}});
}

const std::vector<std::string>& ServiceNames() {
  static const auto& names = *new std::vector<std::string>{
      "grpc.health.v1.Health",         "tremorcast.v1.AdminService",  "tremorcast.v1.CatalogService",
      "tremorcast.v1.ForecastService", "tremorcast.v1.IngestService", "tremorcast.v1.ModelService",
      "tremorcast.v1.NetworkService"};
  return names;
}

absl::Status GrpcServer::CallOwnHealth(absl::Time deadline) {
  ASSIGN_OR_RETURN(const int socket, gate_.ConnectOwn(deadline));
  const auto channel = grpc::CreateInsecureChannelFromFd("own", socket);
  const absl::Cleanup forget = [this] { gate_.ForgetOwn(); };  // before the channel closes it
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(deadline));
  context.AddMetadata(kRequestIdKey, own_request_id_);
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status =
      grpc::health::v1::Health::NewStub(channel)->Check(&context, grpc::health::v1::HealthCheckRequest(), &response);
  // Whatever health says of us, it was said.
  if (status.ok() || status.error_code() == grpc::StatusCode::NOT_FOUND) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("our own call was not answered: ", status.error_message()));
}

bool GrpcServer::EndStreams(absl::Time deadline) {
  streams_.Drain();
  health_.EndWatches();
  return streams_.WaitUntilEmpty(deadline);
}

void GrpcServer::Shutdown(absl::Time deadline) {
  if (server_ == nullptr) return gate_.Stop();
  // First: gRPC's end waits for the threads that hand over, and does not close what it is given then.
  gate_.End();
  server_->Shutdown(absl::ToChronoTime(deadline));
  gate_.Stop();
  server_->Wait();
  server_ = nullptr;
}

}  // namespace tremorcast::rpc
