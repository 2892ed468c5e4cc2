#pragma once

// What a forecast answers: the class of the largest event in a region during a week (METHOD.md
// section 1).
// Pure; thread safe.

#include <array>
#include <optional>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/base/time_grid.h"
#include "core/catalogue/event.h"
#include "core/network/station_network.h"

namespace tremorcast {

inline constexpr int kClasses = 5;
// Probabilities of classes 0..4; sum 1.
using ClassProbabilities = std::array<double, kClasses>;

// The smallest magnitude that weeks are judged by.
inline constexpr double kJudgedMagnitude = 3.5;

// Class k >= 1 starts at edges[k - 1]. Default 3.5, 4, 4.5, 5.
struct MagnitudeClasses {
  std::array<double, kClasses - 1> edges = {kJudgedMagnitude, 4.0, 4.5, 5.0};

  // Tolerates the last bits of parsed text: 4.0 and 3.9999999999 are class 2. nullopt (no event) is
  // class 0.
  int ClassOf(std::optional<double> largest_magnitude) const;
  friend bool operator==(const MagnitudeClasses&, const MagnitudeClasses&) = default;
};

struct RegionLabel {
  std::optional<double> largest_magnitude;
  int magnitude_class = 0;
  int events = 0;  // events of any magnitude in region and period
};

// `events` need not be sorted; deleted ones are ignored. period is half open.
RegionLabel LabelRegion(const Region& region, const Interval& period, absl::Span<const SeismicEvent> events,
                        const MagnitudeClasses& classes);

// P(M >= edge k) for k = 1..4: sums of the classes from k up.
std::array<double, kClasses - 1> ExceedanceProbabilities(const ClassProbabilities& p);

}  // namespace tremorcast
