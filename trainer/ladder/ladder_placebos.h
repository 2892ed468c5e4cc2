#pragma once

// Trials on catalogues that cannot tell of the coming week: where one of them shows skill, so may the
// real one without knowing anything, and its verdict falls. Pure; thread safe.

#include <string>
#include <vector>

#include <absl/types/span.h>

#include "core/ladder/ladder_trial.h"

namespace tremorcast {

struct PlaceboCatalogue {
  std::string name;  // "mirrored north to south"
  std::vector<SeismicEvent> known;
};
// Moved on by half of the period, and mirrored.
std::vector<PlaceboCatalogue> PlaceboCatalogues(absl::Span<const SeismicEvent> catalogue,
                                                absl::Span<const Region> regions, const Interval& period);

struct LadderPlacebo {
  std::string name;
  LadderTrial trial;
};

// Takes `trial`'s demonstrated skill back where a placebo gains over climatology and over its own
// twin (a gain that the twin shares comes from a base rate that changed).
void ApplyPlacebos(absl::Span<const LadderPlacebo> placebos, const GatePolicy& gate, LadderTrial& trial);

}  // namespace tremorcast
