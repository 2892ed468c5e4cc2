#pragma once

// One WatchForecasts call: sends each forecast the hub hands out, with its region's track record,
// and a heartbeat with the resume cursor when there is nothing to send, the first at once. At its
// age or on drain it sends a last heartbeat and ends with OK: everything up to that sequence was
// sent. A reader that stands still is cut with RESOURCE_EXHAUSTED, whatever of an earlier message
// it has not taken. A caller that may not watch any more is told so at the next heartbeat.
//
// Ownership: created by the service, deletes itself in OnDone. Thread safety: as ObservationStream.
// Track records are read on the database executor; nothing else blocks.

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "core/ports/forecast_store.h"
#include "core/skill/track_record.h"
#include "server/pipeline/bounded_executor.h"
#include "server/pipeline/network_directory.h"
#include "server/pipeline/watch_hub.h"
#include "server/rpc/access/auth.h"
#include "server/rpc/calls/stream_life.h"
#include "server/rpc/calls/stream_registry.h"
#include "tremorcast/v1/forecast_service.pb.h"

namespace tremorcast::rpc {

class WatchStream final : public grpc::ServerWriteReactor<v1::WatchForecastsResponse>, private StreamRegistry::Stream {
 public:
  struct Parts {
    WatchHub& hub;
    ForecastStore& store;
    NetworkDirectory& directory;
    StreamRegistry& registry;
    BoundedExecutor& database;
    AccessControl& access;
    absl::Duration heartbeat;
  };
  // Another reactor, that only says no, when the client has all the streams it may.
  static grpc::ServerWriteReactor<v1::WatchForecastsResponse>* Start(grpc::CallbackServerContext* context, Parts parts,
                                                                     WatchFilter filter, std::optional<int64_t> resume);

 private:
  WatchStream(grpc::CallbackServerContext* context, Parts parts, Credential caller, ClientStreams::Lease lease)
      : context_(context), parts_(parts), caller_(std::move(caller)), lease_(std::move(lease)) {}
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void EndSoon() override;

  // What is being done about the next message.
  enum class Outgoing : int8_t {
    kNothing,
    kPreparing,  // the executor reads the track record that goes with next_
    kWriting,    // StartWrite is out with response_
  };
  // Does what the state allows, and gives the status to call Finish with once all is done. Whatever
  // gRPC does not call itself (the executor, the pipeline, an alarm) changes the state and settles
  // under one lock: in between, another thread could finish the stream, and it would be gone.
  std::optional<grpc::Status> Settle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Pump();
  void SendNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CutIfStalled() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Prepare() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool WriteHeartbeat() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ArmTimer(absl::Duration delay) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnTimer();
  void OnPrepared(const absl::StatusOr<TrackRecord>& record);

  grpc::CallbackServerContext* const context_;
  const Parts parts_;
  const Credential caller_;
  const ClientStreams::Lease lease_;
  v1::WatchForecastsResponse response_;  // being written, or being prepared

  absl::Mutex mutex_;
  std::unique_ptr<WatchHub::Watch> watch_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const Forecast> next_ ABSL_GUARDED_BY(mutex_);  // taken from the hub, not written yet
  std::unique_ptr<grpc::Alarm> timer_ ABSL_GUARDED_BY(mutex_);
  bool timing_ ABSL_GUARDED_BY(mutex_) = false;  // timer_ is armed
  bool heartbeat_due_ ABSL_GUARDED_BY(mutex_) = true;
  Outgoing outgoing_ ABSL_GUARDED_BY(mutex_) = Outgoing::kNothing;
  StreamLife life_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tremorcast::rpc
