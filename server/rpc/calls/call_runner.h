#pragma once

// Runs the blocking part of a unary call on a bounded executor, so that gRPC's few callback threads
// never wait for I/O.
//
//   return database_.Run(context, request, [this, request, response](absl::Time deadline) {
//     ... return absl::OkStatus();
//   });
//
// First the call is charged to its caller, who may have so many a second (Charge). The texts of the
// request are checked next (server/rpc/wire/check_texts.h): the work never sees one
// that is not plain.
//
// A full queue answers RESOURCE_EXHAUSTED with RetryInfo and the pushback trailer; a call that was
// cancelled or whose deadline passed while it waited is not run. `request` and `response` stay
// valid until the call is finished. Thread safe; Run never blocks.

#include <functional>
#include <utility>

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "server/pipeline/bounded_executor.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {

// The caller's deadline, or `most` from now if that is earlier. Real time: deadlines are set by
// clients' clocks.
absl::Time DeadlineOf(const grpc::CallbackServerContext& context, absl::Duration most);

class CallRunner {
 public:
  // OK, or the status to refuse the call with. Must not block for long.
  using Charge = std::function<absl::Status(const grpc::ServerContextBase& context)>;

  CallRunner(BoundedExecutor& executor, Charge charge, absl::Duration most = absl::Seconds(60))
      : executor_(executor), charge_(std::move(charge)), most_(most) {}

  // `work` gets the moment by which it should be done.
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, const google::protobuf::Message* request,
                                std::function<absl::Status(absl::Time deadline)> work);
  // Answers at once, with OK when the call may be made.
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context);

 private:
  BoundedExecutor& executor_;
  const Charge charge_;
  const absl::Duration most_;
};

// A server stream that only says no.
template <typename Response>
grpc::ServerWriteReactor<Response>* RefuseStream(grpc::CallbackServerContext* context, const absl::Status& status) {
  class Refused final : public grpc::ServerWriteReactor<Response> {
   public:
    explicit Refused(grpc::Status end) { this->Finish(std::move(end)); }

   private:
    void OnDone() override { delete this; }
  };
  return new Refused(FinishStatus(status, context));
}

// The status of a refused task, with the delay after which it may be offered again.
absl::Status Refused(const absl::Status& status, const BoundedExecutor& executor);

}  // namespace tremorcast::rpc
