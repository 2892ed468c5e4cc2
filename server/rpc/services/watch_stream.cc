#include "server/rpc/services/watch_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include <absl/time/clock.h>
#include <grpc/grpc.h>

#include "server/pipeline/forecast_archive.h"
#include "server/rpc/calls/call_runner.h"
#include "server/rpc/wire/convert_forecast.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

constexpr char kMethod[] = "/tremorcast.v1.ForecastService/WatchForecasts";
constexpr absl::Duration kFirstHeartbeatRetry = absl::Milliseconds(200);

}  // namespace

grpc::ServerWriteReactor<v1::WatchForecastsResponse>* WatchStream::Start(grpc::CallbackServerContext* context,
                                                                         Parts parts, WatchFilter filter,
                                                                         std::optional<int64_t> resume) {
  Credential caller = CredentialOf(*context);
  auto lease = parts.access.OpenStream(caller);
  if (!lease.ok()) return RefuseStream<v1::WatchForecastsResponse>(context, lease.status());
  auto* stream = new WatchStream(context, parts, std::move(caller), *std::move(lease));
  auto watch = parts.hub.Subscribe(std::move(filter), resume, [stream] { stream->Pump(); });
  {
    absl::MutexLock lock(&stream->mutex_);
    stream->watch_ = std::move(watch);
  }
  parts.registry.Add(stream);
  stream->Pump();
  return stream;
}

void WatchStream::OnDone() {
  parts_.registry.Remove(this);
  std::unique_ptr<WatchHub::Watch> watch;
  {
    absl::MutexLock lock(&mutex_);
    watch = std::move(watch_);
  }
  watch.reset();  // waits for a running wake, which takes mutex_
  delete this;
}

void WatchStream::ArmTimer(absl::Duration delay) {
  timing_ = true;
  timer_ = std::make_unique<grpc::Alarm>();
  timer_->Set(absl::ToChronoTime(absl::Now() + delay), [this](bool) { OnTimer(); });
}

void WatchStream::OnTimer() {
  const absl::Status allowed = parts_.access.MayCall(kMethod, caller_);
  std::optional<grpc::Status> status;
  {
    absl::MutexLock lock(&mutex_);
    life_.Fail(allowed);
    timing_ = false;
    heartbeat_due_ = true;
    status = Settle();
  }
  if (status.has_value()) Finish(*std::move(status));
}

void WatchStream::Prepare() {
  outgoing_ = Outgoing::kPreparing;
  const absl::Status submitted = parts_.database.Submit([this, forecast = next_] {
    const bool test = forecast->purpose == ForecastPurpose::kTest;
    const ForecastPurpose purpose = test ? ForecastPurpose::kTest : ForecastPurpose::kOperational;
    OnPrepared(ReadTrackRecord(parts_.store, parts_.directory.Snapshot()->regions(), forecast->region, {purpose}));
  });
  if (submitted.ok()) return;
  outgoing_ = Outgoing::kNothing;
  if (!absl::IsResourceExhausted(submitted)) {
    life_.Fail(submitted);
  } else if (!timing_) {
    ArmTimer(parts_.database.RetryAfter());  // OnTimer pumps, and so tries again
  }
}

void WatchStream::OnPrepared(const absl::StatusOr<TrackRecord>& record) {
  std::optional<grpc::Status> status;
  {
    absl::MutexLock lock(&mutex_);
    outgoing_ = Outgoing::kNothing;
    if (!record.ok()) {
      // The client resumes after the last one it got; sending this one without its record would
      // look like a region without any.
      life_.Fail(absl::UnavailableError(record.status().message()));
    } else if (life_.sending()) {
      response_.Clear();
      FillForecast(*next_, &*record, response_.mutable_forecast());
      response_.set_sequence(next_->sequence);
      outgoing_ = Outgoing::kWriting;
      StartWrite(&response_);
    }
    next_ = nullptr;
    status = Settle();
  }
  if (status.has_value()) Finish(*std::move(status));
}

bool WatchStream::WriteHeartbeat() {
  // Before the hub has read the archive there is no cursor to give.
  const std::optional<int64_t> position = watch_->position();
  if (!position.has_value()) return false;
  heartbeat_due_ = false;
  response_.Clear();
  response_.set_sequence(*position);
  outgoing_ = Outgoing::kWriting;
  StartWrite(&response_);
  return true;
}

void WatchStream::SendNext() {
  if (watch_ == nullptr || outgoing_ != Outgoing::kNothing || !life_.serving()) return;
  const bool ending = life_.phase() == StreamPhase::kEnding;
  if (next_ == nullptr && !ending) next_ = watch_->TryNext();
  if (next_ != nullptr) {
    Prepare();
    return;
  }
  if (const std::optional<absl::Status> ended = watch_->ended(); ended.has_value() && !ending) {
    life_.Fail(*ended);
    return;
  }
  if (ending) {
    life_.Advance(StreamPhase::kSaidGoodbye);
    WriteHeartbeat();
  } else if (heartbeat_due_) {
    const bool written = WriteHeartbeat();
    if (!timing_) ArmTimer(written ? parts_.heartbeat : std::min(parts_.heartbeat, kFirstHeartbeatRetry));
  }
}

// A write ends when the client has room for it, which for a client that reads nothing is never:
// Finish would wait behind it, with the stream and its buffers, for as long as the connection
// lives.
void WatchStream::CutIfStalled() {
  if (watch_ == nullptr || outgoing_ != Outgoing::kWriting || life_.phase() >= StreamPhase::kFailed) return;
  const std::optional<absl::Status> ended = watch_->ended();
  if (!ended.has_value() || !absl::IsResourceExhausted(*ended)) return;
  life_.Fail(*ended);
  grpc_call_cancel_with_status(context_->c_call(), GRPC_STATUS_RESOURCE_EXHAUSTED,
                               std::string(ended->message()).c_str(), nullptr);
}

std::optional<grpc::Status> WatchStream::Settle() {
  CutIfStalled();
  SendNext();
  if (life_.serving() || life_.phase() == StreamPhase::kFinished) return std::nullopt;
  if (timing_) timer_->Cancel();
  if (outgoing_ != Outgoing::kNothing || timing_) return std::nullopt;
  return life_.Finish(context_);
}

void WatchStream::Pump() {
  std::optional<grpc::Status> status;
  {
    absl::MutexLock lock(&mutex_);
    status = Settle();
  }
  // Outside the lock: the stream may be gone before Finish returns.
  if (status.has_value()) Finish(*std::move(status));
}

void WatchStream::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    outgoing_ = Outgoing::kNothing;
    if (!ok) life_.Advance(StreamPhase::kBroken);
  }
  Pump();
}

void WatchStream::OnCancel() {
  {
    absl::MutexLock lock(&mutex_);
    life_.Advance(StreamPhase::kBroken);
  }
  Pump();
}

void WatchStream::EndSoon() {
  {
    absl::MutexLock lock(&mutex_);
    life_.Advance(StreamPhase::kEnding);
  }
  Pump();
}

}  // namespace tremorcast::rpc
