#include "cli/calls/network_client.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "cli/text/convert.h"
#include "core/base/status_macros.h"
#include "tremorcast/v1/catalog_service.grpc.pb.h"
#include "tremorcast/v1/network_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

constexpr size_t kEventsPerRequest = 5000;
constexpr int kPageSize = 1000;

void CountUpsert(const std::map<std::string, int64_t>& before, const std::string& name, int64_t revision,
                 UpsertCounts& counts) {
  const auto known = before.find(name);
  ++(known == before.end() ? counts.created : known->second == revision ? counts.unchanged : counts.changed);
}

// What a list with these columns says of a station.
google::protobuf::FieldMask MaskOf(const StationColumns& columns) {
  return MaskOfSaid({{true, "location"},
                     {columns.title, "title"},
                     {columns.signals, "magn_updating"},
                     {columns.signals, "sound_updating"},
                     {columns.valid_from, "valid_from_time"},
                     {columns.valid_to, "valid_to_time"},
                     {columns.simulated, "simulated"}});
}

}  // namespace

google::protobuf::FieldMask MaskOfSaid(std::initializer_list<std::pair<bool, const char*>> fields) {
  google::protobuf::FieldMask mask;
  for (const auto& [is_said, path] : fields) {
    if (is_said) mask.add_paths(path);
  }
  return mask;
}

grpc::Status FetchStations(const Client& client, std::vector<v1::Station>& stations) {
  const auto stub = v1::NetworkService::NewStub(client.channel());
  v1::ListStationsRequest request;
  request.set_page_size(kPageSize);
  do {
    v1::ListStationsResponse response;
    RETURN_IF_ERROR(client.Call(stub.get(), &v1::NetworkService::Stub::ListStations, request, &response));
    for (v1::Station& station : *response.mutable_stations()) stations.push_back(std::move(station));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return grpc::Status::OK;
}

grpc::Status FetchRegions(const Client& client, std::vector<v1::Region>& regions) {
  const auto stub = v1::NetworkService::NewStub(client.channel());
  v1::ListRegionsRequest request;
  request.set_page_size(kPageSize);
  do {
    v1::ListRegionsResponse response;
    RETURN_IF_ERROR(client.Call(stub.get(), &v1::NetworkService::Stub::ListRegions, request, &response));
    for (v1::Region& region : *response.mutable_regions()) regions.push_back(std::move(region));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return grpc::Status::OK;
}

grpc::Status UpsertStations(const Client& client, absl::Span<const Station> stations, const StationColumns& columns,
                            UpsertCounts& counts, std::vector<v1::Station>* written) {
  std::vector<v1::Station> existing;
  RETURN_IF_ERROR(FetchStations(client, existing));
  std::map<std::string, int64_t> revisions;
  for (const v1::Station& station : existing) revisions[station.name()] = station.revision();
  const auto stub = v1::NetworkService::NewStub(client.channel());
  for (const Station& station : stations) {
    v1::UpdateStationRequest request;
    FillStation(station, request.mutable_station());
    request.set_allow_missing(true);
    if (revisions.count(request.station().name()) > 0) *request.mutable_update_mask() = MaskOf(columns);
    v1::UpdateStationResponse response;
    RETURN_IF_ERROR(client.Call(stub.get(), &v1::NetworkService::Stub::UpdateStation, request, &response));
    CountUpsert(revisions, response.station().name(), response.station().revision(), counts);
    if (written != nullptr) written->push_back(response.station());
  }
  return grpc::Status::OK;
}

grpc::Status UpsertRegions(const Client& client, absl::Span<const Region> regions,
                           absl::Span<const google::protobuf::FieldMask> said, UpsertCounts& counts) {
  std::vector<v1::Region> existing;
  RETURN_IF_ERROR(FetchRegions(client, existing));
  std::map<std::string, int64_t> revisions;
  for (const v1::Region& region : existing) revisions[region.name()] = region.revision();
  const auto stub = v1::NetworkService::NewStub(client.channel());
  for (size_t i = 0; i < regions.size(); ++i) {
    v1::UpdateRegionRequest request;
    FillRegion(regions[i], request.mutable_region());
    request.set_allow_missing(true);
    if (!said.empty() && revisions.count(request.region().name()) > 0) *request.mutable_update_mask() = said[i];
    v1::UpdateRegionResponse response;
    RETURN_IF_ERROR(client.Call(stub.get(), &v1::NetworkService::Stub::UpdateRegion, request, &response));
    CountUpsert(revisions, response.region().name(), response.region().revision(), counts);
  }
  return grpc::Status::OK;
}

grpc::Status ImportEvents(const Client& client, const CatalogueImport& import, ImportCounts& counts) {
  const auto stub = v1::CatalogService::NewStub(client.channel());
  // Withdrawals come last: an event may have been listed under its name before, in the same file too.
  const size_t events = import.events.size(), all = events + import.withdrawn.size();
  for (size_t at = 0; at < all; at += kEventsPerRequest) {
    v1::ImportEventsRequest request;
    for (size_t i = at; i < std::min(all, at + kEventsPerRequest); ++i) {
      if (i < events) {
        FillEvent(import.events[i], request.add_events());
      } else {
        FillWithdrawal(import.withdrawn[i - events], request.add_withdrawals());
      }
    }
    v1::ImportEventsResponse response;
    RETURN_IF_ERROR(
        client.Call(stub.get(), &v1::CatalogService::Stub::ImportEvents, request, &response, absl::Minutes(2)));
    counts.inserted += response.inserted_count();
    counts.revised += response.revised_count();
    counts.unchanged += response.unchanged_count();
    counts.outdated += response.outdated_count();
    counts.withdrawn += response.withdrawn_count();
  }
  return grpc::Status::OK;
}

grpc::Status StateCompleteness(const Client& client, const Completeness& statement, bool extend,
                               v1::CompletenessStatement* standing) {
  const auto stub = v1::CatalogService::NewStub(client.channel());
  v1::StateCompletenessRequest request;
  FillStatement(statement, request.mutable_statement());
  request.set_extend(extend);
  v1::StateCompletenessResponse response;
  RETURN_IF_ERROR(client.Call(stub.get(), &v1::CatalogService::Stub::StateCompleteness, request, &response));
  if (standing != nullptr) *standing = response.statement();
  return grpc::Status::OK;
}

grpc::Status FetchEvents(const Client& client, v1::ListEventsRequest request, std::vector<v1::SeismicEvent>& events,
                         v1::ListEventsResponse& last) {
  const auto stub = v1::CatalogService::NewStub(client.channel());
  request.set_page_size(kEventsPerRequest);
  do {
    last.Clear();
    RETURN_IF_ERROR(client.Call(stub.get(), &v1::CatalogService::Stub::ListEvents, request, &last));
    for (v1::SeismicEvent& event : *last.mutable_events()) events.push_back(std::move(event));
    request.set_page_token(last.next_page_token());
  } while (!request.page_token().empty());
  return grpc::Status::OK;
}

}  // namespace tremorcast::cli
