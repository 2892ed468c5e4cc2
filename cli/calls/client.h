#pragma once

// The connection to a server: it gives stubs and deadlines, and puts errors into words. Thread safe
// once it is made; the channel connects at its first use.

#include <memory>
#include <string>
#include <utility>

#include <absl/strings/string_view.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include "cli/calls/connection.h"
#include "cli/text/console.h"
#include "cli/text/exit_code.h"

namespace tremorcast::cli {

class Client {
 public:
  // The errors are those of Connect.
  static absl::StatusOr<std::unique_ptr<Client>> Open(const ConnectionOptions& options);
  // Speaks plain text and shows the server neither certificate nor token.
  explicit Client(const std::string& address);

  const std::string& address() const { return address_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // The deadline of an ordinary unary call.
  static constexpr absl::Duration kCallTimeout = absl::Seconds(30);
  static void SetDeadline(grpc::ClientContext& context, absl::Duration timeout = kCallTimeout);

  // Makes a unary call and fills `response`. A server that is too busy for it, or has had too many of
  // this client's, did nothing and said when to come back: then the call waits and is made again, as
  // far as `timeout` allows. For example:
  //   client.Call(v1::ModelService::NewStub(client.channel()).get(), &v1::ModelService::Stub::ListModels, request,
  //   &response)
  template <typename Stub, typename Request, typename Response>
  grpc::Status Call(Stub* stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response, absl::Duration timeout = kCallTimeout) const {
    for (const absl::Time deadline = absl::Now() + timeout;;) {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(deadline));
      grpc::Status status = (stub->*method)(&context, request, response);
      if (!AwaitTurn(status, context, deadline)) return status;
    }
  }

 private:
  // Whether the call is to be made again, once the wait that the server asked for is over.
  static bool AwaitTurn(const grpc::Status& status, const grpc::ClientContext& context, absl::Time deadline);

  Client(std::string address, std::shared_ptr<grpc::Channel> channel)
      : address_(std::move(address)), channel_(std::move(channel)) {}

  const std::string address_;
  const std::shared_ptr<grpc::Channel> channel_;
};

// What the server said, with its field violations, as a text for people: "INVALID_ARGUMENT: ...".
std::string Explain(const grpc::Status& status);
std::string CodeName(grpc::StatusCode code);
// The least time to wait before the same call is made again, from RetryInfo or the pushback
// trailer. It is zero when the server asked for no wait.
absl::Duration RetryDelay(const grpc::Status& status, const grpc::ClientContext& context);
bool IsRetryable(const grpc::Status& status);
ExitCode ExitCodeFor(const grpc::Status& status);

// Writes what failed and how to go on, and returns the exit code.
ExitCode Report(Console& console, const Client& client, absl::string_view what, const grpc::Status& status);

}  // namespace tremorcast::cli
