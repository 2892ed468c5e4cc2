#pragma once

// The catalogue-only reference: what the recent catalogue alone says about next week (METHOD.md
// section 5). Earthquakes cluster, so a model must beat this one, not only climatology, before the
// word precursor may be used.
//
// P(M >= 3.5) is logistic in region indicators and in the shares of event weeks (class >= 1) among
// recent weeks, of the region itself and of the others; classes 1..4 share it by the region's
// smoothed class frequencies. Immutable; thread safe.
//
// Give it the areas, or the whole box alone: with both, the box would see every event of the areas
// a second time.

#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/catalogue/logistic_regression.h"
#include "core/catalogue/weekly_classes.h"

namespace tremorcast {

struct CatalogueModelOptions {
  double ridge = 1;
};

class CatalogueModel {
 public:
  // Learns from the weeks that end at or before `fit_until` (the start of the test period).
  // FailedPrecondition: fewer than two such weeks.
  static absl::StatusOr<CatalogueModel> Fit(const WeeklyClasses& history, absl::Time fit_until,
                                            const CatalogueModelOptions& options);

  // For the week that starts at `week`, from the weeks of `history` before it; later ones are never
  // looked at. Weeks before history's first count as absent. NotFound: a region unknown to the fit.
  // InvalidArgument: `history` lacks a region of the fit, or `week` lies before history's first
  // week or after the week that follows its last.
  absl::StatusOr<ClassProbabilities> Predict(const WeeklyClasses& history, const RegionId& region,
                                             absl::Time week) const;

 private:
  CatalogueModel(std::vector<RegionId> regions, LogisticRegression event, std::vector<ClassProbabilities> shares)
      : regions_(std::move(regions)), event_(std::move(event)), event_shares_(std::move(shares)) {}

  std::vector<RegionId> regions_;
  LogisticRegression event_;
  std::vector<ClassProbabilities> event_shares_;  // per region: entry 0 is 0, entries 1..4 sum to 1
};

}  // namespace tremorcast
