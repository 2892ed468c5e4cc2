#include "server/rpc/access/auth_methods.h"

#include <algorithm>

namespace tremorcast::rpc {
namespace {

constexpr RoleSet kReads = kReader | kAdmin;
constexpr RoleSet kWrites = kWriter | kAdmin;
constexpr RoleSet kAnyRole = kReader | kWriter | kAdmin;

}  // namespace

const std::vector<MethodAccess>& MethodTable() {
  static const auto& table = *new std::vector<MethodAccess>{
      // Balancers and probes have no credentials; the answer is one of four words.
      {"/grpc.health.v1.Health/Check", kAnyRole, true},
      {"/grpc.health.v1.Health/Watch", kAnyRole, true},
      {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", kAnyRole},
      {"/tremorcast.v1.AdminService/CorrectObservation", kAdmin},
      {"/tremorcast.v1.AdminService/GetDiagnosis", kReads},
      {"/tremorcast.v1.AdminService/ListObservationCorrections", kReads},
      {"/tremorcast.v1.CatalogService/DecideIdentity", kAdmin},
      {"/tremorcast.v1.CatalogService/ImportEvents", kAdmin},
      {"/tremorcast.v1.CatalogService/ListCompleteness", kReads},
      {"/tremorcast.v1.CatalogService/ListEvents", kReads},
      {"/tremorcast.v1.CatalogService/ListIdentityDecisions", kReads},
      {"/tremorcast.v1.CatalogService/RevokeCompleteness", kAdmin},
      {"/tremorcast.v1.CatalogService/StateCompleteness", kAdmin},
      {"/tremorcast.v1.CatalogService/TakeBackIdentityDecision", kAdmin},
      {"/tremorcast.v1.ForecastService/ComputeForecast", kAdmin},  // archives its answer
      {"/tremorcast.v1.ForecastService/GetForecast", kReads},
      {"/tremorcast.v1.ForecastService/GetRateMap", kReads},
      {"/tremorcast.v1.ForecastService/GetStationWindow", kReads},
      {"/tremorcast.v1.ForecastService/GetTrackRecord", kReads},
      {"/tremorcast.v1.ForecastService/ListForecasts", kReads},
      {"/tremorcast.v1.ForecastService/ListSimulatedCatalogues", kReads},
      {"/tremorcast.v1.ForecastService/ReplayForecast", kReads},
      {"/tremorcast.v1.ForecastService/WatchForecasts", kReads},
      {"/tremorcast.v1.IngestService/GetIngestPosition", kWrites},   // of its own stations
      {"/tremorcast.v1.IngestService/IngestObservations", kWrites},  // of its own stations
      {"/tremorcast.v1.IngestService/ListStationFreshness", kReads},
      {"/tremorcast.v1.IngestService/StreamObservations", kWrites},  // of its own stations, batch by batch
      {"/tremorcast.v1.ModelService/GetModel", kReads},
      {"/tremorcast.v1.ModelService/ListModels", kReads},
      {"/tremorcast.v1.ModelService/ListPromotions", kReads},
      {"/tremorcast.v1.ModelService/PromoteModel", kAdmin},
      {"/tremorcast.v1.ModelService/RollbackModel", kAdmin},
      {"/tremorcast.v1.NetworkService/GetFeatureSchema", kAnyRole},  // what a batch must look like
      {"/tremorcast.v1.NetworkService/GetRegion", kReads},
      {"/tremorcast.v1.NetworkService/GetStation", kReads},
      {"/tremorcast.v1.NetworkService/ListRegions", kReads},
      {"/tremorcast.v1.NetworkService/ListStations", kReads},
      {"/tremorcast.v1.NetworkService/UpdateRegion", kAdmin},
      {"/tremorcast.v1.NetworkService/UpdateStation", kAdmin},
  };
  return table;
}

const MethodAccess* FindMethod(absl::string_view path) {
  const std::vector<MethodAccess>& table = MethodTable();
  const auto at = std::lower_bound(table.begin(), table.end(), path,
                                   [](const MethodAccess& entry, absl::string_view p) { return entry.path < p; });
  return at != table.end() && at->path == path ? &*at : nullptr;
}

}  // namespace tremorcast::rpc
