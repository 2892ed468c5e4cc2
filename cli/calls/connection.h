#pragma once

// How a server is reached and what it is shown: the flags that every command takes, and the channel
// that they make.

#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <grpcpp/channel.h>

namespace tremorcast::cli {

struct ConnectionOptions {
  std::string server = "";    // host:port
  std::string tls_ca = "";    // PEM roots of the server's certificate; empty: plain text
  std::string tls_cert = "";  // PEM certificate chain of this client, with its key
  std::string tls_key = "";
  std::string token_file = "";  // one token; read again at each call
};

struct ConnectionFlag {
  const char* name;        // "--server"
  const char* value_name;  // "HOST:PORT"
  const char* variable;    // of the environment, when the flag is not given
  const char* help;
  std::string ConnectionOptions::*target;
};
const std::vector<ConnectionFlag>& ConnectionFlags();

// The channel connects at its first call. InvalidArgument: a file cannot be read or holds no token,
// only half of a key pair is given, or a token would travel in plain text beyond this machine.
// Messages hold no secret.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const ConnectionOptions& options);

}  // namespace tremorcast::cli
