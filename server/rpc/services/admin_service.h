#pragma once

// tremorcast.v1.AdminService. Thread safe; all store work runs on the database executor.

#include <functional>

#include "core/base/clock.h"
#include "core/operation/maintenance.h"
#include "server/pipeline/self_check.h"
#include "server/rpc/access/auth.h"
#include "server/rpc/calls/call_runner.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"
#include "tremorcast/v1/admin_service.grpc.pb.h"

namespace tremorcast::rpc {

class AdminService final : public v1::AdminService::CallbackService {
 public:
  // `on_corrected` is called after each correction of a sealed week, on an executor thread.
  AdminService(MaintenanceStore& store, const SelfCheck& self_check, const Clock& clock, AccessControl& access,
               CallRunner database, MaintenanceMetrics& metrics, const Log& log, std::function<void()> on_corrected);

  grpc::ServerUnaryReactor* CorrectObservation(grpc::CallbackServerContext* context,
                                               const v1::CorrectObservationRequest* request,
                                               v1::CorrectObservationResponse* response) override;
  grpc::ServerUnaryReactor* ListObservationCorrections(grpc::CallbackServerContext* context,
                                                       const v1::ListObservationCorrectionsRequest* request,
                                                       v1::ListObservationCorrectionsResponse* response) override;
  grpc::ServerUnaryReactor* GetDiagnosis(grpc::CallbackServerContext* context, const v1::GetDiagnosisRequest* request,
                                         v1::GetDiagnosisResponse* response) override;

 private:
  absl::Status Correct(const v1::CorrectObservationRequest& request, const Credential& caller,
                       v1::CorrectObservationResponse* response);
  absl::Status ListCorrections(const v1::ListObservationCorrectionsRequest& request,
                               v1::ListObservationCorrectionsResponse* response);
  absl::Status Diagnose(v1::GetDiagnosisResponse* response);

  MaintenanceStore& store_;
  const SelfCheck& self_check_;
  const Clock& clock_;
  AccessControl& access_;
  CallRunner database_;
  MaintenanceMetrics& metrics_;
  const Log& log_;
  const std::function<void()> on_corrected_;
};

}  // namespace tremorcast::rpc
