#include "server/rpc/services/watch_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/time/clock.h"

#include "grpc/grpc.h"
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
  auto slot = parts.access.OpenStream(caller);
  if (!slot.ok()) return RefuseStream<v1::WatchForecastsResponse>(context, slot.status());
  auto* stream = new WatchStream(context, parts, std::move(caller), *std::move(slot));
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
  {
    absl::MutexLock lock(&mutex_);
    if (end_.ok()) end_ = allowed;
    timing_ = false;
    heartbeat_due_ = true;
  }
  Pump();
}

void WatchStream::Prepare() {
  preparing_ = true;
  const absl::Status submitted = parts_.database.Submit([this, forecast = next_] {
    const bool test = forecast->purpose == ForecastPurpose::kTest;
    const ForecastPurpose purpose = test ? ForecastPurpose::kTest : ForecastPurpose::kOperational;
    OnPrepared(ReadTrackRecord(parts_.store, forecast->region, {purpose}));
  });
  if (submitted.ok()) return;
  preparing_ = false;
  if (!absl::IsResourceExhausted(submitted)) {
    end_ = submitted;
  } else if (!timing_) {
    ArmTimer(parts_.database.RetryAfter());  // OnTimer pumps, and so tries again
  }
}

void WatchStream::OnPrepared(const absl::StatusOr<TrackRecord>& record) {
  {
    absl::MutexLock lock(&mutex_);
    preparing_ = false;
    if (!record.ok()) {
      // The client resumes after the last one it got; sending this one without its record would look like a region
      // without any.
      end_ = absl::UnavailableError(record.status().message());
    } else if (!broken_ && !finished_) {
      response_.Clear();
      FillForecast(*next_, &*record, response_.mutable_forecast());
      response_.set_sequence(next_->sequence);
      writing_ = true;
      StartWrite(&response_);
    }
    next_ = nullptr;
  }
  Pump();
}

bool WatchStream::WriteHeartbeat() {
  // Before the hub has read the archive there is no cursor to give.
  const std::optional<int64_t> position = watch_->position();
  if (!position.has_value()) return false;
  heartbeat_due_ = false;
  response_.Clear();
  response_.set_sequence(*position);
  writing_ = true;
  StartWrite(&response_);
  return true;
}

void WatchStream::SendNext() {
  if (watch_ == nullptr || preparing_ || writing_ || broken_ || finished_ || said_goodbye_ || !end_.ok()) return;
  if (next_ == nullptr && !ending_) next_ = watch_->TryNext();
  if (next_ != nullptr) {
    Prepare();
    return;
  }
  if (const std::optional<absl::Status> ended = watch_->ended(); ended.has_value() && !ending_) {
    end_ = *ended;
    return;
  }
  if (ending_) {
    said_goodbye_ = true;
    WriteHeartbeat();
  } else if (heartbeat_due_) {
    const bool written = WriteHeartbeat();
    if (!timing_) ArmTimer(written ? parts_.heartbeat : std::min(parts_.heartbeat, kFirstHeartbeatRetry));
  }
}

// A write ends when the client has room for it, which for a client that reads nothing is never: Finish would wait
// behind it, with the stream and its buffers, for as long as the connection lives.
void WatchStream::CutIfStalled() {
  if (watch_ == nullptr || !writing_ || broken_ || finished_ || !end_.ok()) return;
  const std::optional<absl::Status> ended = watch_->ended();
  if (!ended.has_value() || !absl::IsResourceExhausted(*ended)) return;
  end_ = *ended;
  grpc_call_cancel_with_status(context_->c_call(), GRPC_STATUS_RESOURCE_EXHAUSTED, std::string(end_.message()).c_str(),
                               nullptr);
}

void WatchStream::Pump() {
  grpc::Status status;
  {
    absl::MutexLock lock(&mutex_);
    CutIfStalled();
    SendNext();
    const bool over = broken_ || !end_.ok() || said_goodbye_;
    if (over && timing_) timer_->Cancel();
    if (finished_ || !over || preparing_ || writing_ || timing_) return;
    finished_ = true;
    status = broken_ ? grpc::Status::CANCELLED : FinishStatus(end_, context_);
  }
  // Outside the lock: the stream may be gone before Finish returns.
  Finish(std::move(status));
}

void WatchStream::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    broken_ = broken_ || !ok;
  }
  Pump();
}

void WatchStream::OnCancel() {
  {
    absl::MutexLock lock(&mutex_);
    broken_ = true;
  }
  Pump();
}

void WatchStream::EndSoon() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  Pump();
}

}  // namespace tremorcast::rpc
