#include "tests/integration/security/security_fixture.h"

#include <algorithm>

#include <absl/strings/str_cat.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "core/base/digest.h"
#include "tests/support/any_call.h"

namespace tremorcast {
namespace {

grpc::ChannelArguments OwnConnection() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  return arguments;
}

void Show(grpc::ClientContext* context, const std::string& token) {
  SetDeadline(context);
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
}

}  // namespace

void SecurityTest::SetUp() {
  ServerTest::SetUp();
  authority_ = certificates_.Authority("authority");
  server_pair_ = certificates_.IssueServer(authority_, "server");
}

void SecurityTest::WriteAccessFile() {
  std::string text = "# NAME ROLES STATIONS CREDENTIAL\n";
  for (const Principal& principal : principals_) absl::StrAppend(&text, PrincipalLine(principal), "\n");
  Replace(access_file(), text);
}

std::string SecurityTest::Admit(const std::string& name, RoleSet roles, const std::vector<std::string>& stations) {
  const std::string token = MakeToken(Sha256(absl::StrCat("token ", ++tokens_)) + "four");
  principals_.push_back({name, roles, stations, TokenId(token), Sha256Hex(token), ""});
  WriteAccessFile();
  return token;
}

void SecurityTest::AdmitCertificate(const std::string& certificate, const std::string& name, RoleSet roles,
                                    const std::vector<std::string>& stations) {
  principals_.push_back({name, roles, stations, "", "", certificate});
  WriteAccessFile();
}

void SecurityTest::Expel(const std::string& name) {
  std::erase_if(principals_, [&](const Principal& principal) { return principal.name == name; });
  WriteAccessFile();
}

ServerOptions SecurityTest::AskingOptions() const {
  ServerOptions options = Options();
  options.grpc.access.access_file = access_file();
  return options;
}

ServerOptions SecurityTest::TlsOptions() {
  ServerOptions options = AskingOptions();
  options.grpc.tls = {server_pair_.certificate, server_pair_.key, ""};
  options.grpc.tls_reload_interval = absl::Seconds(1);
  return options;
}

std::shared_ptr<grpc::Channel> SecurityTest::PlainChannel() const {
  return grpc::CreateCustomChannel(server_->grpc_address().ToString(), grpc::InsecureChannelCredentials(),
                                   OwnConnection());
}

std::shared_ptr<grpc::Channel> SecurityTest::TlsChannel(const std::string& root, const KeyPair& own) const {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ContentOf(root);
  if (!own.certificate.empty()) {
    tls.pem_cert_chain = ContentOf(own.certificate);
    tls.pem_private_key = ContentOf(own.key);
  }
  return grpc::CreateCustomChannel(server_->grpc_address().ToString(), grpc::SslCredentials(tls), OwnConnection());
}

grpc::Status SecurityTest::CallEmpty(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                                     const std::string& token, const std::map<std::string, std::string>& metadata) {
  grpc::ClientContext context;
  Show(&context, token);
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  const AnyAnswer answer = CallAny(channel, path, "", true, &context);
  return answer.answered ? grpc::Status::OK : answer.status;
}

grpc::Status SecurityTest::SendAs(const std::shared_ptr<grpc::Channel>& channel, const std::string& token,
                                  const v1::ObservationBatch& batch, v1::BatchVerdict* verdict) {
  v1::IngestObservationsRequest request;
  *request.mutable_batch() = batch;
  v1::IngestObservationsResponse response;
  grpc::ClientContext context;
  Show(&context, token);
  const grpc::Status status = v1::IngestService::NewStub(channel)->IngestObservations(&context, request, &response);
  *verdict = response.verdict();
  return status;
}

}  // namespace tremorcast
