#include "server/rpc/ingest/batch_intake.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/time_grid.h"
#include "server/rpc/calls/call_runner.h"
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

absl::Status BatchIntake::WriterLimits::Validate() const {
  if (rows_back < 2 * kWeekLength) return absl::InvalidArgumentError("writers must be able to send rows of two weeks");
  if (old_weeks_per_day < 1) return absl::InvalidArgumentError("writers must be able to send rows of a week a day");
  return absl::OkStatus();
}

CheckedBatch BatchIntake::CheckRows(const v1::ObservationBatch& proto, const BatchHeader& header,
                                    const NetworkSnapshot& network, bool limited) {
  const std::vector<Interval> service = ServiceIntervals(network, header.station);
  ObservationLimits limits = limits_;
  if (limited) limits.rows_back = std::min(limits.rows_back, writers_.rows_back);
  const absl::Time now = clock_.Now();
  CheckedBatch checked = {ToBatch(proto, header, {service, now, limits}), header.bytes};
  if (limited) old_weeks_.Apply(now, &checked.batch);
  return checked;
}

void BatchIntake::Check(const v1::ObservationBatch& proto, const Credential& sender, Ready ready) {
  absl::StatusOr<StationId> station = ParseStationName("batch.station", proto.station());
  bool limited = true;
  if (station.ok()) {
    const absl::StatusOr<RoleSet> roles = access_.MayWrite(*station, sender);
    if (!roles.ok()) {
      ready(roles.status());
      return;
    }
    limited = (*roles & kAdmin) == 0;
  }
  absl::StatusOr<BatchHeader> header = ParseBatchHeader(proto, std::move(station));
  if (!header.ok()) {
    ready(header.status());
    return;
  }
  const std::shared_ptr<const NetworkSnapshot> network = directory_.Snapshot();
  if (network->FindStation(header->station) != nullptr) {
    ready(CheckRows(proto, *header, *network, limited));
    return;
  }
  auto shared = std::make_shared<Ready>(std::move(ready));
  const absl::Status submitted = database_.Submit([this, &proto, header = *std::move(header), shared, limited] {
    const auto refreshed = directory_.ForStation(header.station);
    (*shared)(refreshed.ok() ? CheckRows(proto, header, **refreshed, limited)
                             : absl::StatusOr<CheckedBatch>(refreshed.status()));
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
      // The store is set up wrongly (a login, a schema): no fault of the batch, which must be kept
      // and sent again.
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
