#include "server/rpc/tls_files.h"

#include <memory>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/base/status_macros.h"
#include "files/text_file.h"

namespace tremorcast::rpc {
namespace {

absl::Status Fault(const std::string& file, const char* what) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", what, reason == nullptr ? "" : " (",
                                                 reason == nullptr ? "" : reason, reason == nullptr ? "" : ")"));
}

absl::Status Check(const TlsFiles& files) {
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

absl::StatusOr<TlsContents> Read(const TlsFiles& files) {
  TlsContents contents;
  for (const auto& [path, content] : {std::pair{&files.certificate, &contents.certificate},
                                      {&files.key, &contents.key},
                                      {&files.client_ca, &contents.client_ca}}) {
    if (path->empty()) continue;
    absl::StatusOr<std::string> text = ReadRegularFile(*path);
    if (!text.ok()) return absl::InvalidArgumentError(absl::StrCat(*path, ": ", text.status().message()));
    *content = *std::move(text);
  }
  return contents;
}

}  // namespace

absl::StatusOr<TlsContents> ReadTlsFiles(const TlsFiles& files) {
  ASSIGN_OR_RETURN(auto contents, Read(files));
  RETURN_IF_ERROR(Check(files));
  ASSIGN_OR_RETURN(const auto again, Read(files));
  // Else what was checked may not be what was read.
  if (again != contents) return absl::InvalidArgumentError(absl::StrCat(files.certificate, ": is being changed"));
  return contents;
}

}  // namespace tremorcast::rpc
