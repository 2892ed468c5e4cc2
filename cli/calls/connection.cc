#include "cli/calls/connection.h"

#include <arpa/inet.h>
#include <string>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/client_interceptor.h>

#include "command_line/flag_values.h"
#include "core/base/status_macros.h"
#include "core/operation/access_list.h"

namespace tremorcast::cli {
namespace {

constexpr int kMaxMessageBytes = 16 << 20;

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  ASSIGN_OR_RETURN(const auto text, ReadFlagFile("--token-file", path));
  std::string token(absl::StripAsciiWhitespace(text));
  if (TokenId(token).empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--token-file: ", path, " holds no token as 'tremorcast token create' makes it (tcast_..., one line)"));
  }
  return token;
}

// Judges the name as it is written, because a name that resolves to this machine is no promise.
bool IsLoopback(absl::string_view server) {
  if (absl::StartsWith(server, "unix:")) return true;
  const absl::string_view host = server.substr(0, server.rfind(':'));
  in_addr address = {};  // "127.somewhere.example" is a name of anybody's
  const bool v4 = inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
  return host == "localhost" || host == "[::1]" || (v4 && (ntohl(address.s_addr) >> 24) == 127);
}

// Adds the token to every call, also to one in plain text: gRPC's own call credentials want TLS
// even on loopback.
class TokenInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit TokenInterceptor(const std::string& path) : path_(path) {}
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(grpc::experimental::InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      // A file that is gone by now sends nothing, and the server says what is missing.
      if (const auto token = ReadToken(path_); token.ok()) {
        methods->GetSendInitialMetadata()->emplace("authorization", absl::StrCat("Bearer ", *token));
      }
    }
    methods->Proceed();
  }

 private:
  const std::string path_;
};

class TokenInterceptorFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit TokenInterceptorFactory(std::string path) : path_(std::move(path)) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(grpc::experimental::ClientRpcInfo*) override {
    return new TokenInterceptor(path_);
  }

 private:
  const std::string path_;
};

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const ConnectionOptions& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return absl::InvalidArgumentError("--tls-cert and --tls-key go together");
  }
  if (options.tls_ca.empty()) {
    if (!options.tls_cert.empty()) {
      return absl::InvalidArgumentError("a client certificate needs TLS: give --tls-ca too");
    }
    if (!options.token_file.empty() && !IsLoopback(options.server)) {
      return absl::InvalidArgumentError(absl::StrCat("the token would travel to ", options.server,
                                                     " in plain text: give --tls-ca, the roots of its certificate"));
    }
    return grpc::InsecureChannelCredentials();
  }
  grpc::SslCredentialsOptions tls;
  for (const auto& [flag, path, text] : {std::tuple{"--tls-ca", &options.tls_ca, &tls.pem_root_certs},
                                         {"--tls-cert", &options.tls_cert, &tls.pem_cert_chain},
                                         {"--tls-key", &options.tls_key, &tls.pem_private_key}}) {
    if (path->empty()) continue;
    ASSIGN_OR_RETURN(auto content, ReadFlagFile(flag, *path));
    *text = std::move(content);
  }
  return grpc::SslCredentials(tls);
}

}  // namespace

const std::vector<ConnectionFlag>& ConnectionFlags() {
  static const auto& flags = *new std::vector<ConnectionFlag>{
      {"--server", "HOST:PORT", "TREMORCAST_SERVER", "the server", &ConnectionOptions::server},
      {"--tls-ca", "FILE", "TREMORCAST_TLS_CA",
       "speak TLS and trust these PEM roots (/etc/ssl/certs/ca-certificates.crt for those of the system)",
       &ConnectionOptions::tls_ca},
      {"--tls-cert", "FILE", "TREMORCAST_TLS_CERT", "show this PEM client certificate", &ConnectionOptions::tls_cert},
      {"--tls-key", "FILE", "TREMORCAST_TLS_KEY", "its PEM private key", &ConnectionOptions::tls_key},
      {"--token-file", "FILE", "TREMORCAST_TOKEN_FILE", "show the token in this file", &ConnectionOptions::token_file}};
  return flags;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const ConnectionOptions& options) {
  ASSIGN_OR_RETURN(const auto credentials, Credentials(options));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // A dead peer is noticed within a minute, also while a stream waits for news.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  // The environment's http proxy is for the outside world.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (options.token_file.empty()) return grpc::CreateCustomChannel(options.server, credentials, arguments);
  RETURN_IF_ERROR(ReadToken(options.token_file).status());
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<TokenInterceptorFactory>(options.token_file));
  return grpc::experimental::CreateCustomChannelWithInterceptors(options.server, credentials, arguments,
                                                                 std::move(interceptors));
}

}  // namespace tremorcast::cli
