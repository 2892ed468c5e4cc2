#pragma once

// tremorcast.v1.IngestService. Thread safe. Batches go to the pipeline, which answers after the
// commit; queries run on the database executor.

#include <utility>

#include "core/ports/observation_store.h"
#include "core/ports/window_store.h"
#include "server/pipeline/bounded_executor.h"
#include "server/pipeline/ingest_pipeline.h"
#include "server/rpc/access/auth.h"
#include "server/rpc/calls/call_runner.h"
#include "server/rpc/calls/stream_registry.h"
#include "server/rpc/ingest/batch_intake.h"
#include "tremorcast/v1/ingest_service.grpc.pb.h"

namespace tremorcast::rpc {

class IngestService final : public v1::IngestService::CallbackService {
 public:
  // Without `windows`, ListStationFreshness does not say how many weeks wait to be sealed.
  IngestService(ObservationStore& store, IngestPipeline& pipeline, BatchIntake& intake, AccessControl& access,
                StreamRegistry& streams, CallRunner database, WindowStore* windows = nullptr)
      : store_(store),
        pipeline_(pipeline),
        intake_(intake),
        access_(access),
        streams_(streams),
        database_(std::move(database)),
        windows_(windows) {}

  grpc::ServerUnaryReactor* IngestObservations(grpc::CallbackServerContext* context,
                                               const v1::IngestObservationsRequest* request,
                                               v1::IngestObservationsResponse* response) override;
  grpc::ServerBidiReactor<v1::StreamObservationsRequest, v1::StreamObservationsResponse>* StreamObservations(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* GetIngestPosition(grpc::CallbackServerContext* context,
                                              const v1::GetIngestPositionRequest* request,
                                              v1::GetIngestPositionResponse* response) override;
  grpc::ServerUnaryReactor* ListStationFreshness(grpc::CallbackServerContext* context,
                                                 const v1::ListStationFreshnessRequest* request,
                                                 v1::ListStationFreshnessResponse* response) override;

 private:
  absl::Status CountUnsealed(v1::ListStationFreshnessResponse* response);

  ObservationStore& store_;
  IngestPipeline& pipeline_;
  BatchIntake& intake_;
  AccessControl& access_;
  StreamRegistry& streams_;
  CallRunner database_;
  WindowStore* const windows_;
};

}  // namespace tremorcast::rpc
