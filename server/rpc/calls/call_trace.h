#pragma once

// The trace of a call, for what happens on its behalf on any thread: CallObserver puts the call's own
// traceparent in the place of its caller's, so that the context of the call holds it until its end.

#include <optional>

#include <absl/strings/string_view.h>
#include <grpcpp/server_context.h>

#include "server/telemetry/trace_context.h"

namespace tremorcast::rpc {

inline std::optional<TraceContext> TraceOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto at = metadata.find(kTraceparent);
  if (at == metadata.end()) return std::nullopt;
  return ParseTraceparent(absl::string_view(at->second.data(), at->second.size()));
}

}  // namespace tremorcast::rpc
