#pragma once

// How far one stream has come on its way to its end. It goes through its phases forward only: a
// goodbye after a failure, or a failure after a cancellation, comes too late and changes nothing.
//
// Not thread safe: each stream has one under its own mutex.

#include <algorithm>
#include <cstdint>
#include <utility>

#include <absl/status/status.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {

enum class StreamPhase : int8_t {
  kOpen,
  kEnding,       // told to end soon: what has begun is completed, then comes the goodbye
  kSaidGoodbye,  // the last message is queued or being written
  kFailed,       // ends with an error, after the messages that are queued
  kBroken,       // cancelled, or nobody reads the messages: no more can be sent
  kFinished,     // Finish was called, or is about to be
};

class StreamLife {
 public:
  StreamPhase phase() const { return phase_; }
  // The client is still to be served: nothing has gone wrong and the goodbye is not said.
  bool serving() const { return phase_ <= StreamPhase::kEnding; }
  // Messages may still be written to the client.
  bool sending() const { return phase_ < StreamPhase::kBroken; }
  // Why the stream failed; OK when it did not.
  const absl::Status& error() const { return error_; }

  // Stays where it is when it has come further already.
  void Advance(StreamPhase phase) { phase_ = std::max(phase_, phase); }
  // The first error counts. An OK status changes nothing.
  void Fail(const absl::Status& error) {
    if (error.ok() || phase_ >= StreamPhase::kFailed) return;
    phase_ = StreamPhase::kFailed;
    error_ = error;
  }
  // The status to call Finish with; the stream's last step.
  grpc::Status Finish(grpc::ServerContextBase* context) {
    const bool broken = std::exchange(phase_, StreamPhase::kFinished) == StreamPhase::kBroken;
    return broken ? grpc::Status::CANCELLED : FinishStatus(error_, context);
  }

 private:
  StreamPhase phase_ = StreamPhase::kOpen;
  absl::Status error_;
};

}  // namespace tremorcast::rpc
