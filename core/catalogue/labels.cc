#include "core/catalogue/labels.h"

#include <algorithm>

namespace tremorcast {

int MagnitudeClasses::ClassOf(std::optional<double> largest_magnitude) const {
  // Catalogues give one or two decimals; anything this close to an edge is the edge.
  constexpr double kTolerance = 1e-6;
  int result = 0;
  if (!largest_magnitude.has_value()) return result;
  for (const double edge : edges) {
    if (*largest_magnitude + kTolerance >= edge) ++result;
  }
  return result;
}

RegionLabel LabelRegion(const Region& region, const Interval& period, absl::Span<const SeismicEvent> events,
                        const MagnitudeClasses& classes) {
  RegionLabel label;
  for (const SeismicEvent& event : events) {
    if (event.deleted || !period.Contains(event.origin_time) || !RegionContains(region, event.epicenter)) continue;
    ++label.events;
    label.largest_magnitude = std::max(label.largest_magnitude.value_or(event.magnitude), event.magnitude);
  }
  label.magnitude_class = classes.ClassOf(label.largest_magnitude);
  return label;
}

std::array<double, kClasses - 1> ExceedanceProbabilities(const ClassProbabilities& p) {
  std::array<double, kClasses - 1> result = {};
  double sum = 0;
  for (int k = kClasses - 1; k >= 1; --k) {
    sum += p[k];
    result[k - 1] = sum;
  }
  return result;
}

}  // namespace tremorcast
