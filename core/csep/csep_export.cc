#include "core/csep/csep_export.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

constexpr double kDegreeTolerance = 1e-9;  // a tenth of a millimetre
constexpr double kSumTolerance = 1e-6;

bool Close(double a, double b) { return std::abs(a - b) <= kDegreeTolerance; }

bool Overlap(const GeoBox& a, const GeoBox& b) {
  const auto meets = [](double a_low, double a_high, double b_low, double b_high) {
    return std::min(a_high, b_high) - std::max(a_low, b_low) > kDegreeTolerance;
  };
  return meets(a.south, a.north, b.south, b.north) && meets(a.west, a.east, b.west, b.east);
}

absl::Status Validate(const CsepOptions& options) {
  const auto& edges = options.classes.edges;
  const bool rising = std::is_sorted(edges.begin(), edges.end(), std::less_equal<double>());
  if (!rising || !(options.largest_magnitude > edges.back()) || std::isinf(options.largest_magnitude)) {
    return absl::InvalidArgumentError("CSEP export: magnitude edges must increase up to a finite largest one");
  }
  if (!std::isfinite(options.depth_max_km - options.depth_min_km) || options.depth_min_km >= options.depth_max_km) {
    return absl::InvalidArgumentError("CSEP export: depths must be finite and increase");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<GeoBox>> Boxes(absl::Span<const CsepCell> cells) {
  std::vector<GeoBox> boxes;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string& id = cells[i].region.id.value();
    const std::optional<GeoBox> box = RegionBox(cells[i].region);
    if (!box.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat("CSEP export: region ", id, " is not a box"));
    }
    for (size_t j = 0; j < boxes.size(); ++j) {
      if (!Overlap(boxes[j], *box)) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("CSEP export: regions ", cells[j].region.id.value(), " and ", id, " overlap"));
    }
    boxes.push_back(*box);
  }
  return boxes;
}

}  // namespace

absl::StatusOr<std::array<double, kClasses - 1>> ExceedanceRates(const ClassProbabilities& p) {
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  const bool usable = std::all_of(p.begin(), p.end(), [](double v) { return v >= 0 && v <= 1; });
  if (!usable || !(std::abs(sum - 1) <= kSumTolerance)) {
    return absl::InvalidArgumentError(absl::StrCat("rates: probabilities that sum to ", sum, " are none"));
  }
  if (!(p[0] > 0)) return absl::InvalidArgumentError("rates: an event that is certain has no finite rate");
  std::array<double, kClasses - 1> rates;
  const auto exceedance = ExceedanceProbabilities(p);
  for (size_t k = 0; k < rates.size(); ++k) {
    if (!(exceedance[k] < 1)) return absl::InvalidArgumentError("rates: an event that is certain has no finite rate");
    rates[k] = -std::log1p(-exceedance[k]);
  }
  return rates;
}

std::optional<GeoBox> RegionBox(const Region& region) {
  const std::vector<GeoPoint>& ring = region.polygon;
  if (ring.size() < 4) return std::nullopt;
  GeoBox box = {ring[0].latitude_deg, ring[0].latitude_deg, ring[0].longitude_deg, ring[0].longitude_deg};
  for (const GeoPoint& p : ring) {
    box.south = std::min(box.south, p.latitude_deg);
    box.north = std::max(box.north, p.latitude_deg);
    box.west = std::min(box.west, p.longitude_deg);
    box.east = std::max(box.east, p.longitude_deg);
  }
  // Every side lies on a side of the bounding box, and the area is the same: so it is the bounding
  // box.
  double twice_area = 0;
  for (size_t i = 0; i < ring.size(); ++i) {
    const GeoPoint& a = ring[i];
    const GeoPoint& b = ring[(i + 1) % ring.size()];
    const bool parallel =
        Close(a.latitude_deg, b.latitude_deg) && (Close(a.latitude_deg, box.south) || Close(a.latitude_deg, box.north));
    const bool meridian = Close(a.longitude_deg, b.longitude_deg) &&
                          (Close(a.longitude_deg, box.west) || Close(a.longitude_deg, box.east));
    if (!parallel && !meridian) return std::nullopt;
    twice_area += (a.longitude_deg - box.west) * (b.latitude_deg - box.south) -
                  (b.longitude_deg - box.west) * (a.latitude_deg - box.south);
  }
  const double area = (box.north - box.south) * (box.east - box.west);
  if (!(area > 0) || std::abs(std::abs(twice_area) / 2 - area) > 1e-6 * area) return std::nullopt;
  return box;
}

absl::StatusOr<std::string> FormatCsepForecast(absl::Span<const CsepCell> cells, const CsepOptions& options) {
  if (cells.empty()) return absl::InvalidArgumentError("CSEP export: no cells");
  RETURN_IF_ERROR(Validate(options));
  ASSIGN_OR_RETURN(const std::vector<GeoBox> boxes, Boxes(cells));
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i) {
    ASSIGN_OR_RETURN(const auto rates, ExceedanceRates(cells[i].probabilities));
    const GeoBox& box = boxes[i];
    for (size_t k = 0; k < rates.size(); ++k) {
      const bool last = k + 1 == rates.size();
      const double rate = rates[k] - (last ? 0 : rates[k + 1]);
      absl::StrAppendFormat(&text, "%.10g %.10g %.10g %.10g %.10g %.10g %.10g %.10g %.16e 1\n", box.west, box.east,
                            box.south, box.north, options.depth_min_km, options.depth_max_km, options.classes.edges[k],
                            last ? options.largest_magnitude : options.classes.edges[k + 1], std::max(rate, 0.0));
    }
  }
  return text;
}

bool PyCsepPlacesEvents(absl::Span<const CsepCell> cells, const CsepOptions& options) {
  const auto& edges = options.classes.edges;
  for (size_t k = 2; k < edges.size(); ++k) {
    if (!Close(edges[k] - edges[k - 1], edges[1] - edges[0])) return false;
  }
  std::vector<GeoBox> boxes;
  for (const CsepCell& cell : cells) {
    const std::optional<GeoBox> box = RegionBox(cell.region);
    if (!box.has_value()) return false;
    boxes.push_back(*box);
  }
  if (boxes.empty()) return false;
  const double side = boxes[0].north - boxes[0].south;
  double west = boxes[0].west;
  double south = boxes[0].south;
  for (const GeoBox& box : boxes) {
    if (!Close(box.north - box.south, side) || !Close(box.east - box.west, side)) return false;
    west = std::min(west, box.west);
    south = std::min(south, box.south);
  }
  bool columns = false;
  bool rows = false;
  for (const GeoBox& box : boxes) {
    const double column = std::round((box.west - west) / side);
    const double row = std::round((box.south - south) / side);
    if (!Close(west + column * side, box.west) || !Close(south + row * side, box.south)) return false;
    columns = columns || column > 0;
    rows = rows || row > 0;
  }
  return columns && rows;
}

}  // namespace tremorcast
