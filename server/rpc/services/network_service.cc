#include "server/rpc/services/network_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/observation/feature_schema.h"
#include "server/rpc/wire/convert_network.h"
#include "server/rpc/wire/page_token.h"
#include "server/rpc/wire/resource_names.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

template <typename T, typename Id>
const T* Find(const std::vector<T>& all, const Id& id) {
  const auto it = std::find_if(all.begin(), all.end(), [&](const T& one) { return one.id == id; });
  return it == all.end() ? nullptr : &*it;
}

absl::Status NotFound(absl::string_view name) {
  return WithReason(absl::NotFoundError(absl::StrCat("there is no ", name)), "NOT_FOUND",
                    {{"name", std::string(name)}});
}

// One page of `all` (id order), from after the token's id; the next page's token.
template <typename T, typename Proto, typename Request>
absl::StatusOr<std::string> Page(absl::string_view query, const Request& request, const std::vector<T>& all,
                                 void (*fill)(const T&, Proto*), google::protobuf::RepeatedPtrField<Proto>* page) {
  ASSIGN_OR_RETURN(const auto size, PageSize(request.page_size(), 200, 1000));
  ASSIGN_OR_RETURN(const auto cursor, ParsePageToken(query, request.page_token()));
  auto next = cursor.empty()
                  ? all.begin()
                  : std::find_if(all.begin(), all.end(), [&](const T& one) { return one.id.value() > cursor; });
  PageRoom room(size);
  for (; next != all.end(); ++next) {
    Proto one;
    fill(*next, &one);
    if (!room.Add(std::move(one), page)) break;
  }
  return next == all.end() ? std::string() : MakePageToken(query, (next - 1)->id.value());
}

}  // namespace

NetworkService::NetworkService(NetworkStore& store, NetworkDirectory& directory, CallRunner database,
                               std::function<void()> on_changed)
    : store_(store), directory_(directory), database_(std::move(database)), on_changed_(std::move(on_changed)) {}

absl::Status NetworkService::Changed() {
  // Ingestion must know the station before the answer tells the client to go on.
  RETURN_IF_ERROR(directory_.Refresh());
  if (on_changed_) on_changed_();
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* NetworkService::GetStation(grpc::CallbackServerContext* context,
                                                     const v1::GetStationRequest* request,
                                                     v1::GetStationResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(const auto id, ParseStationName("name", request->name()));
    ASSIGN_OR_RETURN(const auto stations, store_.ListStations());
    const Station* station = Find(stations, id);
    if (station == nullptr) return NotFound(request->name());
    FillStation(*station, response->mutable_station());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* NetworkService::ListStations(grpc::CallbackServerContext* context,
                                                       const v1::ListStationsRequest* request,
                                                       v1::ListStationsResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(const auto stations, store_.ListStations());
    ASSIGN_OR_RETURN(auto next, Page("stations", *request, stations, &FillStation, response->mutable_stations()));
    response->set_next_page_token(std::move(next));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* NetworkService::UpdateStation(grpc::CallbackServerContext* context,
                                                        const v1::UpdateStationRequest* request,
                                                        v1::UpdateStationResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(auto id, ParseStationName("station.name", request->station().name()));
    ASSIGN_OR_RETURN(const auto stations, store_.ListStations());
    const Station* known = Find(stations, id);
    if (known == nullptr && !request->allow_missing()) return NotFound(request->station().name());
    Station base;
    base.id = std::move(id);
    ASSIGN_OR_RETURN(auto merged, MergeStation(request->station(), request->update_mask(),
                                               known == nullptr ? std::move(base) : *known));
    ASSIGN_OR_RETURN(const auto stored, store_.UpsertStation(merged));
    FillStation(stored, response->mutable_station());
    return Changed();
  });
}

grpc::ServerUnaryReactor* NetworkService::GetRegion(grpc::CallbackServerContext* context,
                                                    const v1::GetRegionRequest* request,
                                                    v1::GetRegionResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(const auto id, ParseRegionName("name", request->name()));
    ASSIGN_OR_RETURN(const auto regions, store_.ListRegions());
    const Region* region = Find(regions, id);
    if (region == nullptr) return NotFound(request->name());
    FillRegion(*region, response->mutable_region());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* NetworkService::ListRegions(grpc::CallbackServerContext* context,
                                                      const v1::ListRegionsRequest* request,
                                                      v1::ListRegionsResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(const auto regions, store_.ListRegions());
    ASSIGN_OR_RETURN(auto next, Page("regions", *request, regions, &FillRegion, response->mutable_regions()));
    response->set_next_page_token(std::move(next));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* NetworkService::UpdateRegion(grpc::CallbackServerContext* context,
                                                       const v1::UpdateRegionRequest* request,
                                                       v1::UpdateRegionResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(auto id, ParseRegionName("region.name", request->region().name()));
    ASSIGN_OR_RETURN(const auto regions, store_.ListRegions());
    const Region* known = Find(regions, id);
    if (known == nullptr && !request->allow_missing()) return NotFound(request->region().name());
    Region base;
    base.id = std::move(id);
    ASSIGN_OR_RETURN(auto merged, MergeRegion(request->region(), request->update_mask(),
                                              known == nullptr ? std::move(base) : *known));
    ASSIGN_OR_RETURN(const auto stored, store_.UpsertRegion(merged));
    FillRegion(stored, response->mutable_region());
    return Changed();
  });
}

grpc::ServerUnaryReactor* NetworkService::GetFeatureSchema(grpc::CallbackServerContext* context,
                                                           const v1::GetFeatureSchemaRequest*,
                                                           v1::GetFeatureSchemaResponse* response) {
  for (const absl::string_view name : FeatureNames(Signal::kMagn)) response->add_magn_features(std::string(name));
  for (const absl::string_view name : FeatureNames(Signal::kSound)) response->add_sound_features(std::string(name));
  response->set_hash(FeatureSchemaHash());
  return database_.Answer(context);
}

}  // namespace tremorcast::rpc
