#include "storage/stores/forecast_rows.h"

#include <algorithm>
#include <array>
#include <optional>

namespace tremorcast {

const char kForecastColumns[] =
    "region, valid_from, purpose, revision, forecast_id, supersedes, reason, status, sequence, region_title, "
    "polygon_latitudes_deg, "
    "polygon_longitudes_deg, issued_at, data_cutoff, valid_to, expires_at, next_issue, scored, probabilities, "
    "climatology, spread_low, "
    "spread_high, magnitude_edges, change_since_last, model_used, model_probabilities, pool_weight, "
    "demonstrated_skill, "
    "model_version, weights_sha256, training_from, training_to, calibration, runtime, git_revision, stations_enrolled, "
    "stations_usable, input_hash, catalogue_snapshot, verdict, limitations, set_aside_model";
const char kForecastPlaceholders[] =
    "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, "
    "$25, $26, $27, "
    "$28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42";
const char kVerificationColumns[] =
    "region, forecast_id, valid_from, purpose, verified_at, observed_class, largest_magnitude, events, "
    "catalogue_snapshot, "
    "probabilities, climatology, model_used, model_version, log_score, information_gain, observed_class_after_issue, "
    "information_gain_after_issue";
const char kVerificationPlaceholders[] = "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17";
const char kShadowColumns[] =
    "region, forecast_id, model_version, valid_from, purpose, answered_at, probabilities, pool_weight, served, "
    "weights_sha256, runtime, input_hash";
const char kShadowPlaceholders[] = "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12";

namespace {

template <size_t N>
void AddOptional(SqlParams* params, const std::optional<std::array<double, N>>& values) {
  if (values.has_value()) {
    params->Doubles(*values);
  } else {
    params->Null();
  }
}

}  // namespace

SqlParams ForecastParams(const Forecast& f) {
  std::vector<double> latitudes, longitudes;
  for (const GeoPoint& point : f.region_polygon) {
    latitudes.push_back(point.latitude_deg);
    longitudes.push_back(point.longitude_deg);
  }
  SqlParams p;
  p.Text(f.region.value())
      .Time(f.valid_from)
      .Int(static_cast<int>(f.purpose))
      .Int(f.revision)
      .Text(f.id)
      .Text(f.supersedes);
  p.Int(static_cast<int>(f.reason))
      .Int(static_cast<int>(f.status))
      .Int(f.sequence)
      .Text(f.region_title)
      .Doubles(latitudes);
  p.Doubles(longitudes)
      .Time(f.issued_at)
      .Time(f.data_cutoff)
      .Time(f.valid_to)
      .Time(f.expires_at)
      .Time(f.next_issue)
      .Bool(f.scored);
  p.Doubles(f.probabilities)
      .Doubles(f.climatology)
      .Doubles(f.spread_low)
      .Doubles(f.spread_high)
      .Doubles(f.magnitude_edges);
  AddOptional(&p, f.change_since_last);
  p.Bool(f.model_used);
  AddOptional(&p, f.model_probabilities);
  p.Double(f.pool_weight).Bool(f.demonstrated_skill).Text(f.model_version.value()).Text(f.weights_sha256);
  p.Time(f.training_period.begin).Time(f.training_period.end).Text(f.calibration).Text(f.runtime).Text(f.git_revision);
  p.Int(f.stations_enrolled)
      .Int(f.stations_usable)
      .Text(f.input_hash)
      .Text(f.catalogue_snapshot)
      .Text(f.verdict)
      .Texts(f.limitations)
      .Text(f.set_aside_model.value());
  return p;
}

Forecast ForecastFrom(SqlRow in) {
  Forecast f;
  f.region = RegionId(in.Text());
  f.valid_from = in.Time();
  f.purpose = static_cast<ForecastPurpose>(in.Int());
  f.revision = in.Int32();
  f.id = in.Text();
  f.supersedes = in.Text();
  f.reason = static_cast<RevisionReason>(in.Int());
  f.status = static_cast<ForecastStatus>(in.Int());
  f.sequence = in.Int();
  f.region_title = in.Text();
  const std::vector<double> latitudes = in.Doubles(), longitudes = in.Doubles();
  for (size_t k = 0; k < latitudes.size() && k < longitudes.size(); ++k)
    f.region_polygon.push_back({latitudes[k], longitudes[k]});
  f.issued_at = in.Time();
  f.data_cutoff = in.Time();
  f.valid_to = in.Time();
  f.expires_at = in.Time();
  f.next_issue = in.Time();
  f.scored = in.Bool();
  f.probabilities = in.Array<kClasses>();
  f.climatology = in.Array<kClasses>();
  f.spread_low = in.Array<kClasses - 1>();
  f.spread_high = in.Array<kClasses - 1>();
  f.magnitude_edges = in.Array<kClasses - 1>();
  if (!in.SkipNull()) f.change_since_last = in.Array<kClasses - 1>();
  f.model_used = in.Bool();
  if (!in.SkipNull()) f.model_probabilities = in.Array<kClasses>();
  f.pool_weight = in.Double();
  f.demonstrated_skill = in.Bool();
  f.model_version = ModelVersion(in.Text());
  f.weights_sha256 = in.Text();
  f.training_period.begin = in.Time();
  f.training_period.end = in.Time();
  f.calibration = in.Text();
  f.runtime = in.Text();
  f.git_revision = in.Text();
  f.stations_enrolled = in.Int32();
  f.stations_usable = in.Int32();
  f.input_hash = in.Text();
  f.catalogue_snapshot = in.Text();
  f.verdict = in.Text();
  f.limitations = in.Texts();
  f.set_aside_model = ModelVersion(in.Text());
  return f;
}

SqlParams StationParams(const Forecast& forecast, int ordinal) {
  const StationCoverage& station = forecast.stations[ordinal];
  SqlParams p;
  p.Text(forecast.region.value()).Text(forecast.id).Int(ordinal).Text(station.station.value()).Bool(station.usable);
  p.Double(station.slot_fraction);
  if (station.window.has_value()) {
    p.Text(station.window->station.value()).Time(station.window->start).Int(station.window->revision);
  } else {
    p.Null().Null().Null();
  }
  p.Texts(station.drift_flags);
  return p;
}

StationCoverage StationFrom(SqlRow in) {
  StationCoverage station;
  in.Skip(3);
  station.station = StationId(in.Text());
  station.usable = in.Bool();
  station.slot_fraction = in.Double();
  if (in.SkipNull()) {
    in.Skip(2);
  } else {
    WindowKey& window = station.window.emplace();
    window.station = StationId(in.Text());
    window.start = in.Time();
    window.revision = in.Int32();
  }
  station.drift_flags = in.Texts();
  return station;
}

SqlParams VerificationParams(const Verification& v) {
  SqlParams p;
  p.Text(v.region.value()).Text(v.forecast_id).Time(v.valid_from).Int(static_cast<int>(v.purpose)).Time(v.verified_at);
  p.Int(v.observed_class)
      .OptionalDouble(v.largest_magnitude)
      .Int(v.events)
      .Text(v.catalogue_snapshot)
      .Doubles(v.probabilities);
  p.Doubles(v.climatology)
      .Bool(v.model_used)
      .Text(v.model_version.value())
      .Double(v.log_score)
      .Double(v.information_gain);
  p.Int(v.observed_class_after_issue).Double(v.information_gain_after_issue);
  return p;
}

Verification VerificationFrom(SqlRow in) {
  Verification v;
  v.region = RegionId(in.Text());
  v.forecast_id = in.Text();
  v.valid_from = in.Time();
  v.purpose = static_cast<ForecastPurpose>(in.Int());
  v.verified_at = in.Time();
  v.observed_class = in.Int32();
  if (!in.SkipNull()) v.largest_magnitude = in.Double();
  v.events = in.Int32();
  v.catalogue_snapshot = in.Text();
  v.probabilities = in.Array<kClasses>();
  v.climatology = in.Array<kClasses>();
  v.model_used = in.Bool();
  v.model_version = ModelVersion(in.Text());
  v.log_score = in.Double();
  v.information_gain = in.Double();
  v.observed_class_after_issue = in.Int32();
  v.information_gain_after_issue = in.Double();
  return v;
}

SqlParams ShadowParams(const ShadowForecast& shadow) {
  SqlParams p;
  p.Text(shadow.region.value()).Text(shadow.forecast_id).Text(shadow.model_version.value()).Time(shadow.valid_from);
  p.Int(static_cast<int>(shadow.purpose)).Time(shadow.answered_at).Doubles(shadow.probabilities);
  p.Double(shadow.pool_weight).Bool(shadow.served).Text(shadow.weights_sha256).Text(shadow.runtime);
  p.Text(shadow.input_hash);
  return p;
}

ShadowForecast ShadowFrom(SqlRow in) {
  ShadowForecast shadow;
  shadow.region = RegionId(in.Text());
  shadow.forecast_id = in.Text();
  shadow.model_version = ModelVersion(in.Text());
  shadow.valid_from = in.Time();
  shadow.purpose = static_cast<ForecastPurpose>(in.Int());
  shadow.answered_at = in.Time();
  shadow.probabilities = in.Array<kClasses>();
  shadow.pool_weight = in.Double();
  shadow.served = in.Bool();
  shadow.weights_sha256 = in.Text();
  shadow.runtime = in.Text();
  shadow.input_hash = in.Text();
  return shadow;
}

}  // namespace tremorcast
