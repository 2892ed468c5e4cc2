#include "server/rpc/services/admin_service.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "server/rpc/access/audit_words.h"
#include "server/rpc/wire/convert_observation.h"
#include "server/rpc/wire/convert_time.h"
#include "server/rpc/wire/page_token.h"
#include "server/rpc/wire/resource_names.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

// Signal and values out of named features; every field at fault is named.
absl::Status FillValues(const v1::CorrectObservationRequest& request, CorrectionRequest* correction) {
  std::vector<FieldViolation> violations;
  if (request.values().empty()) violations.push_back({"values", "is required: name the features to change"});
  std::optional<Signal> signal;
  std::set<int> seen;
  for (int i = 0; i < request.values_size(); ++i) {
    const v1::FeatureValue& value = request.values(i);
    const std::string path = absl::StrCat("values[", i, "]");
    const std::optional<int> channel = FeatureChannel(value.feature());
    if (!channel.has_value()) {
      violations.push_back({path + ".feature", "is no feature of the schema, such as \"magn@var\""});
      continue;
    }
    const Signal own = *channel < FirstChannel(Signal::kSound) ? Signal::kMagn : Signal::kSound;
    if (own != signal.value_or(own)) violations.push_back({path + ".feature", "is of another signal than the first"});
    signal = signal.value_or(own);
    if (!seen.insert(*channel).second) violations.push_back({path + ".feature", "is named twice"});
    if (!std::isfinite(value.value())) violations.push_back({path + ".value", "is not finite"});
    correction->values.emplace_back(*channel - FirstChannel(own), value.value());
  }
  correction->signal = signal.value_or(Signal::kMagn);
  return violations.empty() ? absl::OkStatus() : InvalidFields(std::move(violations));
}

void FillCorrection(const Correction& correction, v1::ObservationCorrection* proto) {
  proto->set_sequence(correction.sequence);
  proto->set_station(StationName(correction.station));
  proto->set_signal(ToProto(correction.signal));
  SetTimestamp(correction.slot.start(), proto->mutable_slot_time());
  SetTimestamp(correction.corrected_at, proto->mutable_correct_time());
  proto->set_actor(correction.actor);
  proto->set_reason(correction.reason);
  proto->set_week_was_sealed(correction.week_was_sealed);
  const auto names = FeatureNames(correction.signal);
  for (size_t i = 0; i < names.size() && i < correction.new_values.size(); ++i) {
    const float before = correction.old_values[i], after = correction.new_values[i];
    if (std::bit_cast<uint32_t>(before) == std::bit_cast<uint32_t>(after)) continue;
    for (const auto& [value, values] :
         {std::pair(before, proto->mutable_old_values()), std::pair(after, proto->mutable_new_values())}) {
      v1::FeatureValue* one = values->Add();
      one->set_feature(std::string(names[i]));
      one->set_value(value);
    }
  }
}

v1::CheckStatus ToProto(CheckStatus status) {
  switch (status) {
    case CheckStatus::kOk:
      return v1::CHECK_STATUS_OK;
    case CheckStatus::kWarning:
      return v1::CHECK_STATUS_WARNING;
    case CheckStatus::kFailure:
      return v1::CHECK_STATUS_FAILURE;
  }
  return v1::CHECK_STATUS_UNSPECIFIED;
}

}  // namespace

AdminService::AdminService(MaintenanceStore& store, const SelfCheck& self_check, const Clock& clock,
                           AccessControl& access, CallRunner database, MaintenanceMetrics& metrics, const Log& log,
                           std::function<void()> on_corrected)
    : store_(store),
      self_check_(self_check),
      clock_(clock),
      access_(access),
      database_(std::move(database)),
      metrics_(metrics),
      log_(log),
      on_corrected_(std::move(on_corrected)) {}

grpc::ServerUnaryReactor* AdminService::CorrectObservation(grpc::CallbackServerContext* context,
                                                           const v1::CorrectObservationRequest* request,
                                                           v1::CorrectObservationResponse* response) {
  return database_.Run(context, request, [this, context, request, response](absl::Time) {
    return Correct(*request, CredentialOf(*context), response);
  });
}

grpc::ServerUnaryReactor* AdminService::ListObservationCorrections(grpc::CallbackServerContext* context,
                                                                   const v1::ListObservationCorrectionsRequest* request,
                                                                   v1::ListObservationCorrectionsResponse* response) {
  return database_.Run(context, request,
                       [this, request, response](absl::Time) { return ListCorrections(*request, response); });
}

grpc::ServerUnaryReactor* AdminService::GetDiagnosis(grpc::CallbackServerContext* context,
                                                     const v1::GetDiagnosisRequest* request,
                                                     v1::GetDiagnosisResponse* response) {
  return database_.Run(context, request, [this, response](absl::Time) { return Diagnose(response); });
}

absl::Status AdminService::Correct(const v1::CorrectObservationRequest& request, const Credential& caller,
                                   v1::CorrectObservationResponse* response) {
  ASSIGN_OR_RETURN(const auto station, ParseStationName("station", request.station()));
  if (!request.has_slot_time()) return InvalidField("slot_time", "is required");
  ASSIGN_OR_RETURN(const auto slot_time, ToTime("slot_time", request.slot_time()));
  const auto slot = SlotAt(slot_time);
  if (!slot.ok()) return InvalidField("slot_time", "is not a multiple of ten minutes");
  CorrectionRequest correction;
  RETURN_IF_ERROR(FillValues(request, &correction));
  RETURN_IF_ERROR(CheckAuditWords(request.reason(), request.actor()));
  correction.station = station;
  correction.slot = *slot;
  correction.reason = request.reason();
  ASSIGN_OR_RETURN(auto actor, ActorOf(access_, request.actor(), caller));
  correction.actor = std::move(actor);
  correction.corrected_at = clock_.Now();
  ASSIGN_OR_RETURN(const auto stored, store_.Correct(correction));
  FillCorrection(stored, response->mutable_correction());
  metrics_.corrections.Increment();
  log_.Info(absl::StrCat("corrected the ", SignalName(stored.signal), " row of station ", stored.station.value(),
                         " at ", FormatUtc(stored.slot.start()), ": ", stored.reason),
            {{"event", "correction"},
             {"station", stored.station.value()},
             {"actor", stored.actor},
             {"entry", absl::StrCat(stored.sequence)}});
  if (stored.week_was_sealed && on_corrected_) on_corrected_();
  return absl::OkStatus();
}

absl::Status AdminService::ListCorrections(const v1::ListObservationCorrectionsRequest& request,
                                           v1::ListObservationCorrectionsResponse* response) {
  ASSIGN_OR_RETURN(const auto size, PageSize(request.page_size(), 50, 500));
  std::optional<StationId> station;
  if (!request.station().empty()) {
    ASSIGN_OR_RETURN(station, ParseStationName("station", request.station()));
  }
  const std::string query = absl::StrCat("corrections ", request.station());
  ASSIGN_OR_RETURN(const auto cursor, ParsePageToken(query, request.page_token()));
  int64_t before = INT64_MAX;
  if (!cursor.empty() && !absl::SimpleAtoi(cursor, &before)) {
    return InvalidField("page_token", "is not a token of this service");
  }
  ASSIGN_OR_RETURN(const auto corrections, store_.Corrections(station, before, size + 1));
  PageRoom room(size);
  for (const Correction& correction : corrections) {
    v1::ObservationCorrection one;
    FillCorrection(correction, &one);
    if (room.Add(std::move(one), response->mutable_corrections())) continue;
    response->set_next_page_token(MakePageToken(query, absl::StrCat(response->corrections().rbegin()->sequence())));
    break;
  }
  return absl::OkStatus();
}

absl::Status AdminService::Diagnose(v1::GetDiagnosisResponse* response) {
  ASSIGN_OR_RETURN(const auto result, self_check_.Run());
  v1::Diagnosis& diagnosis = *response->mutable_diagnosis();
  for (const Check& check : result.checks) {
    v1::Check* one = diagnosis.add_checks();
    one->set_check(check.name);
    one->set_status(ToProto(check.status));
    one->set_summary(check.summary);
    one->set_advice(check.advice);
  }
  SetTimestamp(result.server_time, diagnosis.mutable_server_time());
  SetTimestamp(result.database_time, diagnosis.mutable_database_time());
  return absl::OkStatus();
}

}  // namespace tremorcast::rpc
