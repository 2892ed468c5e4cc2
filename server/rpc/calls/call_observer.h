#pragma once

// Watches every call: grpc_server_* metrics, a line of the access log, and a log line for each call
// that failed by a fault of the service (at level debug: for every call), with its request id: the
// client's own in "x-request-id", else one made here. It goes back to the client in the initial
// metadata, so that both can name the call. The call is a span of the client's trace ("traceparent"),
// else of a trace of its own; "traceresponse" says so to the client, and TraceOf (call_trace.h) to
// whoever works on the call. A call is counted as what it was: one whose client went away is
// cancelled or late, and one whose bytes are no message is answered INVALID_ARGUMENT. Handles are
// made once, at the start, from the descriptors of the services; a call looks one up. Of methods that
// there are not, only what may be a flood is watched, and of reflection nothing.
//
// Thread safety: gRPC's. What it is given must outlive the server.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <grpcpp/support/server_interceptor.h>

#include "server/rpc/calls/reset_watch.h"
#include "server/telemetry/access_log.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast::rpc {

inline constexpr char kRequestIdKey[] = "x-request-id";

class CallObserverFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // Told of each call (0 bytes) and each message that came whole, and from whom.
  using MessageSink = std::function<void(const std::string& peer, uint64_t bytes)>;
  struct Parts {
    const Log& log;
    const AccessLog& access_log;
    ResetWatch& resets;
    MessageSink messages;
    // Who called, and from where; may block for a stat.
    std::function<CallerName(const grpc::ServerContextBase& context)> caller;
    std::function<std::string(const std::string& peer)> address;  // the peer without its port
    // Of the server's calls to itself, which are not in the access log; nobody can guess it.
    std::string own_request_id;
  };
  // `services`: full names of services linked into the program.
  CallObserverFactory(GrpcMetrics& metrics, const std::vector<std::string>& services, Parts parts);

  grpc::experimental::Interceptor* CreateServerInterceptor(grpc::experimental::ServerRpcInfo* info) override;

 private:
  const Parts parts_;
  std::map<std::string, const GrpcMethodMetrics*, std::less<>> methods_;  // by "/package.Service/Method"
};

}  // namespace tremorcast::rpc
