#include "cli/text/convert.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/util/json_util.h>

#include "core/base/time_grid.h"

namespace tremorcast::cli {

void FillTime(absl::Time time, google::protobuf::Timestamp* proto) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  proto->set_seconds(seconds);
  proto->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

void FillStation(const Station& station, v1::Station* proto) {
  proto->set_name(Named("stations", station.id.value()));
  proto->set_title(station.title);
  proto->mutable_location()->set_latitude_degrees(station.location.latitude_deg);
  proto->mutable_location()->set_longitude_degrees(station.location.longitude_deg);
  proto->set_magn_updating(station.magn_updating);
  proto->set_sound_updating(station.sound_updating);
  if (station.valid_from != absl::InfinitePast()) FillTime(station.valid_from, proto->mutable_valid_from_time());
  if (station.valid_to != absl::InfiniteFuture()) FillTime(station.valid_to, proto->mutable_valid_to_time());
  proto->set_simulated(station.simulated);
}

void FillRegion(const Region& region, v1::Region* proto) {
  proto->set_name(Named("regions", region.id.value()));
  proto->set_title(region.title);
  for (const GeoPoint& point : region.polygon) {
    v1::GeoPoint* out = proto->mutable_polygon()->add_points();
    out->set_latitude_degrees(point.latitude_deg);
    out->set_longitude_degrees(point.longitude_deg);
  }
  for (const StationId& station : region.stations) proto->add_stations(Named("stations", station.value()));
  proto->set_whole_network(region.whole_network);
  proto->set_simulated(region.simulated);
}

void FillEvent(const SeismicEvent& event, v1::SeismicEvent* proto) {
  proto->set_source(event.source);
  proto->set_source_event_id(event.source_event_id);
  FillTime(event.origin_time, proto->mutable_origin_time());
  proto->mutable_epicenter()->set_latitude_degrees(event.epicenter.latitude_deg);
  proto->mutable_epicenter()->set_longitude_degrees(event.epicenter.longitude_deg);
  if (event.depth_km.has_value()) proto->set_depth_km(*event.depth_km);
  proto->set_magnitude(event.magnitude);
  proto->set_magnitude_type(event.magnitude_type);
  proto->set_place(event.place);
  proto->set_deleted(event.deleted);
  if (event.updated.has_value()) FillTime(*event.updated, proto->mutable_update_time());
}

void FillWithdrawal(const EventWithdrawal& withdrawal, v1::EventWithdrawal* proto) {
  proto->set_source(withdrawal.source);
  proto->set_source_event_id(withdrawal.source_event_id);
  if (withdrawal.updated.has_value()) FillTime(*withdrawal.updated, proto->mutable_update_time());
}

void FillStatement(const Completeness& statement, v1::CompletenessStatement* proto) {
  proto->set_source(statement.source);
  if (statement.region.has_value()) proto->set_region(Named("regions", statement.region->value()));
  if (statement.period.begin != absl::InfinitePast())
    FillTime(statement.period.begin, proto->mutable_complete_from_time());
  FillTime(statement.period.end, proto->mutable_complete_until_time());
  proto->set_magnitude(statement.magnitude);
  proto->set_basis(statement.basis == CompletenessBasis::kInferred ? v1::COMPLETENESS_BASIS_INFERRED
                                                                   : v1::COMPLETENESS_BASIS_STATED);
  proto->set_note(statement.note);
}

std::string LocalMinute(const google::protobuf::Timestamp& proto) { return tremorcast::LocalMinute(ToTime(proto)); }

std::string Named(absl::string_view collection, absl::string_view id) {
  const std::string prefix = absl::StrCat(collection, "/");
  return absl::StartsWith(id, prefix) ? std::string(id) : absl::StrCat(prefix, id);
}

std::string PurposeText(v1::ForecastPurpose purpose) {
  switch (purpose) {
    case v1::FORECAST_PURPOSE_OPERATIONAL:
      return "operational";
    case v1::FORECAST_PURPOSE_HINDCAST:
      return "hindcast";
    case v1::FORECAST_PURPOSE_TEST:
      return "test";
    default:
      return "unspecified";
  }
}

std::optional<v1::ForecastPurpose> ParsePurpose(absl::string_view text) {
  if (text == "operational") return v1::FORECAST_PURPOSE_OPERATIONAL;
  if (text == "hindcast") return v1::FORECAST_PURPOSE_HINDCAST;
  if (text == "test") return v1::FORECAST_PURPOSE_TEST;
  return std::nullopt;
}

std::string StatusText(v1::ForecastStatus status) {
  switch (status) {
    case v1::FORECAST_STATUS_OK:
      return "ok";
    case v1::FORECAST_STATUS_DEGRADED:
      return "degraded";
    case v1::FORECAST_STATUS_INSUFFICIENT_DATA:
      return "insufficient data";
    default:
      return "unspecified";
  }
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) return "{}";
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace tremorcast::cli
