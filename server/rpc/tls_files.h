#pragma once

// The PEM files of the server's side of TLS, checked before gRPC takes what they hold: it would take
// what it cannot use and then fail every handshake.

#include <string>

#include <absl/status/statusor.h>

namespace tremorcast::rpc {

struct TlsFiles {
  std::string certificate, key;  // a chain and the private key of its first certificate
  std::string client_ca;         // roots of client certificates; empty: none are asked for
};

// What the files hold; the key is a secret.
struct TlsContents {
  std::string certificate, key, client_ca;
  bool operator==(const TlsContents&) const = default;
};

// InvalidArgument names the file: not readable, not PEM, a key that does not belong to the
// certificate, or changed while it was read. Blocks on reads.
absl::StatusOr<TlsContents> ReadTlsFiles(const TlsFiles& files);

}  // namespace tremorcast::rpc
