#include "server/rpc/wire/convert_forecast.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <absl/strings/str_cat.h>

#include "core/skill/skill_claim.h"
#include "server/rpc/wire/convert_network.h"
#include "server/rpc/wire/convert_time.h"
#include "server/rpc/wire/resource_names.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

static_assert(static_cast<int>(v1::FORECAST_PURPOSE_OPERATIONAL) == static_cast<int>(ForecastPurpose::kOperational));
static_assert(static_cast<int>(v1::FORECAST_PURPOSE_HINDCAST) == static_cast<int>(ForecastPurpose::kHindcast));
static_assert(static_cast<int>(v1::FORECAST_PURPOSE_TEST) == static_cast<int>(ForecastPurpose::kTest));
static_assert(static_cast<int>(v1::FORECAST_STATUS_OK) == static_cast<int>(ForecastStatus::kOk));
static_assert(static_cast<int>(v1::FORECAST_STATUS_DEGRADED) == static_cast<int>(ForecastStatus::kDegraded));
static_assert(static_cast<int>(v1::FORECAST_STATUS_INSUFFICIENT_DATA) ==
              static_cast<int>(ForecastStatus::kInsufficientData));
static_assert(static_cast<int>(v1::REVISION_REASON_FIRST_ISSUE) == static_cast<int>(RevisionReason::kFirstIssue));
static_assert(static_cast<int>(v1::REVISION_REASON_LATE_DATA) == static_cast<int>(RevisionReason::kLateData));
static_assert(static_cast<int>(v1::REVISION_REASON_WITHDRAWN) == static_cast<int>(RevisionReason::kWithdrawn));
static_assert(static_cast<int>(v1::ISSUE_KIND_WEEKLY) == static_cast<int>(IssueKind::kWeekly));
static_assert(static_cast<int>(v1::ISSUE_KIND_EVENT) == static_cast<int>(IssueKind::kEvent));
static_assert(static_cast<int>(v1::RUNG_CLIMATOLOGY) == static_cast<int>(Rung::kClimatology) + 1);
static_assert(static_cast<int>(v1::RUNG_STATIONS) == static_cast<int>(Rung::kStations) + 1);
static_assert(static_cast<int>(v1::REVISION_REASON_RECOMPUTED) == static_cast<int>(RevisionReason::kRecomputed));

static_assert(static_cast<int>(v1::VERIFICATION_REASON_FIRST) == static_cast<int>(VerificationReason::kFirst));
static_assert(static_cast<int>(v1::VERIFICATION_REASON_CATALOGUE_CHANGED) ==
              static_cast<int>(VerificationReason::kCatalogueChanged));
static_assert(static_cast<int>(v1::VERIFICATION_REASON_NO_LONGER_COMPLETE) ==
              static_cast<int>(VerificationReason::kNoLongerComplete));
static_assert(static_cast<int>(v1::VERIFICATION_REASON_COMPLETE_AGAIN) ==
              static_cast<int>(VerificationReason::kCompleteAgain));

void FillExceedances(const Forecast& forecast, v1::Forecast* proto) {
  const auto probabilities = ExceedanceProbabilities(forecast.probabilities);
  const auto climatology = ExceedanceProbabilities(forecast.climatology);
  for (size_t k = 0; k < probabilities.size(); ++k) {
    v1::Exceedance* exceedance = proto->add_exceedances();
    exceedance->set_magnitude(forecast.magnitude_edges[k]);
    exceedance->set_probability(probabilities[k]);
    exceedance->set_climatology(climatology[k]);
    if (climatology[k] > 0) exceedance->set_ratio(probabilities[k] / climatology[k]);
    exceedance->set_spread_low(forecast.spread_low[k]);
    exceedance->set_spread_high(forecast.spread_high[k]);
    if (forecast.change_since_last.has_value()) exceedance->set_change((*forecast.change_since_last)[k]);
    exceedance->set_display(DisplayProbability(probabilities[k]));
    exceedance->set_about_one_in(AboutOneIn(probabilities[k]));
  }
}

void FillModelUse(const Forecast& forecast, bool demonstrated_skill, v1::ModelUse* proto) {
  proto->set_used(forecast.model_used);
  proto->set_pool_weight(forecast.pool_weight);
  proto->set_demonstrated_skill(demonstrated_skill);
  proto->set_runtime(forecast.runtime);
  proto->set_git_revision(forecast.model.git_revision);
  if (!forecast.model.version.empty()) proto->set_model(ModelName(forecast.model.version));
  if (!forecast.set_aside_model.empty()) proto->set_set_aside_model(ModelName(forecast.set_aside_model));
  proto->set_weights_sha256(forecast.model.weights_sha256);
  proto->set_calibration(forecast.calibration);
  if (!forecast.model.training_period.empty()) {
    SetIfFinite(forecast.model.training_period.begin, [&] { return proto->mutable_training_start_time(); });
    SetIfFinite(forecast.model.training_period.end, [&] { return proto->mutable_training_end_time(); });
  }
  if (forecast.model_probabilities.has_value()) {
    for (const double p : *forecast.model_probabilities) proto->add_class_probabilities(p);
  }
}

void FillRung(const RungAnswer& answer, v1::RungAnswer* proto) {
  proto->set_rung(ToRung(answer.rung));
  if (!answer.model.version.empty()) proto->set_model(ModelName(answer.model.version));
  proto->set_weights_sha256(answer.model.weights_sha256);
  for (const double p : answer.probabilities) proto->add_class_probabilities(p);
  if (answer.before_pool.has_value()) {
    for (const double p : *answer.before_pool) proto->add_own_class_probabilities(p);
  }
  proto->set_pool_weight(answer.pool_weight);
  proto->set_demonstrated_skill(answer.demonstrated_skill);
  proto->set_answers(answer.answers);
  proto->set_verdict(answer.verdict);
  proto->set_runtime(answer.runtime);
}

// In a longer time nothing becomes less likely, but longer horizons come from fewer catalogues, which
// can tell less of chances near 1. Raises `p` to at least `least`, by exceedance, and that to what came.
void AtLeast(std::array<double, kClasses - 1>& least, ClassProbabilities& p) {
  const std::array<double, kClasses - 1> own = ExceedanceProbabilities(p);
  bool raised = false;
  for (size_t k = 0; k < least.size(); ++k) {
    raised = raised || own[k] < least[k];
    least[k] = std::max(own[k], least[k]);
  }
  if (!raised) return;  // and its bits stay
  p[0] = 1 - least[0];
  for (size_t k = 1; k < p.size(); ++k) p[k] = least[k - 1] - (k < least.size() ? least[k] : 0);
}

void FillOutlook(const CatalogueOutlook& outlook, v1::CatalogueOutlook* proto) {
  proto->set_completeness_magnitude(outlook.completeness);
  SetIfFinite(outlook.known_at, [&] { return proto->mutable_known_time(); });
  SetIfFinite(outlook.complete_until, [&] { return proto->mutable_complete_until_time(); });
  SetIfFinite(outlook.last_event, [&] { return proto->mutable_last_event_time(); });
  proto->set_source_events(outlook.sources);
  std::array<double, kClasses - 1> least = {};
  for (const HorizonOutlook& horizon : outlook.horizons) {
    v1::HorizonOutlook* one = proto->add_horizons();
    one->set_days(horizon.days);
    ClassProbabilities probabilities = horizon.probabilities;
    AtLeast(least, probabilities);
    for (const double p : probabilities) one->add_class_probabilities(p);
    for (const double p : ExceedanceProbabilities(probabilities)) one->add_exceedance_probabilities(p);
    one->set_expected_events(horizon.expected);
    one->set_expected_events_low(horizon.expected_low);
    one->set_expected_events_high(horizon.expected_high);
    one->set_catalogues(horizon.catalogues);
  }
}

void FillStationHorizon(const StationHorizon& horizon, v1::StationHorizon* proto) {
  proto->set_days(horizon.days);
  for (const double p : horizon.climatology) proto->add_climatology_probabilities(p);
  FillRung(horizon.answer, proto->mutable_answer());
  for (const double p : ExceedanceProbabilities(horizon.answer.probabilities)) proto->add_exceedance_probabilities(p);
}

void FillCoverage(const Forecast& forecast, v1::Coverage* proto) {
  proto->set_enrolled_count(forecast.stations_enrolled);
  proto->set_usable_count(forecast.stations_usable);
  double slots = 0;
  for (const StationCoverage& station : forecast.stations) {
    slots += station.slot_fraction;
    v1::StationCoverage* one = proto->add_stations();
    one->set_station(StationName(station.station));
    one->set_usable(station.usable);
    one->set_slot_fraction(station.slot_fraction);
    if (station.window.has_value()) {
      SetTimestamp(station.window->start, one->mutable_window()->mutable_start_time());
      one->mutable_window()->set_revision(station.window->revision);
    }
    for (const std::string& flag : station.drift_flags) one->add_drift_flags(flag);
    if (!station.usable) proto->add_missing(StationName(station.station));
  }
  if (!forecast.stations.empty()) proto->set_slot_fraction(slots / static_cast<double>(forecast.stations.size()));
}

void FillTimes(const Forecast& forecast, v1::Forecast* proto) {
  SetIfFinite(forecast.issued_at, [&] { return proto->mutable_issue_time(); });
  SetIfFinite(forecast.data_cutoff, [&] { return proto->mutable_data_cutoff_time(); });
  SetIfFinite(forecast.valid_from, [&] { return proto->mutable_valid_from_time(); });
  SetIfFinite(forecast.valid_to, [&] { return proto->mutable_valid_to_time(); });
  SetIfFinite(forecast.expires_at, [&] { return proto->mutable_expire_time(); });
  SetIfFinite(forecast.next_issue, [&] { return proto->mutable_next_issue_time(); });
}

}  // namespace

v1::Rung ToRung(Rung rung) { return static_cast<v1::Rung>(static_cast<int>(rung) + 1); }

void FillForecast(const Forecast& forecast, const TrackRecord* track_record, v1::Forecast* proto) {
  proto->set_name(ForecastNameOf(forecast.region, forecast.id));
  proto->set_revision(forecast.revision);
  if (!forecast.supersedes.empty()) proto->set_supersedes(ForecastNameOf(forecast.region, forecast.supersedes));
  proto->set_revision_reason(static_cast<v1::RevisionReason>(forecast.reason));
  proto->set_purpose(static_cast<v1::ForecastPurpose>(forecast.purpose));
  proto->set_status(static_cast<v1::ForecastStatus>(forecast.status));
  proto->set_scored(forecast.scored);
  proto->set_region(RegionName(forecast.region));
  proto->set_region_title(forecast.region_title);
  FillPolygon(forecast.region_polygon, proto->mutable_region_polygon());
  FillTimes(forecast, proto);
  for (const double p : forecast.probabilities) proto->add_class_probabilities(p);
  for (const double p : forecast.climatology) proto->add_climatology_probabilities(p);
  FillExceedances(forecast, proto);
  const SkillVerdict verdict =
      WithRecord({ClaimOf(forecast.model_used, forecast.pool_weight, forecast.demonstrated_skill), forecast.verdict},
                 track_record);
  FillModelUse(forecast, verdict.demonstrated(), proto->mutable_model_use());
  FillCoverage(forecast, proto->mutable_coverage());
  proto->set_input_hash(forecast.input_hash);
  proto->set_catalogue_snapshot(forecast.catalogue_snapshot);
  if (track_record != nullptr) FillTrackRecord(*track_record, proto->mutable_track_record());
  proto->set_verdict(verdict.sentence);
  for (const std::string& limitation : forecast.limitations) proto->add_limitations(limitation);
  proto->set_audience_notice(std::string(AudienceNotice()));
  proto->set_sequence(forecast.sequence);
  proto->set_issue_kind(static_cast<v1::IssueKind>(forecast.issue));
  proto->set_trigger(forecast.trigger);
  proto->set_rung(ToRung(AnsweringRung(forecast)));
  for (const RungAnswer& answer : forecast.rungs) FillRung(answer, proto->add_rungs());
  if (forecast.outlook.has_value()) FillOutlook(*forecast.outlook, proto->mutable_catalogue_outlook());
  for (const StationHorizon& horizon : forecast.station_horizons)
    FillStationHorizon(horizon, proto->add_station_horizons());
}

void FillRungRecord(const RungRecord& record, v1::RungRecord* proto) {
  proto->set_rung(static_cast<v1::Rung>(static_cast<int>(record.rung) + v1::RUNG_CLIMATOLOGY));
  proto->set_issue_kind(static_cast<v1::IssueKind>(record.issue));
  proto->set_issues_scored(record.issues);
  proto->set_event_issues(record.event_issues);
  if (const auto& gain = record.over_climatology; gain.has_value()) {
    proto->set_weeks(gain->weeks);
    proto->set_information_gain(gain->mean);
    if (gain->low.has_value()) proto->set_information_gain_low(*gain->low);
    if (gain->high.has_value()) proto->set_information_gain_high(*gain->high);
  }
  if (const auto& gain = record.over_below; gain.has_value()) {
    proto->set_below_information_gain(gain->mean);
    if (gain->low.has_value()) proto->set_below_information_gain_low(*gain->low);
    if (gain->high.has_value()) proto->set_below_information_gain_high(*gain->high);
  }
}

void FillTrackRecord(const TrackRecord& track_record, v1::TrackRecord* proto) {
  proto->set_weeks_scored(track_record.weeks_scored);
  proto->set_event_weeks(track_record.event_weeks);
  if (const auto& gain = track_record.over_climatology; gain.has_value()) {
    proto->set_information_gain(gain->mean);
    if (gain->low.has_value()) proto->set_information_gain_low(*gain->low);
    if (gain->high.has_value()) proto->set_information_gain_high(*gain->high);
    proto->set_interval_degrees(gain->interval_degrees);
  }
  if (const auto& gain = track_record.over_catalogue; gain.has_value()) {
    proto->set_catalogue_weeks(gain->weeks);
    proto->set_catalogue_information_gain(gain->mean);
    if (gain->low.has_value()) proto->set_catalogue_information_gain_low(*gain->low);
    if (gain->high.has_value()) proto->set_catalogue_information_gain_high(*gain->high);
    proto->set_catalogue_log_evidence(gain->log_evidence);
  }
  if (const auto& gain = track_record.over_twin; gain.has_value()) {
    proto->set_twin_weeks(gain->weeks);
    proto->set_twin_information_gain(gain->mean);
    if (gain->low.has_value()) proto->set_twin_information_gain_low(*gain->low);
    if (gain->high.has_value()) proto->set_twin_information_gain_high(*gain->high);
    proto->set_twin_log_evidence(gain->log_evidence);
  }
  for (const RungRecord& rung : track_record.rungs) FillRungRecord(rung, proto->add_rungs());
  proto->set_regions_looked_at(track_record.looked_at);
  proto->set_log_evidence_needed(track_record.log_evidence_needed());
  proto->set_log_evidence(track_record.log_evidence);
  proto->set_sentence(track_record.sentence);
  for (const Verification& week : track_record.last) {
    v1::ScoredWeek* scored = proto->add_last_weeks();
    scored->set_forecast(ForecastNameOf(week.region, week.forecast_id));
    SetTimestamp(week.valid_from, scored->mutable_valid_from_time());
    scored->set_observed_class(week.observed_class);
    if (week.largest_magnitude.has_value()) scored->set_largest_magnitude(*week.largest_magnitude);
    const size_t observed = static_cast<size_t>(std::clamp(week.observed_class, 0, kClasses - 1));
    scored->set_probability_event(ExceedanceProbabilities(week.probabilities)[0]);
    scored->set_probability_observed(week.probabilities[observed]);
    scored->set_climatology_observed(week.climatology[observed]);
    scored->set_information_gain(week.information_gain);
    scored->set_event_count(week.events);
    scored->set_verification_revision(week.revision);
    scored->set_verification_reason(static_cast<v1::VerificationReason>(week.reason));
    SetIfFinite(week.verified_at, [&] { return scored->mutable_verify_time(); });
    if (week.replaced.has_value()) {
      v1::ObservedWeek* replaced = scored->mutable_replaced();
      replaced->set_observed_class(week.replaced->magnitude_class);
      if (week.replaced->largest_magnitude.has_value())
        replaced->set_largest_magnitude(*week.replaced->largest_magnitude);
      replaced->set_event_count(week.replaced->events);
    }
  }
}

absl::StatusOr<std::vector<IssueKind>> ToIssueKinds(absl::string_view field,
                                                    const google::protobuf::RepeatedField<int>& kinds) {
  if (kinds.empty()) return std::vector<IssueKind>{IssueKind::kWeekly};
  std::vector<IssueKind> result;
  for (int i = 0; i < kinds.size(); ++i) {
    if (kinds[i] < v1::ISSUE_KIND_WEEKLY || kinds[i] > v1::ISSUE_KIND_EVENT) {
      return InvalidField(absl::StrCat(field, "[", i, "]"), "is not a kind of issue");
    }
    result.push_back(static_cast<IssueKind>(kinds[i]));
  }
  return result;
}

absl::StatusOr<std::vector<ForecastPurpose>> ToPurposes(absl::string_view field,
                                                        const google::protobuf::RepeatedField<int>& purposes) {
  if (purposes.empty()) return std::vector<ForecastPurpose>{ForecastPurpose::kOperational};
  std::vector<ForecastPurpose> result;
  for (int i = 0; i < purposes.size(); ++i) {
    if (purposes[i] < v1::FORECAST_PURPOSE_OPERATIONAL || purposes[i] > v1::FORECAST_PURPOSE_TEST) {
      return InvalidField(absl::StrCat(field, "[", i, "]"), "is not a purpose");
    }
    result.push_back(static_cast<ForecastPurpose>(purposes[i]));
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

}  // namespace tremorcast::rpc
