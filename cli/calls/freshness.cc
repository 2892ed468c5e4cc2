#include "cli/calls/freshness.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "cli/text/convert.h"
#include "core/base/status_macros.h"
#include "tremorcast/v1/ingest_service.grpc.pb.h"

namespace tremorcast::cli {

grpc::Status FetchFreshness(const Client& client, Freshness& freshness) {
  const auto stub = v1::IngestService::NewStub(client.channel());
  v1::ListStationFreshnessRequest request;
  do {
    v1::ListStationFreshnessResponse response;
    RETURN_IF_ERROR(client.Call(stub.get(), &v1::IngestService::Stub::ListStationFreshness, request, &response));
    for (v1::StationFreshness& row : *response.mutable_freshness()) {
      freshness.newest = std::max(freshness.newest, ToTime(row.last_slot_time()));
      freshness.rows.push_back(std::move(row));
    }
    if (response.has_unsealed_week_count()) freshness.unsealed_weeks = response.unsealed_week_count();
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return grpc::Status::OK;
}

}  // namespace tremorcast::cli
