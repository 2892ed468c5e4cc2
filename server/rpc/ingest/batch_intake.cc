#include "server/rpc/ingest/batch_intake.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "core/base/status_macros.h"
#include "server/rpc/calls/call_runner.h"
#include "server/rpc/wire/convert_observation.h"
#include "server/rpc/wire/resource_names.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

// The intervals during which the station is in service; empty when it is not known.
std::vector<Interval> ServiceIntervals(const NetworkSnapshot& network, const StationId& id) {
  const std::vector<Station>& stations = network.stations();
  std::vector<Interval> intervals;
  const auto first = std::lower_bound(stations.begin(), stations.end(), id,
                                      [](const Station& s, const StationId& i) { return s.id < i; });
  for (auto it = first; it != stations.end() && it->id == id; ++it) intervals.push_back({it->valid_from, it->valid_to});
  return intervals;
}

}  // namespace

absl::StatusOr<CheckedBatch> BatchIntake::CheckAgainst(const v1::ObservationBatch& proto,
                                                       const NetworkSnapshot& network) const {
  std::vector<Interval> service;
  if (const auto id = ParseStationName("batch.station", proto.station()); id.ok())
    service = ServiceIntervals(network, *id);
  ASSIGN_OR_RETURN(auto batch, ToBatch(proto, {service, clock_.Now(), limits_}));
  return CheckedBatch{std::move(batch), static_cast<int64_t>(proto.ByteSizeLong())};
}

void BatchIntake::Check(const v1::ObservationBatch& proto, const Credential& sender, Ready ready) {
  const std::shared_ptr<const NetworkSnapshot> network = directory_.Snapshot();
  const auto id = ParseStationName("batch.station", proto.station());
  if (id.ok()) {
    if (absl::Status allowed = access_.MayWrite(*id, sender); !allowed.ok()) {
      ready(allowed);
      return;
    }
  }
  if (!id.ok() || network->FindStation(*id) != nullptr) {
    ready(CheckAgainst(proto, *network));
    return;
  }
  auto shared = std::make_shared<Ready>(std::move(ready));
  const absl::Status submitted = database_.Submit([this, &proto, id = *id, shared] {
    const auto refreshed = directory_.ForStation(id);
    (*shared)(refreshed.ok() ? CheckAgainst(proto, **refreshed) : refreshed.status());
  });
  if (!submitted.ok()) (*shared)(Refused(submitted, database_));
}

absl::Status BatchStatus(const absl::Status& status, const std::string& batch_id) {
  switch (status.code()) {
    case absl::StatusCode::kAlreadyExists:
      return WithReason(
          absl::AlreadyExistsError(absl::StrCat("batch.batch_id: \"", batch_id,
                                                "\" was sent before with other content; give new content a new id")),
          "BATCH_ID_REUSED", {{"batch_id", batch_id}});
    case absl::StatusCode::kDeadlineExceeded:
      return WithReason(absl::UnavailableError(
                            "the commit did not end in time and its outcome is unknown: send the same batch again"),
                        "COMMIT_OUTCOME_UNKNOWN", {{"batch_id", batch_id}});
    case absl::StatusCode::kFailedPrecondition:
      // The store is set up wrongly (a login, a schema): no fault of the batch, which must be kept and sent again.
      return WithReason(absl::UnavailableError(status.message()), "STORE_NOT_USABLE", {{"batch_id", batch_id}});
    default:
      return status;
  }
}

absl::Status AdmissionStatus(const IngestPipeline::Admission& admission) {
  switch (admission.status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return WithRetryDelay(WithReason(admission.status, "INGEST_QUEUE_FULL"), admission.retry_after);
    case absl::StatusCode::kUnavailable:
      return WithRetryDelay(WithReason(admission.status, "DRAINING"), admission.retry_after);
    default:
      return admission.status;
  }
}

}  // namespace tremorcast::rpc
