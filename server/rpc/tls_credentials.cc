#include "server/rpc/tls_credentials.h"

#include <map>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <grpc/grpc.h>
#include <grpc/slice.h>

#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

grpc::string_ref View(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

std::vector<std::string> Properties(const grpc_auth_context* context, const char* name) {
  std::vector<std::string> values;
  grpc_auth_property_iterator all = grpc_auth_context_find_properties_by_name(context, name);
  while (const grpc_auth_property* one = grpc_auth_property_iterator_next(&all)) {
    values.emplace_back(one->value, one->value_length);
  }
  return values;
}

// The gate in front of calls, as gRPC's core asks it. Takes nothing out of the metadata.
void JudgeCall(void* access, grpc_auth_context* context, const grpc_metadata* given, size_t count,
               grpc_process_auth_metadata_done_cb done, void* call) {
  std::multimap<grpc::string_ref, grpc::string_ref> metadata;
  for (size_t i = 0; i < count; ++i) metadata.emplace(View(given[i].key), View(given[i].value));
  std::vector<std::string> names = Properties(context, GRPC_X509_SAN_PROPERTY_NAME);
  if (names.empty()) names = Properties(context, GRPC_X509_CN_PROPERTY_NAME);
  const grpc::Status allowed = ToGrpcStatus(static_cast<AccessControl*>(access)->MayBegin(metadata, std::move(names)));
  done(call, nullptr, 0, nullptr, 0, static_cast<grpc_status_code>(allowed.error_code()),
       allowed.error_message().c_str());
}

// Credentials of gRPC's core, which can ask for certificates anew; gRPC's C++ has none that can.
class CoreCredentials final : public grpc::ServerCredentials {
 public:
  explicit CoreCredentials(grpc_server_credentials* core) : core_(core) {}
  ~CoreCredentials() override { grpc_server_credentials_release(core_); }
  // Set on the core's, before this is made.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {
    TREMORCAST_CHECK(false);
  }

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), core_);
  }

  grpc_server_credentials* const core_;
};

}  // namespace

TlsCredentials::~TlsCredentials() = default;

absl::Status TlsCredentials::Look() {
  absl::MutexLock lock(&mutex_);
  return LookLocked();
}

absl::Status TlsCredentials::LookLocked() {
  looked_at_ = absl::Now();
  auto read = ReadTlsFiles(files_);
  if (!read.ok()) {
    const std::string fault(read.status().message());
    if (fault != std::exchange(fault_, fault) && version_ > 0) {
      log_.Error(absl::StrCat("the PEM files cannot be used, what they held before stays in force: ", fault));
    }
    return read.status();
  }
  fault_.clear();
  if (version_ > 0 && *read == contents_) return absl::OkStatus();
  contents_ = *std::move(read);
  if (++version_ > 1) log_.Info(absl::StrCat("the certificate in ", files_.certificate, " was read again"));
  return absl::OkStatus();
}

grpc_ssl_certificate_config_reload_status TlsCredentials::Fetch(void* listener,
                                                                grpc_ssl_server_certificate_config** config) {
  auto& asks = *static_cast<Listener*>(listener);
  return asks.credentials->ConfigFor(asks, config);
}

grpc_ssl_certificate_config_reload_status TlsCredentials::ConfigFor(Listener& listener,
                                                                    grpc_ssl_server_certificate_config** config) {
  absl::MutexLock lock(&mutex_);
  const absl::Duration age = absl::Now() - looked_at_;
  if (age >= interval_ || age < absl::ZeroDuration()) (void)LookLocked();  // a fault is in the log
  if (version_ == 0) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
  if (listener.shown == version_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  const grpc_ssl_pem_key_cert_pair pair = {contents_.key.c_str(), contents_.certificate.c_str()};
  // gRPC's core demands roots of clients even where it asks no client for a certificate; then it has no
  // use for them, and any will do.
  const std::string& roots = contents_.client_ca.empty() ? contents_.certificate : contents_.client_ca;
  *config = grpc_ssl_server_certificate_config_create(roots.c_str(), &pair, 1);
  listener.shown = version_;
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

std::shared_ptr<grpc::ServerCredentials> TlsCredentials::ForListener(grpc_ssl_client_certificate_request_type request,
                                                                     AccessControl& access) {
  Listener* listener = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    listener = listeners_.emplace_back(std::make_unique<Listener>(Listener{this})).get();
  }
  grpc_server_credentials* core = grpc_ssl_server_credentials_create_with_options(
      grpc_ssl_server_credentials_create_options_using_config_fetcher(request, &TlsCredentials::Fetch, listener));
  if (access.enabled()) grpc_server_credentials_set_auth_metadata_processor(core, {&JudgeCall, nullptr, &access});
  return std::make_shared<CoreCredentials>(core);
}

}  // namespace tremorcast::rpc
