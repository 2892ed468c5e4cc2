#pragma once

// Watches every call: grpc_server_* metrics, and a log line for each call that failed by a fault of
// the service (at level debug: for every call), with its request id: the client's own in
// "x-request-id", else one made here. It goes back to the client in the initial metadata, so that
// both can name the call. A call is counted as what it was: one whose client went away is cancelled
// or late, and one whose bytes are no message is answered INVALID_ARGUMENT. Handles are made once, at the start, from
// the descriptors of the services; a call looks one up.
//
// Thread safety: gRPC's. The metrics, the log and the watch over resets must outlive the server.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <grpcpp/support/server_interceptor.h>

#include "server/rpc/calls/reset_watch.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast::rpc {

class CallObserverFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // Told of each call (0 bytes) and each message that came whole, and from whom.
  using MessageSink = std::function<void(const std::string& peer, uint64_t bytes)>;
  // `services`: full names of services linked into the program.
  CallObserverFactory(GrpcMetrics& metrics, const Log& log, const std::vector<std::string>& services,
                      ResetWatch& resets, MessageSink messages);

  grpc::experimental::Interceptor* CreateServerInterceptor(grpc::experimental::ServerRpcInfo* info) override;

 private:
  const Log& log_;
  ResetWatch& resets_;
  const MessageSink messages_;
  std::map<std::string, const GrpcMethodMetrics*, std::less<>> methods_;  // by "/package.Service/Method"
};

}  // namespace tremorcast::rpc
