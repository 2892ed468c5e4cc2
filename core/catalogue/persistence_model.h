#pragma once

// Persistence as a reference: the climatology of a region given last week's class. Immutable;
// thread safe.
//
// Counted on the pairs (class of week t - 1, class of week t) before the fit time, with the 20
// weeks of smoothing that climatology has (METHOD.md section 3), in three steps, j = last week's
// class, k = this week's:
//   network   q_jk  = (N_jk + 20 pi_k) / (N_j + 20)           N: pairs of all regions, pi: network class frequencies
//   prior     b_rjk proportional to c_rk q_jk / pi_k           c_r: climatology of region r
//   region    p_rjk = (n_rjk + 20 b_rjk) / (n_rj + 20)         n: pairs of region r
// floored and normalised. A region that never had class j thus gets its climatology, bent as the
// network bends after j; where nothing persists all three are the climatology.
//
// Give it the areas, or the whole box alone, as the catalogue-only model
// (core/catalogue/catalogue_model.h). In service the class of last week must be known at issue
// time: late additions to the catalogue would be knowledge of the future.

#include <array>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/catalogue/labels.h"
#include "core/catalogue/weekly_classes.h"

namespace tremorcast {

class PersistenceModel {
 public:
  // Learns from the weeks that end at or before `fit_until` (the start of the test period).
  // FailedPrecondition: fewer than two such weeks. InvalidArgument: no regions.
  static absl::StatusOr<PersistenceModel> Fit(const WeeklyClasses& history, absl::Time fit_until);

  // For the week that starts at `week`, from the class of the week before it in `history`; nothing
  // else is looked at. Where that week lies before history's first: the region's climatology.
  // NotFound: a region unknown to the fit. InvalidArgument: `history` lacks the region, or `week`
  // lies before history's first week or after the week that follows its last.
  absl::StatusOr<ClassProbabilities> Predict(const WeeklyClasses& history, const RegionId& region,
                                             absl::Time week) const;

 private:
  struct RegionTable {
    ClassProbabilities climatology = {};
    std::array<ClassProbabilities, kClasses> after = {};  // by last week's class
  };
  PersistenceModel(std::vector<RegionId> regions, std::vector<RegionTable> tables)
      : regions_(std::move(regions)), tables_(std::move(tables)) {}

  std::vector<RegionId> regions_;
  std::vector<RegionTable> tables_;
};

}  // namespace tremorcast
