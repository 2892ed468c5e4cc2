#pragma once

// tremorcast.v1.NetworkService. Thread safe; all store work runs on the database executor.

#include <functional>

#include "core/ports/network_store.h"
#include "server/pipeline/network_directory.h"
#include "server/rpc/calls/call_runner.h"
#include "tremorcast/v1/network_service.grpc.pb.h"

namespace tremorcast::rpc {

class NetworkService final : public v1::NetworkService::CallbackService {
 public:
  // `on_changed` is called after each update, on an executor thread.
  NetworkService(NetworkStore& store, NetworkDirectory& directory, CallRunner database,
                 std::function<void()> on_changed);

  grpc::ServerUnaryReactor* GetStation(grpc::CallbackServerContext* context, const v1::GetStationRequest* request,
                                       v1::GetStationResponse* response) override;
  grpc::ServerUnaryReactor* ListStations(grpc::CallbackServerContext* context, const v1::ListStationsRequest* request,
                                         v1::ListStationsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateStation(grpc::CallbackServerContext* context, const v1::UpdateStationRequest* request,
                                          v1::UpdateStationResponse* response) override;
  grpc::ServerUnaryReactor* GetRegion(grpc::CallbackServerContext* context, const v1::GetRegionRequest* request,
                                      v1::GetRegionResponse* response) override;
  grpc::ServerUnaryReactor* ListRegions(grpc::CallbackServerContext* context, const v1::ListRegionsRequest* request,
                                        v1::ListRegionsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateRegion(grpc::CallbackServerContext* context, const v1::UpdateRegionRequest* request,
                                         v1::UpdateRegionResponse* response) override;
  grpc::ServerUnaryReactor* GetFeatureSchema(grpc::CallbackServerContext* context,
                                             const v1::GetFeatureSchemaRequest* request,
                                             v1::GetFeatureSchemaResponse* response) override;

 private:
  absl::Status Changed();

  NetworkStore& store_;
  NetworkDirectory& directory_;
  CallRunner database_;
  std::function<void()> on_changed_;
};

}  // namespace tremorcast::rpc
