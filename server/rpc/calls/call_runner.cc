#include "server/rpc/calls/call_runner.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/rpc/calls/call_trace.h"
#include "server/rpc/wire/check_texts.h"

namespace tremorcast::rpc {

absl::Time DeadlineOf(const grpc::CallbackServerContext& context, absl::Duration most) {
  const absl::Time latest = absl::Now() + most;
  const std::chrono::system_clock::time_point deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return latest;
  return std::min(latest, absl::FromChrono(deadline));
}

absl::Status Refused(const absl::Status& status, const BoundedExecutor& executor) {
  if (status.code() != absl::StatusCode::kResourceExhausted) return status;
  return WithRetryDelay(WithReason(status, "SERVER_BUSY"), executor.RetryAfter());
}

grpc::ServerUnaryReactor* CallRunner::Answer(grpc::CallbackServerContext* context) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(FinishStatus(charge_(*context), context));
  return reactor;
}

grpc::ServerUnaryReactor* CallRunner::Run(grpc::CallbackServerContext* context,
                                          const google::protobuf::Message* request,
                                          std::function<absl::Status(absl::Time deadline)> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const TraceScope scope(TraceOf(*context));
  if (const absl::Status charged = charge_(*context); !charged.ok()) {
    reactor->Finish(FinishStatus(charged, context));
    return reactor;
  }
  const absl::Time deadline = DeadlineOf(*context, most_);
  const absl::Status submitted = executor_.Submit([context, reactor, request, deadline, work = std::move(work)] {
    absl::Status status;
    if (context->IsCancelled()) {
      status = absl::CancelledError("the caller went away");
    } else if (absl::Now() >= deadline) {
      status = absl::DeadlineExceededError("the deadline passed while the call waited for its turn");
    } else if (status = CheckTexts(*request); status.ok()) {
      status = work(deadline);
    }
    reactor->Finish(FinishStatus(status, context));
  });
  if (!submitted.ok()) reactor->Finish(FinishStatus(Refused(submitted, executor_), context));
  return reactor;
}

}  // namespace tremorcast::rpc
