#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "bulletin/pages.h"
#include "core/base/ids.h"
#include "page/html.h"
#include "page/svg_chart.h"
#include "page/svg_text.h"

namespace tremorcast::bulletin {
namespace {

constexpr double kWidth = 360;
constexpr double kMargin = 0.04;  // of the longer side, around what is shown
constexpr double kShades[] = {0.02, 0.05, 0.10, 0.20, 0.40};

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

// Of the area; of the corners where that is nothing.
v1::GeoPoint Centre(const v1::Polygon& polygon) {
  double area = 0, x = 0, y = 0, mean_x = 0, mean_y = 0;
  const int n = polygon.points_size();
  for (int i = 0; i < n; ++i) {
    const v1::GeoPoint& a = polygon.points(i);
    const v1::GeoPoint& b = polygon.points((i + 1) % n);
    const double cross = a.longitude_degrees() * b.latitude_degrees() - b.longitude_degrees() * a.latitude_degrees();
    area += cross;
    x += (a.longitude_degrees() + b.longitude_degrees()) * cross;
    y += (a.latitude_degrees() + b.latitude_degrees()) * cross;
    mean_x += a.longitude_degrees() / n;
    mean_y += a.latitude_degrees() / n;
  }
  const bool flat = std::abs(area) < 1e-9;
  v1::GeoPoint centre;
  centre.set_longitude_degrees(flat ? mean_x : x / (3 * area));
  centre.set_latitude_degrees(flat ? mean_y : y / (3 * area));
  return centre;
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

std::string RegionShape(const Projection& map, const RegionBulletin& one, const Words& words) {
  const std::string path = Path(map, one.region.polygon());
  if (one.region.whole_network()) return absl::StrCat("<path class=\"whole\" d=\"", path, "\"/>\n");
  const std::string id = LastPart(one.region.name());
  const v1::Forecast* latest = one.latest();
  const bool known = latest != nullptr && latest->exceedances_size() > 0;
  const std::string shown = known ? latest->exceedances(0).display() : words("none yet", "尚无");
  const std::string label = absl::StrCat(RegionTitle(one.region), ": P(M ≥ 3.5) ", shown);
  std::string out = absl::StrCat("<a href=\"", words.File(absl::StrCat("region-", id)), "\" aria-label=\"",
                                 EscapeHtml(label), "\"><title>", EscapeHtml(label), "</title><path class=\"region ",
                                 known ? absl::StrCat("p", ShadeOf(latest->exceedances(0).probability())) : "p0",
                                 "\" d=\"", path, "\"/>");
  if (!known || latest->status() != v1::FORECAST_STATUS_OK) {
    absl::StrAppend(&out, "<path class=\"nodata\" d=\"", path, "\"/>");
  }
  return absl::StrCat(out, "</a>\n");
}

std::string RegionLabel(const Projection& map, const RegionBulletin& one, const Words& words) {
  if (one.region.whole_network() || one.region.polygon().points_size() == 0) return "";
  const v1::GeoPoint centre = Centre(one.region.polygon());
  const double x = map.X(centre.longitude_degrees()), y = map.Y(centre.latitude_degrees());
  const v1::Forecast* latest = one.latest();
  const bool known = latest != nullptr && latest->exceedances_size() > 0;
  return absl::StrCat(SvgText(x, y - 2, "middle", "", FitText(LastPart(one.region.name()), 80)),
                      SvgText(x, y + 11, "middle", "big", known ? latest->exceedances(0).display() : words("–", "–")));
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

std::string Legend(const Bulletin& bulletin, const Words& words) {
  std::string out = "<ul class=\"legend\">\n";
  for (size_t i = 0; i < ShadeRanges().size(); ++i) {
    absl::StrAppend(&out,
                    LegendEntry(absl::StrCat("<rect class=\"p", i, "\" x=\"1\" y=\"1\" width=\"18\" height=\"14\"/>"),
                                EscapeHtml(ShadeRanges()[i])));
  }
  absl::StrAppend(
      &out,
      LegendEntry("<rect class=\"p0\" x=\"1\" y=\"1\" width=\"18\" height=\"14\"/><rect fill=\"url(#hatch)\" x=\"1\" "
                  "y=\"1\" width=\"18\" height=\"14\"/>",
                  words("too few stations", "台站不足")),
      "</ul>\n<ul class=\"legend\">\n");
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

}  // namespace

int ShadeOf(double probability) {
  return static_cast<int>(std::upper_bound(std::begin(kShades), std::end(kShades), probability) - std::begin(kShades));
}

const std::vector<std::string>& ShadeRanges() {
  static const auto* const kRanges = [] {
    auto* ranges = new std::vector<std::string>;
    ranges->push_back(absl::StrFormat("< %g %%", 100 * kShades[0]));
    for (size_t i = 1; i < std::size(kShades); ++i) {
      ranges->push_back(absl::StrFormat("%g–%g %%", 100 * kShades[i - 1], 100 * kShades[i]));
    }
    ranges->push_back(absl::StrFormat("≥ %g %%", 100 * kShades[std::size(kShades) - 1]));
    return ranges;
  }();
  return *kRanges;
}

std::string MapFigure(const Bulletin& bulletin, const Words& words) {
  Projection map;
  for (const RegionBulletin& one : bulletin.regions) {
    for (const v1::GeoPoint& point : one.region.polygon().points()) map.Include(point);
  }
  for (const v1::Station& station : bulletin.stations) map.Include(station.location());
  if (map.empty()) return "";
  map.Fit();
  std::string out =
      absl::StrCat("<figure class=\"map\">\n<svg class=\"map\" role=\"group\" viewBox=\"0 0 ", Unit(kWidth), " ",
                   Unit(map.height()), "\" aria-label=\"",
                   words("Map of the regions, shaded by the probability of an earthquake of magnitude 3.5 or more. The "
                         "same numbers are "
                         "in the table below.",
                         "各区地图，颜色深浅表示发生 3.5 级及以上地震的概率；相同数字见下表。"),
                   "\">\n<defs><pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" "
                   "patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"5\" stroke=\"var(--soft)\" "
                   "stroke-width=\"1\"/></pattern></defs>\n");
  for (const RegionBulletin& one : bulletin.regions) absl::StrAppend(&out, RegionShape(map, one, words));
  absl::StrAppend(&out, "<g aria-hidden=\"true\" style=\"pointer-events:none\">\n", Graticule(map),
                  Stations(map, bulletin), Events(map, bulletin));
  for (const RegionBulletin& one : bulletin.regions) absl::StrAppend(&out, RegionLabel(map, one, words));
  return absl::StrCat(out, "</g>\n</svg>\n<figcaption>",
                      words("Probability of at least one earthquake of M ≥ 3.5 in the region within the week.",
                            "一周内该区发生至少一次 3.5 级及以上地震的概率。"),
                      "\n", Legend(bulletin, words), "</figcaption>\n</figure>\n");
}

}  // namespace tremorcast::bulletin
