#include "server/rpc/calls/call_observer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "core/base/check.h"
#include "server/rpc/calls/call_trace.h"

namespace tremorcast::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;

constexpr size_t kMaxRequestIdBytes = 64;

std::string TypeOf(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming()) return method.server_streaming() ? "bidi_stream" : "client_stream";
  return method.server_streaming() ? "server_stream" : "unary";
}

// Codes that say the service failed, not the request.
bool IsServiceFault(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNKNOWN || code == grpc::StatusCode::INTERNAL ||
         code == grpc::StatusCode::DATA_LOSS || code == grpc::StatusCode::UNAVAILABLE ||
         code == grpc::StatusCode::UNIMPLEMENTED;
}

// What a client sends goes into the log only in harmless characters.
std::string Harmless(absl::string_view text) {
  std::string result;
  for (const char c : text.substr(0, kMaxRequestIdBytes)) {
    const bool harmless =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
    result.push_back(harmless ? c : '?');
  }
  return result;
}

// Unique among the calls of a server process, and most likely among those of all.
std::string NewRequestId() {
  static const int64_t instance = absl::GetCurrentTimeNanos();
  static std::atomic<int64_t> calls{0};
  return absl::StrCat(absl::Hex(instance), "-", absl::Hex(++calls));
}

// gRPC says so for a method that is implemented when the bytes of its request are no message: then
// nobody was asked. A service that refuses has something to say.
bool WasUnreadable(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNIMPLEMENTED && status.error_message().empty();
}

// What may be a flood: every call, of whatever method.
class CallWatch : public grpc::experimental::Interceptor {
 public:
  CallWatch(const CallObserverFactory::Parts& parts, grpc::ServerContextBase& context)
      : parts_(parts), context_(context), peer_(context.peer()) {
    parts_.messages(peer_, 0);
    parts_.resets.Came(peer_);
  }
  ~CallWatch() override { parts_.resets.Ended(peer_); }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    // Only here the context knows, also of a call that was answered in vain.
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_CLOSE) && context_.IsCancelled()) {
      parts_.resets.Cancelled(peer_, absl::Now());
    }
    methods->Proceed();
  }

 protected:
  const CallObserverFactory::Parts& parts_;
  grpc::ServerContextBase& context_;
  const std::string peer_;
};

class CallObserver final : public CallWatch {
 public:
  CallObserver(const GrpcMethodMetrics& metrics, std::string method, const CallObserverFactory::Parts& parts,
               grpc::ServerContextBase& context)
      : CallWatch(parts, context), metrics_(metrics), method_(std::move(method)), started_(absl::Now()) {
    metrics_.started->Increment();
  }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      auto* metadata = methods->GetRecvInitialMetadata();
      Join(*metadata);
      if (const auto it = metadata->find(kRequestIdKey); it != metadata->end()) {
        request_id_ = Harmless(absl::string_view(it->second.data(), it->second.size()));
      }
      if (request_id_.empty()) request_id_ = NewRequestId();
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace(kRequestIdKey, request_id_);
      methods->GetSendInitialMetadata()->emplace(kTraceresponse, traceparent_);
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE) &&
        methods->GetRecvMessage() != nullptr) {
      metrics_.msg_received->Increment();
      const auto* message = static_cast<const google::protobuf::Message*>(methods->GetRecvMessage());
      const size_t bytes = message->ByteSizeLong();
      parts_.messages(peer_, bytes);
      ++messages_in_;
      bytes_in_ += static_cast<int64_t>(bytes);
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) {
      metrics_.msg_sent->Increment();
      ++messages_out_;
      if (parts_.access_log.enabled()) bytes_out_ += SizeOfSent(methods);
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      grpc::Status status = methods->GetSendStatus();
      if (WasUnreadable(status)) {
        status = grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "the request is no message of this method");
        methods->ModifySendStatus(status);
      }
      Handled(status);
    }
    CallWatch::Intercept(methods);
  }

 private:
  // Begins the call's span. What is several times there names no trace.
  void Join(std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
    const auto given = metadata.find(kTraceparent);
    const bool one = metadata.count(kTraceparent) == 1;
    trace_ = ContinueTrace(one ? absl::string_view(given->second.data(), given->second.size()) : absl::string_view());
    traceparent_ = TraceHeader(trace_);
    metadata.erase(kTraceparent);
    metadata.emplace(kTraceparent, traceparent_);
  }

  static int64_t SizeOfSent(grpc::experimental::InterceptorBatchMethods* methods) {
    const auto* message = static_cast<const google::protobuf::Message*>(methods->GetSendMessage());
    if (message != nullptr) return static_cast<int64_t>(message->ByteSizeLong());
    const grpc::ByteBuffer* packed = methods->GetSerializedSendMessage();
    return packed == nullptr ? 0 : static_cast<int64_t>(packed->Length());
  }

  // What the call was. A client that went away never saw the answer, whatever it was to be.
  grpc::StatusCode CodeOf(const grpc::Status& status) const {
    if (status.error_code() != grpc::StatusCode::OK || !context_.IsCancelled()) return status.error_code();
    return context_.deadline() <= std::chrono::system_clock::now() ? grpc::StatusCode::DEADLINE_EXCEEDED
                                                                   : grpc::StatusCode::CANCELLED;
  }

  void Handled(const grpc::Status& status) {
    const grpc::StatusCode counted = CodeOf(status);
    const size_t code = std::min<size_t>(static_cast<size_t>(counted), metrics_.handled.size() - 1);
    metrics_.handled[code]->Increment();
    metrics_.handling_seconds->Observe(absl::ToDoubleSeconds(absl::Now() - started_));
    WriteAccess(counted);
    const bool fault = IsServiceFault(counted);
    const LogLevel level = fault ? LogLevel::kWarning : LogLevel::kDebug;
    if (!parts_.log.Enabled(level)) return;
    const TraceScope scope(trace_);
    parts_.log.Write(
        level, fault ? absl::StrCat("call failed: ", status.error_message()) : "call ended",
        {{"method", method_}, {"code", absl::StrCat(static_cast<int>(counted))}, {"request_id", request_id_}});
  }

  void WriteAccess(grpc::StatusCode code) const {
    if (request_id_ == parts_.own_request_id) return;
    if (!parts_.access_log.Wants(code != grpc::StatusCode::OK, trace_)) return;
    AccessLog::Entry entry;
    entry.protocol = "grpc";
    entry.method = method_;
    entry.peer = parts_.address(peer_);
    entry.caller = parts_.caller(context_);
    entry.code = absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
    entry.duration = absl::Now() - started_;
    entry.messages_in = messages_in_;
    entry.messages_out = messages_out_;
    entry.bytes_in = bytes_in_;
    entry.bytes_out = bytes_out_;
    entry.request_id = request_id_;
    parts_.access_log.Write(entry, trace_);
  }

  const GrpcMethodMetrics& metrics_;
  const std::string method_;
  const absl::Time started_;
  TraceContext trace_;
  std::string traceparent_;  // the metadata of the context point here
  std::string request_id_;
  int64_t messages_in_ = 0, messages_out_ = 0, bytes_in_ = 0, bytes_out_ = 0;
};

}  // namespace

CallObserverFactory::CallObserverFactory(GrpcMetrics& metrics, const std::vector<std::string>& services, Parts parts)
    : parts_(std::move(parts)) {
  for (const std::string& name : services) {
    const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
    TREMORCAST_CHECK(service != nullptr);
    for (int i = 0; i < service->method_count(); ++i) {
      const auto& method = *service->method(i);
      methods_[absl::StrCat("/", name, "/", method.name())] = &metrics.AddMethod(name, method.name(), TypeOf(method));
    }
  }
}

grpc::experimental::Interceptor* CallObserverFactory::CreateServerInterceptor(grpc::experimental::ServerRpcInfo* info) {
  // Reflection is answered on threads of gRPC's own, where a context must not be asked whether it was
  // cancelled from here: it would ask us again. What is reset there is forgotten before it gets a thread.
  if (absl::StartsWith(info->method(), "/grpc.reflection.")) return nullptr;
  // Owned by gRPC.
  const auto it = methods_.find(absl::string_view(info->method()));
  if (it == methods_.end()) return new CallWatch(parts_, *info->server_context());
  return new CallObserver(*it->second, it->first, parts_, *info->server_context());
}

}  // namespace tremorcast::rpc
