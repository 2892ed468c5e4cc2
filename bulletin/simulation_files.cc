#include "bulletin/simulation_files.h"

#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>
#include <nlohmann/json.hpp>

#include "bulletin/values.h"
#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "core/csep/csep_export.h"

namespace tremorcast::bulletin {
namespace {

absl::Time EndOf(const v1::RateMap& map) {
  return ToTime(map.simulation().valid_from_time()) + absl::Hours(24) * map.days();
}

GeoBox BoxOf(const v1::RateMap& map, const v1::RateCell& cell) {
  const double south = map.south_degrees() + cell.row() * map.step_degrees();
  const double west = map.west_degrees() + cell.column() * map.step_degrees();
  return {south, south + map.step_degrees(), west, west + map.step_degrees()};
}

}  // namespace

std::string RatesDat(const v1::RateMap& map) {
  const v1::SimulationInfo& from = map.simulation();
  const CsepOptions options;
  std::string text = absl::StrFormat(
      "# Tremorcast: expected earthquakes, catalogue rung (ETAS), cells of %g degrees\n"
      "# forecast %s\n"
      "# model %s weights %s seed %d catalogues %d\n"
      "# from %s to %s, %g days\n"
      "# catalogue as known at %s, complete from M %.2f on\n"
      "# lon_min lon_max lat_min lat_max depth_min depth_max mag_min mag_max rate mask\n",
      map.step_degrees(), from.forecast(), LastPart(from.model()), from.weights_sha256(), from.seed(),
      from.catalogues(), FormatUtc(ToTime(from.valid_from_time())), FormatUtc(EndOf(map)), map.days(),
      FormatUtc(ToTime(from.known_time())), from.completeness_magnitude());
  const int bins = map.magnitude_shares_size();
  for (const v1::RateCell& cell : map.cells()) {
    const GeoBox box = BoxOf(map, cell);
    for (int k = 0; k < bins; ++k) {
      const bool last = k + 1 == bins;
      const double share = map.magnitude_shares(k) - (last ? 0 : map.magnitude_shares(k + 1));
      absl::StrAppendFormat(&text, "%.10g %.10g %.10g %.10g %g %g %g %g %.9e 1\n", box.west, box.east, box.south,
                            box.north, options.depth_min_km, options.depth_max_km, from.magnitude_edges(k),
                            last ? options.largest_magnitude : from.magnitude_edges(k + 1),
                            cell.expected_events() * share);
    }
  }
  return text;
}

std::string RatesGeoJson(const v1::RateMap& map) {
  const v1::SimulationInfo& from = map.simulation();
  const nlohmann::ordered_json head = {{"type", "FeatureCollection"},
                                       {"forecast", from.forecast()},
                                       {"model", LastPart(from.model())},
                                       {"weights_sha256", from.weights_sha256()},
                                       {"seed", from.seed()},
                                       {"catalogues", from.catalogues()},
                                       {"valid_from", FormatUtc(ToTime(from.valid_from_time()))},
                                       {"valid_to", FormatUtc(EndOf(map))},
                                       {"days", map.days()},
                                       {"catalogue_known_at", FormatUtc(ToTime(from.known_time()))},
                                       {"completeness_magnitude", from.completeness_magnitude()},
                                       {"step_degrees", map.step_degrees()}};
  std::string text = head.dump();
  text.pop_back();  // the brace, for a list that is not held twice
  absl::StrAppend(&text, ",\"features\":[");
  std::vector<std::string> names;
  for (const double edge : from.magnitude_edges()) names.push_back(absl::StrFormat("p_m%.1f", edge));
  const char* comma = "\n";
  for (const v1::RateCell& cell : map.cells()) {
    const GeoBox box = BoxOf(map, cell);
    absl::StrAppendFormat(&text,
                          "%s{\"type\":\"Feature\",\"geometry\":{\"type\":\"Polygon\",\"coordinates\":"
                          "[[[%.10g,%.10g],[%.10g,%.10g],[%.10g,%.10g],[%.10g,%.10g],[%.10g,%.10g]]]},"
                          "\"properties\":{\"expected\":%.6g",
                          std::exchange(comma, ",\n"), box.west, box.south, box.east, box.south, box.east, box.north,
                          box.west, box.north, box.west, box.south, cell.expected_events());
    for (size_t k = 0; k < names.size(); ++k) {
      absl::StrAppendFormat(&text, ",\"%s\":%.6g", names[k], cell.exceedance_probabilities(static_cast<int>(k)));
    }
    text += "}}";
  }
  return text + "\n]}\n";
}

void AppendCatalogueCsv(const v1::SimulatedCatalogue& catalogue, std::string* csv) {
  if (catalogue.first_event() == 0 && catalogue.events().empty()) {
    absl::StrAppend(csv, ",,,,,", catalogue.index(), ",\n");
    return;
  }
  int event = catalogue.first_event();
  for (const v1::SimulatedEvent& one : catalogue.events()) {
    absl::StrAppendFormat(csv, "%.8f,%.8f,%.2f,%s,,%d,%d-%d\n", one.longitude_degrees(), one.latitude_degrees(),
                          one.magnitude(),
                          absl::FormatTime("%Y-%m-%dT%H:%M:%E6S", ToTime(one.origin_time()), absl::UTCTimeZone()),
                          catalogue.index(), catalogue.index(), ++event);
  }
}

}  // namespace tremorcast::bulletin
