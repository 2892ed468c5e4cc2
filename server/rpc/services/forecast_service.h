#pragma once

// tremorcast.v1.ForecastService. Thread safe. Reads of the archive run on the database executor,
// computations on the inference executor, so that a hindcast never holds up a read.

#include <functional>
#include <memory>

#include "core/base/clock.h"
#include "core/ports/forecast_store.h"
#include "core/ports/window_store.h"
#include "core/skill/track_record.h"
#include "server/pipeline/bounded_executor.h"
#include "server/pipeline/drawn_issues.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/model_host.h"
#include "server/pipeline/network_directory.h"
#include "server/pipeline/watch_hub.h"
#include "server/rpc/access/auth.h"
#include "server/rpc/calls/call_runner.h"
#include "server/rpc/calls/stream_registry.h"
#include "tremorcast/v1/forecast_service.grpc.pb.h"

namespace tremorcast::rpc {

class ForecastService final : public v1::ForecastService::CallbackService {
 public:
  struct Options {
    absl::Duration heartbeat = absl::Seconds(15);     // of WatchForecasts
    absl::Duration compute_limit = absl::Minutes(2);  // longest wait for a computation
  };
  struct Parts {
    ForecastStore& store;
    WindowStore& windows;
    Forecaster& forecaster;
    DrawnIssues& drawn;
    ModelHost& models;
    NetworkDirectory& directory;
    WatchHub& hub;
    StreamRegistry& streams;
    AccessControl& access;
    const Clock& clock;
    BoundedExecutor& database;
    BoundedExecutor& inference;
  };
  // `on_archived` is called after ComputeForecast archived something, on an executor thread.
  ForecastService(Options options, Parts parts, std::function<void()> on_archived);

  grpc::ServerUnaryReactor* GetForecast(grpc::CallbackServerContext* context, const v1::GetForecastRequest* request,
                                        v1::GetForecastResponse* response) override;
  grpc::ServerUnaryReactor* ListForecasts(grpc::CallbackServerContext* context, const v1::ListForecastsRequest* request,
                                          v1::ListForecastsResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchForecastsResponse>* WatchForecasts(
      grpc::CallbackServerContext* context, const v1::WatchForecastsRequest* request) override;
  grpc::ServerUnaryReactor* ComputeForecast(grpc::CallbackServerContext* context,
                                            const v1::ComputeForecastRequest* request,
                                            v1::ComputeForecastResponse* response) override;
  grpc::ServerUnaryReactor* ReplayForecast(grpc::CallbackServerContext* context,
                                           const v1::ReplayForecastRequest* request,
                                           v1::ReplayForecastResponse* response) override;
  grpc::ServerUnaryReactor* GetTrackRecord(grpc::CallbackServerContext* context,
                                           const v1::GetTrackRecordRequest* request,
                                           v1::GetTrackRecordResponse* response) override;
  grpc::ServerUnaryReactor* GetStationWindow(grpc::CallbackServerContext* context,
                                             const v1::GetStationWindowRequest* request,
                                             v1::GetStationWindowResponse* response) override;
  grpc::ServerUnaryReactor* GetRateMap(grpc::CallbackServerContext* context, const v1::GetRateMapRequest* request,
                                       v1::GetRateMapResponse* response) override;
  grpc::ServerUnaryReactor* ListSimulatedCatalogues(grpc::CallbackServerContext* context,
                                                    const v1::ListSimulatedCataloguesRequest* request,
                                                    v1::ListSimulatedCataloguesResponse* response) override;

 private:
  absl::Status Get(const v1::GetForecastRequest& request, v1::GetForecastResponse* response);
  absl::Status List(const v1::ListForecastsRequest& request, v1::ListForecastsResponse* response);
  absl::Status Window(const v1::GetStationWindowRequest& request, v1::GetStationWindowResponse* response);
  absl::Status Compute(const v1::ComputeForecastRequest& request, v1::ComputeForecastResponse* response);
  absl::Status Replay(const v1::ReplayForecastRequest& request, v1::ReplayForecastResponse* response);
  // What the catalogue rung simulated: forecast_simulations.cc.
  absl::Status Rates(const v1::GetRateMapRequest& request, v1::RateMap* proto);
  absl::Status Catalogues(const v1::ListSimulatedCataloguesRequest& request,
                          v1::ListSimulatedCataloguesResponse* response);

  absl::StatusOr<Forecast> Read(absl::string_view name, v1::ForecastPurpose purpose);
  absl::StatusOr<Forecast> Latest(const RegionId& region, v1::ForecastPurpose purpose);
  absl::StatusOr<Forecast> ComputeOnce(const ForecastRequest& request, bool archive);
  absl::StatusOr<std::shared_ptr<const NetworkSnapshot>> NetworkWith(absl::string_view field, const RegionId& region);
  // The forecast with its region's track record of the same purpose.
  absl::Status Answer(const Forecast& forecast, v1::Forecast* proto);
  absl::StatusOr<TrackRecord> TrackRecordOf(const RegionId& region, absl::Span<const ForecastPurpose> purposes);

  const Options options_;
  Parts parts_;
  CallRunner database_;
  CallRunner inference_;
  std::function<void()> on_archived_;
};

}  // namespace tremorcast::rpc
