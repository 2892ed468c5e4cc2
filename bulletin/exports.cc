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
#include "core/forecast/forecast.h"
#include "core/forecast/rung.h"
#include "core/network/rings.h"
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

// An older server does not say, and knew weekly ones alone.
absl::string_view IssueName(const v1::Forecast& f) {
  return f.issue_kind() == v1::ISSUE_KIND_UNSPECIFIED ? IssueKindName(IssueKind::kWeekly)
                                                      : IssueKindName(static_cast<IssueKind>(f.issue_kind()));
}

// What answered; "" where an older server does not say.
absl::string_view AnswererName(const v1::Forecast& f) {
  return f.rung() == v1::RUNG_UNSPECIFIED ? "" : RungName(static_cast<Rung>(f.rung() - v1::RUNG_CLIMATOLOGY));
}

const char* StateName(StationState state) {
  return state == StationState::kWorking   ? "working"
         : state == StationState::kPartial ? "partial"
         : state == StationState::kSilent  ? "silent"
                                           : "not_enrolled";
}

// GeoJSON wants longitude first and the first point again at the end.
Json Ring(const std::vector<GeoPoint>& points) {
  Json ring = Json::array();
  for (const GeoPoint& point : points) ring.push_back({point.longitude_deg, point.latitude_deg});
  if (!points.empty()) ring.push_back(ring.front());
  return ring;
}

// A region has one ring; GeoJSON has parts, edges counter-clockwise, and holes in them, clockwise.
Json Geometry(const v1::Region& region) {
  const std::vector<GeoPoint> drawn = ToRegion(region).polygon;
  std::vector<std::vector<GeoPoint>> rings = SplitRings(drawn);
  if (rings.empty()) rings = {drawn};  // as it is
  std::vector<Json> parts;
  std::vector<Region> edges;
  for (const std::vector<GeoPoint>& ring : rings) {
    if (rings.size() > 1 && TwiceSignedArea(ring) < 0) continue;
    parts.push_back(Json::array({Ring(ring)}));
    edges.emplace_back().polygon = ring;
  }
  for (const std::vector<GeoPoint>& ring : rings) {
    if (rings.size() == 1 || TwiceSignedArea(ring) > 0) continue;
    // In the smallest part that holds the middle of one of its sides: corners may touch another.
    const GeoPoint inside{(ring[0].latitude_deg + ring[1].latitude_deg) / 2,
                          (ring[0].longitude_deg + ring[1].longitude_deg) / 2};
    size_t best = edges.size();
    for (size_t i = 0; i < edges.size(); ++i) {
      if (!RegionContains(edges[i], inside)) continue;
      if (best == edges.size() || TwiceSignedArea(edges[i].polygon) < TwiceSignedArea(edges[best].polygon)) best = i;
    }
    if (best < edges.size()) parts[best].push_back(Ring(ring));
  }
  if (parts.size() == 1) return {{"type", "Polygon"}, {"coordinates", parts[0]}};
  return {{"type", "MultiPolygon"}, {"coordinates", parts}};
}

Json ForecastProperties(const v1::Forecast& f) {
  Json probabilities = Json::array();
  for (const v1::Exceedance& e : f.exceedances()) {
    probabilities.push_back(
        {{"magnitude", e.magnitude()}, {"probability", e.probability()}, {"climatology", e.climatology()}});
  }
  return {{"forecast", f.name()},
          {"issue", IssueName(f)},
          {"trigger", f.trigger()},
          {"rung", AnswererName(f)},
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

// One for each exceedance.
void AppendRows(const v1::Forecast& f, std::string& out) {
  for (const v1::Exceedance& e : f.exceedances()) {
    absl::StrAppend(
        &out, CsvField(LastPart(f.region())), ",", Utc(f.valid_from_time()), ",", Utc(f.valid_to_time()), ",",
        Utc(f.issue_time()), ",", PurposeName(f.purpose()), ",", StatusName(f.status()), ",", f.revision(), ",",
        absl::StrFormat("%.1f,%.17g,%.17g", e.magnitude(), e.probability(), e.climatology()), ",",
        f.coverage().usable_count(), ",", f.coverage().enrolled_count(), ",", HasSkill(f) ? "true" : "false", ",",
        CsvField(f.name()), ",", IssueName(f), ",", AnswererName(f), "\r\n");
  }
}

}  // namespace

std::string GeoJson(const Bulletin& bulletin) {
  Json features = Json::array();
  for (const RegionBulletin& one : bulletin.regions) {
    Json properties = {{"kind", "region"},
                       {"region", LastPart(one.region.name())},
                       {"title", one.region.title()},
                       {"whole_network", one.region.whole_network()}};
    if (one.newest() != nullptr) properties.update(ForecastProperties(*one.newest()));
    features.push_back({{"type", "Feature"},
                        {"id", one.region.name()},
                        {"geometry", Geometry(one.region)},
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
      "stations_enrolled,demonstrated_skill,forecast,issue,rung\r\n";
  for (const RegionBulletin& one : bulletin.regions) {
    for (const auto* forecasts : {&one.between_weeks, &one.forecasts}) {
      for (const v1::Forecast& f : *forecasts) AppendRows(f, out);
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
  const v1::Forecast* f = region.newest();
  if (f == nullptr) return std::nullopt;
  Json bins = Json::array();
  for (const v1::Exceedance& e : f->exceedances())
    bins.push_back({{"magnitude", e.magnitude()}, {"probability", e.probability()}, {"climatology", e.climatology()}});
  Json model = {
      {"name", !f->model_use().used()            ? "climatology"
               : f->rung() == v1::RUNG_CATALOGUE ? "ETAS pooled with climatology"
                                                 : "Tremorcast pooled with the rung below"},
      {"parameters", {{"poolWeight", f->model_use().pool_weight()}, {"checkpoint", f->model_use().weights_sha256()}}}};
  return Dump({{"creationTime", Millis(f->issue_time())},
               {"expireTime", Millis(f->expire_time())},
               {"advisoryTimeFrame", "1 Week"},
               {"injectableText", absl::StrCat(f->verdict(), f->verdict().empty() ? "" : " ", f->audience_notice())},
               {"region", LastPart(region.region.name())},
               {"purpose", PurposeName(f->purpose())},
               {"issue", IssueName(*f)},
               {"trigger", f->trigger()},
               {"demonstratedSkill", HasSkill(*f)},
               {"model", model},
               {"forecast", Json::array({{{"timeStart", Millis(f->valid_from_time())},
                                          {"timeEnd", Millis(f->valid_to_time())},
                                          {"label", "1 Week"},
                                          {"bins", bins}}})}});
}

}  // namespace tremorcast::bulletin
