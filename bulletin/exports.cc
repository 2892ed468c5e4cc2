#include "bulletin/exports.h"

#include <algorithm>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <nlohmann/json.hpp>

#include "bulletin/values.h"
#include "bulletin/words.h"
#include "core/base/ids.h"
#include "core/csep/csep_export.h"
#include "core/readers/catalogue_csv.h"
#include "core/readers/csv_records.h"

namespace tremorcast::bulletin {
namespace {

using Json = nlohmann::ordered_json;

std::string Utc(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", ToTime(time), absl::UTCTimeZone());
}

int64_t Millis(const google::protobuf::Timestamp& time) { return absl::ToUnixMillis(ToTime(time)); }

std::string Dump(const Json& json) { return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

const char* PurposeName(v1::ForecastPurpose purpose) {
  return purpose == v1::FORECAST_PURPOSE_OPERATIONAL ? "operational"
         : purpose == v1::FORECAST_PURPOSE_HINDCAST  ? "hindcast"
                                                     : "test";
}

const char* StatusName(v1::ForecastStatus status) {
  return status == v1::FORECAST_STATUS_OK         ? "ok"
         : status == v1::FORECAST_STATUS_DEGRADED ? "degraded"
                                                  : "insufficient_data";
}

const char* StateName(StationState state) {
  return state == StationState::kWorking   ? "working"
         : state == StationState::kPartial ? "partial"
         : state == StationState::kSilent  ? "silent"
                                           : "not_enrolled";
}

// GeoJSON wants exterior rings counterclockwise, and closed.
Json Ring(const v1::Polygon& polygon) {
  std::vector<std::pair<double, double>> points;
  for (const v1::GeoPoint& point : polygon.points())
    points.emplace_back(point.longitude_degrees(), point.latitude_degrees());
  double area = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    const auto& a = points[i];
    const auto& b = points[(i + 1) % points.size()];
    area += a.first * b.second - b.first * a.second;
  }
  if (area < 0) std::reverse(points.begin(), points.end());
  if (!points.empty()) points.push_back(points.front());
  Json ring = Json::array();
  for (const auto& [longitude, latitude] : points) ring.push_back({longitude, latitude});
  return ring;
}

Json ForecastProperties(const v1::Forecast& f) {
  Json probabilities = Json::array();
  for (const v1::Exceedance& e : f.exceedances()) {
    probabilities.push_back(
        {{"magnitude", e.magnitude()}, {"probability", e.probability()}, {"climatology", e.climatology()}});
  }
  return {{"forecast", f.name()},
          {"valid_from", Utc(f.valid_from_time())},
          {"valid_to", Utc(f.valid_to_time())},
          {"issued", Utc(f.issue_time())},
          {"purpose", PurposeName(f.purpose())},
          {"status", StatusName(f.status())},
          {"demonstrated_skill", HasSkill(f)},
          {"verdict", f.verdict()},
          {"exceedance", probabilities},
          {"stations_usable", f.coverage().usable_count()},
          {"stations_enrolled", f.coverage().enrolled_count()},
          {"notice", f.audience_notice()}};
}

Region ToRegion(const v1::Region& proto) {
  Region region;
  region.id = RegionId(LastPart(proto.name()));
  for (const v1::GeoPoint& point : proto.polygon().points())
    region.polygon.push_back({point.latitude_degrees(), point.longitude_degrees()});
  return region;
}

}  // namespace

std::string GeoJson(const Bulletin& bulletin) {
  Json features = Json::array();
  for (const RegionBulletin& one : bulletin.regions) {
    Json properties = {{"kind", "region"},
                       {"region", LastPart(one.region.name())},
                       {"title", one.region.title()},
                       {"whole_network", one.region.whole_network()}};
    if (one.latest() != nullptr) properties.update(ForecastProperties(*one.latest()));
    features.push_back({{"type", "Feature"},
                        {"id", one.region.name()},
                        {"geometry", {{"type", "Polygon"}, {"coordinates", Json::array({Ring(one.region.polygon())})}}},
                        {"properties", properties}});
  }
  for (const v1::Station& station : bulletin.stations) {
    features.push_back(
        {{"type", "Feature"},
         {"id", station.name()},
         {"geometry",
          {{"type", "Point"},
           {"coordinates", {station.location().longitude_degrees(), station.location().latitude_degrees()}}}},
         {"properties",
          {{"kind", "station"},
           {"station", LastPart(station.name())},
           {"state", StateName(bulletin.StateOf(station))}}}});
  }
  return Dump({{"type", "FeatureCollection"}, {"features", features}});
}

std::string ForecastsCsv(const Bulletin& bulletin) {
  std::string out =
      "region,valid_from,valid_to,issued,purpose,status,revision,magnitude,probability,climatology,stations_usable,"
      "stations_enrolled,demonstrated_skill,forecast\r\n";
  for (const RegionBulletin& one : bulletin.regions) {
    for (const v1::Forecast& f : one.forecasts) {
      for (const v1::Exceedance& e : f.exceedances()) {
        absl::StrAppend(&out, CsvField(LastPart(f.region())), ",", Utc(f.valid_from_time()), ",",
                        Utc(f.valid_to_time()), ",", Utc(f.issue_time()), ",", PurposeName(f.purpose()), ",",
                        StatusName(f.status()), ",", f.revision(), ",",
                        absl::StrFormat("%.1f,%.17g,%.17g", e.magnitude(), e.probability(), e.climatology()), ",",
                        f.coverage().usable_count(), ",", f.coverage().enrolled_count(), ",",
                        HasSkill(f) ? "true" : "false", ",", CsvField(f.name()), "\r\n");
      }
    }
  }
  return out;
}

std::string FdsnText(const Bulletin& bulletin) {
  std::vector<SeismicEvent> events;
  for (const v1::SeismicEvent& proto : bulletin.events) events.push_back(ToEvent(proto));
  return WriteFdsnText(events);
}

std::optional<std::string> CsepRates(const Bulletin& bulletin) {
  std::vector<CsepCell> cells;
  for (const RegionBulletin& one : bulletin.regions) {
    const v1::Forecast* latest = one.latest();
    if (one.region.whole_network() || latest == nullptr || latest->class_probabilities_size() != kClasses) continue;
    CsepCell cell;
    cell.region = ToRegion(one.region);
    std::copy(latest->class_probabilities().begin(), latest->class_probabilities().end(), cell.probabilities.begin());
    cells.push_back(std::move(cell));
  }
  auto rates = FormatCsepForecast(cells, CsepOptions());
  if (!rates.ok()) return std::nullopt;
  return *std::move(rates);
}

std::optional<std::string> UsgsForecastJson(const RegionBulletin& region) {
  const v1::Forecast* f = region.latest();
  if (f == nullptr) return std::nullopt;
  Json bins = Json::array();
  for (const v1::Exceedance& e : f->exceedances())
    bins.push_back({{"magnitude", e.magnitude()}, {"probability", e.probability()}, {"climatology", e.climatology()}});
  Json model = {
      {"name", f->model_use().used() ? "Tremorcast pooled with climatology" : "climatology"},
      {"parameters", {{"poolWeight", f->model_use().pool_weight()}, {"checkpoint", f->model_use().weights_sha256()}}}};
  return Dump({{"creationTime", Millis(f->issue_time())},
               {"expireTime", Millis(f->expire_time())},
               {"advisoryTimeFrame", "1 Week"},
               {"injectableText", absl::StrCat(f->verdict(), f->verdict().empty() ? "" : " ", f->audience_notice())},
               {"region", LastPart(region.region.name())},
               {"purpose", PurposeName(f->purpose())},
               {"demonstratedSkill", HasSkill(*f)},
               {"model", model},
               {"forecast", Json::array({{{"timeStart", Millis(f->valid_from_time())},
                                          {"timeEnd", Millis(f->valid_to_time())},
                                          {"label", "1 Week"},
                                          {"bins", bins}}})}});
}

}  // namespace tremorcast::bulletin
