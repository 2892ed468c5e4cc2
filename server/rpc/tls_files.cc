#include "server/rpc/tls_files.h"

#include <memory>

#include <absl/strings/str_cat.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace tremorcast::rpc {
namespace {

absl::Status Fault(const std::string& file, const char* what) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", what, reason == nullptr ? "" : " (",
                                                 reason == nullptr ? "" : reason, reason == nullptr ? "" : ")"));
}

}  // namespace

absl::Status CheckTlsFiles(const TlsFiles& files) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (context == nullptr) return absl::InternalError("OpenSSL cannot make a context");
  // A key behind a passphrase would stop at a prompt.
  SSL_CTX_set_default_passwd_cb(context.get(), [](char*, int, int, void*) { return -1; });
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return Fault(files.certificate, "is no readable PEM certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Fault(files.key, "is no readable PEM private key without a passphrase, or not that of the certificate");
  }
  if (!files.client_ca.empty() && SSL_CTX_load_verify_locations(context.get(), files.client_ca.c_str(), nullptr) != 1) {
    return Fault(files.client_ca, "holds no readable PEM certificates");
  }
  return absl::OkStatus();
}

}  // namespace tremorcast::rpc
