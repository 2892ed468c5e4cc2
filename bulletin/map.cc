#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <numbers>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <absl/types/span.h>

#include "bulletin/pages.h"
#include "bulletin/values.h"
#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "core/network/rings.h"
#include "page/html.h"
#include "page/svg_chart.h"
#include "page/svg_text.h"

namespace tremorcast::bulletin {
namespace {

constexpr double kWidth = 360;
constexpr double kMargin = 0.04;  // of the longer side, around what is shown
constexpr double kShades[] = {0.02, 0.05, 0.10, 0.20, 0.40};
// Events in a cell. From a quiet corner to the middle of a sequence lie five powers of ten.
constexpr double kRateShades[] = {1e-4, 1e-3, 0.01, 0.1, 1};

// Plate carrée with the middle latitude true: a degree is as long both ways there.
class Projection {
 public:
  void Include(const v1::GeoPoint& point) {
    south_ = std::min(south_, point.latitude_degrees());
    north_ = std::max(north_, point.latitude_degrees());
    west_ = std::min(west_, point.longitude_degrees());
    east_ = std::max(east_, point.longitude_degrees());
  }
  bool empty() const { return south_ > north_; }
  void Fit() {
    const double pad = std::max({kMargin * (north_ - south_), kMargin * (east_ - west_), 0.1});
    south_ -= pad, north_ += pad, west_ -= pad, east_ += pad;
    squeeze_ = std::max(0.1, std::cos((south_ + north_) / 2 * std::numbers::pi / 180));
    scale_ = kWidth / ((east_ - west_) * squeeze_);
  }
  double X(double longitude) const { return (longitude - west_) * squeeze_ * scale_; }
  double Y(double latitude) const { return (north_ - latitude) * scale_; }
  double LatitudeAt(double y) const { return north_ - y / scale_; }
  double height() const { return (north_ - south_) * scale_; }
  double south() const { return south_; }
  double north() const { return north_; }
  double west() const { return west_; }
  double east() const { return east_; }

 private:
  double south_ = 90, north_ = -90, west_ = 180, east_ = -180, squeeze_ = 1, scale_ = 1;
};

std::string Path(const Projection& map, const v1::Polygon& polygon) {
  std::string path;
  for (const v1::GeoPoint& point : polygon.points()) {
    absl::StrAppend(&path, path.empty() ? "M" : "L", Unit(map.X(point.longitude_degrees())), " ",
                    Unit(map.Y(point.latitude_degrees())));
  }
  return absl::StrCat(path, "z");
}

// Of the area.
GeoPoint Centre(const v1::Region& region) {
  const std::vector<GeoPoint> ring = ToRegion(region).polygon;
  double area = 0, x = 0, y = 0;
  // Each side with the region on its left, so that holes count against their surroundings.
  for (const RingSide& side : BorderSides(ring)) {
    const double ax = side.from.longitude_deg - ring[0].longitude_deg,
                 ay = side.from.latitude_deg - ring[0].latitude_deg;
    const double bx = side.to.longitude_deg - ring[0].longitude_deg, by = side.to.latitude_deg - ring[0].latitude_deg;
    const double cross = ax * by - bx * ay;
    area += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  }
  if (std::abs(area) < 1e-9) return ring[0];
  return {ring[0].latitude_deg + y / (3 * area), ring[0].longitude_deg + x / (3 * area)};
}

std::string Graticule(const Projection& map) {
  std::string out;
  for (const double longitude : NiceTicks(map.west(), map.east(), 5)) {
    const double x = map.X(longitude);
    absl::StrAppend(&out, SvgLine(x, 0, x, map.height(), "grid"),
                    SvgText(x, map.height() - 2, "middle", "tick",
                            absl::StrCat(std::abs(longitude), "°", longitude < 0 ? "W" : "E")));
  }
  for (const double latitude : NiceTicks(map.south(), map.north(), 5)) {
    const double y = map.Y(latitude);
    absl::StrAppend(
        &out, SvgLine(0, y, kWidth, y, "grid"),
        SvgText(2, y - 2, "start", "tick", absl::StrCat(std::abs(latitude), "°", latitude < 0 ? "S" : "N")));
  }
  return out;
}

bool HasProbability(const v1::Forecast* forecast) { return forecast != nullptr && forecast->exceedances_size() > 0; }

// The cells of the region's map, as far as they lie in the region. Those of one shade are one path,
// and neighbours in a row one box of it.
std::string Rates(const Projection& map, const RegionBulletin& one) {
  if (one.rates == nullptr) return "";
  const v1::RateMap& rates = *one.rates;
  const double step = rates.step_degrees();
  std::array<std::string, std::size(kRateShades) + 1> paths;
  for (int i = 0; i < rates.cells_size();) {
    const v1::RateCell& first = rates.cells(i);
    const int shade = RateShadeOf(first.expected_events());
    int length = 1;
    while (i + length < rates.cells_size() && rates.cells(i + length).row() == first.row() &&
           rates.cells(i + length).column() == first.column() + length &&
           RateShadeOf(rates.cells(i + length).expected_events()) == shade) {
      ++length;
    }
    i += length;
    const double west = rates.west_degrees() + first.column() * step;
    const double south = rates.south_degrees() + first.row() * step;
    const double x = map.X(west), y = map.Y(south + step);
    const std::string width = Unit(map.X(west + length * step) - x);
    absl::StrAppend(&paths[static_cast<size_t>(shade)], "M", Unit(x), " ", Unit(y), "h", width, "v",
                    Unit(map.Y(south) - y), "h-", width, "z");
  }
  const std::string id = absl::StrCat("in-", LastPart(one.region.name()));
  std::string out =
      absl::StrCat("<clipPath id=\"", id, "\"><path clip-rule=\"evenodd\" d=\"", Path(map, one.region.polygon()),
                   "\"/></clipPath>\n<g class=\"cells\" clip-path=\"url(#", id, ")\">\n");
  for (size_t shade = 0; shade < paths.size(); ++shade) {
    if (!paths[shade].empty()) absl::StrAppend(&out, "<path class=\"r", shade, "\" d=\"", paths[shade], "\"/>\n");
  }
  return out + "</g>\n";
}

std::string RegionShape(const Projection& map, const RegionBulletin& one, const Words& words) {
  const std::string path = Path(map, one.region.polygon());
  if (one.region.whole_network()) return absl::StrCat("<path class=\"whole\" d=\"", path, "\"/>\n");
  const std::string id = LastPart(one.region.name());
  const v1::Forecast* newest = one.newest();
  const bool known = HasProbability(newest);
  const std::string shown = known ? newest->exceedances(0).display() : words("none yet", "尚无");
  const std::string label = absl::StrCat(RegionTitle(one.region), ": P(M ≥ 3.5) ", shown);
  const std::string shade = one.rates != nullptr ? "rated"
                            : known              ? absl::StrCat("p", ShadeOf(newest->exceedances(0).probability()))
                                                 : "p0";
  std::string out =
      absl::StrCat("<a href=\"", words.File(absl::StrCat("region-", id)), "\" aria-label=\"", EscapeHtml(label),
                   "\"><title>", EscapeHtml(label), "</title><path class=\"region ", shade, "\" d=\"", path, "\"/>");
  // What the catalogue says wants no station.
  if (!known || (newest->status() != v1::FORECAST_STATUS_OK && newest->rung() != v1::RUNG_CATALOGUE)) {
    absl::StrAppend(&out, "<path class=\"nodata\" d=\"", path, "\"/>");
  }
  return absl::StrCat(out, "</a>\n");
}

// In the middle of the region; above or below it where most of its earthquakes are expected there.
GeoPoint LabelPlace(const Projection& map, const RegionBulletin& one) {
  const GeoPoint centre = Centre(one.region);
  if (one.rates == nullptr || one.rates->cells().empty()) return centre;
  const auto& cells = one.rates->cells();
  const auto most = std::max_element(cells.begin(), cells.end(), [](const auto& a, const auto& b) {
    return a.expected_events() < b.expected_events();
  });
  const double north = one.rates->south_degrees() + (most->row() + 0.5) * one.rates->step_degrees();
  const double east = one.rates->west_degrees() + (most->column() + 0.5) * one.rates->step_degrees();
  const Region region = ToRegion(one.region);
  for (const double up : {0.0, 40.0, -40.0, 60.0, -60.0}) {
    const GeoPoint place{map.LatitudeAt(map.Y(centre.latitude_deg) - up), centre.longitude_deg};
    const bool apart = std::abs(map.X(place.longitude_deg) - map.X(east)) > 40 ||
                       std::abs(map.Y(place.latitude_deg) - map.Y(north)) > 30;
    if (apart && RegionContains(region, place)) return place;
  }
  return centre;
}

std::string RegionLabel(const Projection& map, const RegionBulletin& one, const Words& words) {
  if (one.region.polygon().points_size() == 0) return "";
  const GeoPoint place = LabelPlace(map, one);
  const double x = map.X(place.longitude_deg), y = map.Y(place.latitude_deg);
  const v1::Forecast* newest = one.newest();
  return absl::StrCat(
      SvgText(x, y - 2, "middle", "", FitText(LastPart(one.region.name()), 80)),
      SvgText(x, y + 11, "middle", "big", HasProbability(newest) ? newest->exceedances(0).display() : words("–", "–")));
}

const char* StateCss(StationState state) {
  constexpr std::array<const char*, 4> kCss = {"working", "partial", "silent", "notenrolled"};
  return kCss[static_cast<size_t>(state)];
}

// Shapes differ too, for those who cannot tell the colours apart.
std::string StationMark(double x, double y, StationState state) {
  if (state == StationState::kSilent) {
    return absl::StrCat("<path class=\"silent\" d=\"M", Unit(x - 2.2), " ", Unit(y - 2.2),
                        "l4.4 4.4m0 -4.4l-4.4 4.4\"/>");
  }
  if (state == StationState::kPartial) return SvgMark(2, x, y, 2.4, "partial");
  return SvgMark(0, x, y, state == StationState::kWorking ? 2.2 : 1.3, StateCss(state));
}

double EventRadius(double magnitude) { return 2 + 2.2 * std::max(0.0, magnitude - 3); }

std::string Stations(const Projection& map, const Bulletin& bulletin) {
  std::string out;
  for (const v1::Station& station : bulletin.stations) {
    absl::StrAppend(&out, StationMark(map.X(station.location().longitude_degrees()),
                                      map.Y(station.location().latitude_degrees()), bulletin.StateOf(station)));
  }
  return out;
}

std::string Events(const Projection& map, const Bulletin& bulletin) {
  std::string out;
  for (const v1::SeismicEvent& event : bulletin.events) {
    const double x = map.X(event.epicenter().longitude_degrees()), y = map.Y(event.epicenter().latitude_degrees());
    if (x < 0 || x > kWidth || y < 0 || y > map.height()) continue;
    absl::StrAppend(&out, SvgMark(0, x, y, EventRadius(event.magnitude()), "event"));
  }
  return out;
}

std::string LegendEntry(absl::string_view svg, absl::string_view text) {
  return absl::StrCat("<li><svg viewBox=\"0 0 20 16\" aria-hidden=\"true\">", svg, "</svg>", text, "</li>\n");
}

std::string ShadeLegend(absl::string_view title, const char* css, const std::vector<std::string>& ranges) {
  std::string out = absl::StrCat("<p class=\"scale\">", title, "</p>\n<ul class=\"legend\">\n");
  for (size_t i = 0; i < ranges.size(); ++i) {
    absl::StrAppend(
        &out, LegendEntry(absl::StrCat("<rect class=\"", css, i, "\" x=\"1\" y=\"1\" width=\"18\" height=\"14\"/>"),
                          EscapeHtml(ranges[i])));
  }
  return out + "</ul>\n";
}

// What the map shows of these regions.
std::string Legend(const Bulletin& bulletin, absl::Span<const RegionBulletin* const> regions, const Words& words) {
  std::string out;
  const auto rated = [](const RegionBulletin* one) { return one->rates != nullptr; };
  if (!std::all_of(regions.begin(), regions.end(), rated)) {
    absl::StrAppend(
        &out,
        ShadeLegend(words("Probability of at least one earthquake of M ≥ 3.5 in the region within the week:",
                          "一周内该区发生至少一次 3.5 级及以上地震的概率："),
                    "p", ShadeRanges()),
        "<ul class=\"legend\">\n",
        LegendEntry("<rect class=\"p0\" x=\"1\" y=\"1\" width=\"18\" height=\"14\"/><rect fill=\"url(#hatch)\" x=\"1\" "
                    "y=\"1\" width=\"18\" height=\"14\"/>",
                    words("too few stations", "台站不足")),
        "</ul>\n");
  }
  if (const auto one = std::find_if(regions.begin(), regions.end(), rated); one != regions.end()) {
    const v1::RateMap& map = *(*one)->rates;
    const double edge = map.simulation().magnitude_edges_size() > 0 ? map.simulation().magnitude_edges(0) : 3.5;
    const std::string cell = absl::StrFormat("%g° × %g°", map.step_degrees(), map.step_degrees());
    const int64_t catalogues = map.simulation().catalogues();
    const std::string title =
        words.language() == Language::kEnglish
            ? absl::StrFormat("Earthquakes of M ≥ %.1f expected per week and cell of %s, from %d simulated catalogues:",
                              edge, cell, catalogues)
            : absl::StrFormat("每周每格（%s）M ≥ %.1f 地震的期望数（%d 个模拟目录）：", cell, edge, catalogues);
    absl::StrAppend(&out, ShadeLegend(title, "r", RateShadeRanges()));
  }
  absl::StrAppend(&out, "<ul class=\"legend\">\n");
  std::array<int, 4> count = {};
  for (const v1::Station& station : bulletin.stations) ++count[static_cast<size_t>(bulletin.StateOf(station))];
  for (size_t i = 0; i < count.size(); ++i) {
    if (count[i] == 0) continue;
    const auto state = static_cast<StationState>(i);
    absl::StrAppend(
        &out, LegendEntry(StationMark(10, 8, state),
                          absl::StrCat(words("station ", "台站："), StateText(words, state), " (", count[i], ")")));
  }
  absl::StrAppend(
      &out, LegendEntry(SvgMark(0, 10, 8, EventRadius(3.5), "event"), "M 3.5"),
      LegendEntry(SvgMark(0, 10, 8, EventRadius(5), "event"), words("M 5, within 30 days", "M 5，近 30 天")),
      "</ul>\n");
  return out;
}

// What is to be said of the numbers and cells of these regions.
std::string Caption(absl::Span<const RegionBulletin* const> regions, const Words& words) {
  std::vector<std::string> newer;
  bool rated = false, drawing = false;
  for (const RegionBulletin* one : regions) {
    rated = rated || one->rates != nullptr;
    drawing = drawing || one->drawing;
    if (one->between_weeks.empty()) continue;
    newer.push_back(absl::StrCat(EscapeHtml(LastPart(one->region.name())), words(" (seven days from ", "（七天自 "),
                                 LocalMinute(ToTime(one->newest()->valid_from_time())),
                                 words(" UTC+8 on)", " UTC+8 起）")));
  }
  std::string out = words("The numbers are P(M ≥ 3.5) within the week.", "图中数字为一周内的 P(M ≥ 3.5)。");
  if (!newer.empty()) {
    absl::StrAppend(&out, words(" Newer than the week's forecast: ", "比周预报更新："), absl::StrJoin(newer, ", "),
                    words(".", "。"));
  }
  if (rated) {
    out += words(
        " Inside a region only the earthquake catalogue has a shape: the cells say where it expects earthquakes. The "
        "network of stations says one number for a region.",
        "区域内部只有地震目录一级给出空间分布：方格表示其预期发生地震的位置。台站网络对每个区域只给出一个数值。");
  }
  if (drawing) {
    out += words(" Where inside the regions earthquakes are expected is being drawn; load the page again in a moment.",
                 "区域内期望地震的分布图正在绘制，请稍后刷新。");
  }
  return out;
}

std::vector<std::string> Ranges(absl::Span<const double> edges, const std::function<std::string(double)>& text,
                                absl::string_view unit) {
  std::vector<std::string> ranges = {absl::StrCat("< ", text(edges.front()), unit)};
  for (size_t i = 1; i < edges.size(); ++i) {
    ranges.push_back(absl::StrCat(text(edges[i - 1]), "–", text(edges[i]), unit));
  }
  ranges.push_back(absl::StrCat("≥ ", text(edges.back()), unit));
  return ranges;
}

int Shade(absl::Span<const double> edges, double value) {
  return static_cast<int>(std::upper_bound(edges.begin(), edges.end(), value) - edges.begin());
}

}  // namespace

int ShadeOf(double probability) { return Shade(kShades, probability); }
int RateShadeOf(double expected) { return Shade(kRateShades, expected); }

const std::vector<std::string>& ShadeRanges() {
  static const auto& ranges = *new std::vector<std::string>(Ranges(
      kShades, [](double p) { return absl::StrFormat("%g", 100 * p); }, " %"));
  return ranges;
}

const std::vector<std::string>& RateShadeRanges() {
  static const auto& ranges = *new std::vector<std::string>(Ranges(
      kRateShades, [](double n) { return absl::StrFormat("%g", n); }, ""));
  return ranges;
}

std::string MapFigure(const Bulletin& bulletin, const Words& words, const RegionBulletin* only) {
  std::vector<const RegionBulletin*> regions, areas;
  for (const RegionBulletin& one : bulletin.regions) {
    if (only != nullptr && only != &one) continue;
    regions.push_back(&one);
    // Among its parts the whole network is a frame.
    if (only != nullptr || !one.region.whole_network()) areas.push_back(&one);
  }
  Projection map;
  for (const RegionBulletin* one : regions) {
    for (const v1::GeoPoint& point : one->region.polygon().points()) map.Include(point);
  }
  if (only == nullptr) {
    for (const v1::Station& station : bulletin.stations) map.Include(station.location());
  }
  if (map.empty()) return "";
  map.Fit();
  std::string out = absl::StrCat(
      "<figure class=\"map", only != nullptr ? " one" : "", "\">\n<svg class=\"map\" role=\"group\" viewBox=\"0 0 ",
      Unit(kWidth), " ", Unit(map.height()), "\" aria-label=\"",
      words("Map of the regions with the probability of an earthquake of magnitude 3.5 or more. The "
            "week's numbers are in the table of the page.",
            "各区地图，标有发生 3.5 级及以上地震的概率；周预报数字见本页表格。"),
      "\">\n<defs><pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" "
      "patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"5\" stroke=\"var(--soft)\" "
      "stroke-width=\"1\"/></pattern></defs>\n");
  for (const RegionBulletin* one : areas) absl::StrAppend(&out, Rates(map, *one));
  for (const RegionBulletin* one : regions) absl::StrAppend(&out, RegionShape(map, *one, words));
  absl::StrAppend(&out, "<g aria-hidden=\"true\" style=\"pointer-events:none\">\n", Graticule(map),
                  Stations(map, bulletin), Events(map, bulletin));
  if (only == nullptr) {  // else the page is called so
    for (const RegionBulletin* one : areas) absl::StrAppend(&out, RegionLabel(map, *one, words));
  }
  return absl::StrCat(out, "</g>\n</svg>\n<figcaption><p>", Caption(areas, words), "</p>\n",
                      Legend(bulletin, areas, words), "</figcaption>\n</figure>\n");
}

}  // namespace tremorcast::bulletin
