#include "server/rpc/ingest/ingest_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "core/base/status_macros.h"
#include "server/rpc/calls/call_trace.h"
#include "server/rpc/ingest/observation_stream.h"
#include "server/rpc/wire/convert_observation.h"
#include "server/rpc/wire/convert_time.h"
#include "server/rpc/wire/page_token.h"
#include "server/rpc/wire/resource_names.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {

grpc::ServerUnaryReactor* IngestService::IngestObservations(grpc::CallbackServerContext* context,
                                                            const v1::IngestObservationsRequest* request,
                                                            v1::IngestObservationsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto finish = [context, reactor](const absl::Status& status) {
    reactor->Finish(FinishStatus(status, context));
  };
  const Credential sender = CredentialOf(*context);
  const TraceScope scope(TraceOf(*context));
  if (const absl::Status charged = access_.Charge(sender); !charged.ok()) {
    finish(charged);
    return reactor;
  }
  intake_.Check(request->batch(), sender, [this, response, finish](absl::StatusOr<CheckedBatch> checked) {
    if (!checked.ok()) {
      finish(checked.status());
      return;
    }
    const BatchLabel label = LabelOf(checked->batch);
    const IngestPipeline::Admission admission =
        pipeline_.Submit(std::move(checked->batch), checked->bytes,
                         [label, response, finish](const absl::StatusOr<BatchResult>& result) {
                           if (result.ok()) FillVerdict(label, *result, response->mutable_verdict());
                           finish(BatchStatus(result.status(), label.batch_id));
                         });
    if (!admission.status.ok()) finish(AdmissionStatus(admission));
  });
  return reactor;
}

grpc::ServerBidiReactor<v1::StreamObservationsRequest, v1::StreamObservationsResponse>*
IngestService::StreamObservations(grpc::CallbackServerContext* context) {
  return ObservationStream::Start(context, {intake_, pipeline_, streams_, access_});
}

grpc::ServerUnaryReactor* IngestService::GetIngestPosition(grpc::CallbackServerContext* context,
                                                           const v1::GetIngestPositionRequest* request,
                                                           v1::GetIngestPositionResponse* response) {
  return database_.Run(context, request, [this, context, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(const auto station, ParseStationName("station", request->station()));
    RETURN_IF_ERROR(access_.MayWrite(station, CredentialOf(*context)).status());
    if (request->source().empty()) return InvalidField("source", "is required");
    ASSIGN_OR_RETURN(auto position, store_.Position(station, request->source()));
    response->set_found(position.has_value());
    response->set_position(std::move(position).value_or(""));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* IngestService::ListStationFreshness(grpc::CallbackServerContext* context,
                                                              const v1::ListStationFreshnessRequest* request,
                                                              v1::ListStationFreshnessResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(const auto size, PageSize(request->page_size(), 1000, 1000));
    ASSIGN_OR_RETURN(const auto cursor, ParsePageToken("freshness", request->page_token()));
    ASSIGN_OR_RETURN(const auto latest, store_.Latest());
    // Station ids hold no '/', so the cursor splits at it.
    const std::pair<std::string, std::string> last = absl::StrSplit(cursor, absl::MaxSplits('/', 1));
    const auto key = [](const LatestObservation& one) {
      return std::make_pair(one.station.value(), std::to_string(static_cast<int>(one.signal)));
    };
    const auto begin =
        cursor.empty() ? latest.begin()
                       : std::find_if(latest.begin(), latest.end(), [&](const auto& one) { return key(one) > last; });
    for (auto it = begin; it != latest.end(); ++it) {
      const LatestObservation& one = *it;
      if (response->freshness_size() == size) {
        const auto [station, signal] = key(*(it - 1));
        response->set_next_page_token(MakePageToken("freshness", absl::StrCat(station, "/", signal)));
        break;
      }
      v1::StationFreshness* freshness = response->add_freshness();
      freshness->set_station(StationName(one.station));
      freshness->set_signal(ToProto(one.signal));
      SetTimestamp(one.slot.start(), freshness->mutable_last_slot_time());
    }
    return windows_ == nullptr ? absl::OkStatus() : CountUnsealed(response);
  });
}

absl::Status IngestService::CountUnsealed(v1::ListStationFreshnessResponse* response) {
  constexpr int kMost = 10'000;
  ASSIGN_OR_RETURN(const auto unsealed, windows_->Unsealed(intake_.Now(), absl::InfiniteFuture(), kMost));
  ASSIGN_OR_RETURN(const auto dirty, windows_->Dirty(absl::InfiniteFuture(), kMost));
  response->set_unsealed_week_count(std::min<int64_t>(kMost, static_cast<int64_t>(unsealed.size() + dirty.size())));
  return absl::OkStatus();
}

}  // namespace tremorcast::rpc
