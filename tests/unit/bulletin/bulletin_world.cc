#include "tests/unit/bulletin/bulletin_world.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

namespace tremorcast::bulletin {
namespace {

void Set(absl::Time time, google::protobuf::Timestamp* proto) { proto->set_seconds(absl::ToUnixSeconds(time)); }

RegionBulletin Area(const std::string& id, double west) {
  RegionBulletin area;
  area.region.set_name("regions/" + id);
  area.region.set_title(id);
  // Clockwise, which GeoJSON does not want.
  const double corners[][2] = {{22, west}, {26, west}, {26, west + 4}, {22, west + 4}};
  for (const auto& [latitude, longitude] : corners) {
    v1::GeoPoint* point = area.region.mutable_polygon()->add_points();
    point->set_latitude_degrees(latitude);
    point->set_longitude_degrees(longitude);
  }
  return area;
}

v1::Station MakeStation(const std::string& id, bool enrolled) {
  v1::Station station;
  station.set_name("stations/" + id);
  station.mutable_location()->set_latitude_degrees(24);
  station.mutable_location()->set_longitude_degrees(100);
  station.set_magn_updating(enrolled);
  station.set_sound_updating(enrolled);
  return station;
}

}  // namespace

v1::Forecast MakeForecast(const std::string& region, absl::Time valid_from, double event) {
  v1::Forecast f;
  f.set_name(
      absl::StrCat("regions/", region, "/forecasts/", absl::FormatTime("%Y%m%d", valid_from, absl::UTCTimeZone())));
  f.set_revision(1);
  f.set_region("regions/" + region);
  f.set_purpose(v1::FORECAST_PURPOSE_OPERATIONAL);
  f.set_status(v1::FORECAST_STATUS_OK);
  Set(valid_from, f.mutable_valid_from_time());
  Set(valid_from, f.mutable_data_cutoff_time());
  Set(valid_from + absl::Minutes(30), f.mutable_issue_time());
  Set(valid_from + absl::Hours(168), f.mutable_valid_to_time());
  Set(valid_from + absl::Hours(168), f.mutable_expire_time());
  const double parts[] = {1, 0.4, 0.2, 0.1};
  for (int k = 0; k < 4; ++k) {
    v1::Exceedance* e = f.add_exceedances();
    e->set_magnitude(3.5 + 0.5 * k);
    e->set_probability(event * parts[k]);
    e->set_climatology(0.05 * parts[k]);
    e->set_ratio(event / 0.05);
    e->set_display(absl::StrFormat("%.0f %%", 100 * event * parts[k]));
  }
  const double classes[] = {1 - event, 0.6 * event, 0.2 * event, 0.1 * event, 0.1 * event};
  for (const double p : classes) f.add_class_probabilities(p);
  f.mutable_coverage()->set_enrolled_count(3);
  f.mutable_coverage()->set_usable_count(3);
  f.mutable_model_use()->set_used(true);
  f.mutable_model_use()->set_model("models/m1");
  return f;
}

Bulletin MakeBulletin() {
  Bulletin b;
  b.made_at = b.reference = kNow;
  b.regions = {Area("area-0", 98), Area("area-1", 102), Area("all", 98)};
  b.regions[2].region.mutable_polygon()->mutable_points(2)->set_longitude_degrees(106);
  b.regions[2].region.mutable_polygon()->mutable_points(3)->set_longitude_degrees(106);
  b.regions[2].region.set_whole_network(true);
  b.regions[0].forecasts = {MakeForecast("area-0", kWeek, 0.12),
                            MakeForecast("area-0", kWeek - absl::Hours(168), 0.04)};
  b.stations = {MakeStation("gone", true), MakeStation("half", true), MakeStation("off", false),
                MakeStation("on", true)};
  b.freshness["stations/gone"] = {kNow - absl::Hours(7), kNow - absl::Hours(7)};
  b.freshness["stations/half"] = {kNow - absl::Hours(5), absl::InfinitePast()};
  b.freshness["stations/off"] = {kNow, kNow};
  b.freshness["stations/on"] = {kNow - absl::Minutes(20), kNow - absl::Minutes(20)};
  return b;
}

v1::RateMap MakeRates() {
  v1::RateMap map;
  v1::SimulationInfo& from = *map.mutable_simulation();
  from.set_forecast("regions/area-0/forecasts/f1");
  from.set_model("models/m1");
  from.set_weights_sha256("abc");
  from.set_seed(7);
  from.set_catalogues(1000);
  Set(kWeek, from.mutable_valid_from_time());
  Set(kWeek + absl::Minutes(30), from.mutable_known_time());
  from.set_completeness_magnitude(3);
  map.set_days(7);
  map.set_south_degrees(22);
  map.set_west_degrees(98);
  map.set_step_degrees(0.1);
  for (int k = 0; k < 4; ++k) {
    from.add_magnitude_edges(3.5 + 0.5 * k);
    map.add_magnitude_shares(1.0 / (1 << k));
  }
  const struct {
    int row, column;
    double expected, chance;
  } cells[] = {{3, 21, 0.04, 0.03}, {3, 22, 2.5, 0.8}, {4, 21, 1e-7, 1e-7}};
  for (const auto& cell : cells) {
    v1::RateCell* one = map.add_cells();
    one->set_row(cell.row);
    one->set_column(cell.column);
    one->set_expected_events(cell.expected);
    for (const double part : {1.0, 0.4, 0.2, 0.1}) one->add_exceedance_probabilities(cell.chance * part);
  }
  return map;
}

}  // namespace tremorcast::bulletin
