#pragma once

// The PEM files of the server's side of TLS, checked before gRPC takes them: gRPC would start with
// what it cannot use and then fail every handshake.

#include <string>

#include <absl/status/status.h>

namespace tremorcast::rpc {

struct TlsFiles {
  std::string certificate, key;  // a chain and the private key of its first certificate
  std::string client_ca;         // roots of client certificates; empty: none are asked for
};

// InvalidArgument names the file: not readable, not PEM, a key that does not belong to the
// certificate. Blocks on reads.
absl::Status CheckTlsFiles(const TlsFiles& files);

}  // namespace tremorcast::rpc
