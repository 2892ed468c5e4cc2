#pragma once

// Rung 1 of the ladder (METHOD.md section 7): ETAS fitted to the catalogue of a station network, and
// what it answers for the regions. Pure; thread safe; FitCatalogueRung takes seconds for a thousand
// targets, AnswerIssue a tenth of a second for a thousand catalogues.

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/time_grid.h"
#include "core/catalogue/event.h"
#include "core/catalogue/labels.h"
#include "core/catalogue/magnitude_of_completeness.h"
#include "core/etas/etas_fit.h"
#include "core/etas/etas_outlook.h"
#include "core/network/station_network.h"

namespace tremorcast {

struct CatalogueRungOptions {
  MagnitudeClasses classes;
  double bin = 0.1;                                  // step of the listed magnitudes
  absl::Duration auxiliary = absl::Hours(24 * 365);  // at the begin of the period: sources, no targets
  EtasFitOptions fit = ServingFitOptions();

  // Tau is held, which a catalogue of ten years does not know, and places are known to 1 km
  // (docs/METHOD.md).
  static EtasFitOptions ServingFitOptions();
};

struct CatalogueRung {
  MagnitudeOfCompleteness completeness;
  Interval targets;
  EtasFit fit;  // its model is of the box around the regions
  // Why it must not answer, so that the rung below goes on; empty where it may.
  std::string refusal;
  bool accepted() const { return refusal.empty(); }
};

// `catalogue` is one list (MergeCatalogues), complete in `period` down to the magnitude that is
// estimated from it. Regions of the whole network do not count. A completeness above the first class
// and too few events are refusals, as FitEtas has them. InvalidArgument: no region, a period that
// the auxiliary part fills, as FitEtas.
absl::StatusOr<CatalogueRung> FitCatalogueRung(absl::Span<const SeismicEvent> catalogue,
                                               absl::Span<const Region> regions, const Interval& period,
                                               const CatalogueRungOptions& options);

struct IssueQuestion {
  std::vector<Region> regions;
  absl::Time begin;
  std::vector<double> horizon_days;  // at least one; see EtasQuestion
  int64_t catalogues = 10000;
  uint64_t seed = 1;  // together with `begin` it makes the random numbers
};

// Draws the catalogues that AnswerIssue counts, of which those of one longest horizon are the same
// whatever else is asked. Errors: those of EtasSimulator; InvalidArgument without a horizon.
absl::StatusOr<EtasSimulator> IssueSimulator(const EtasModel& model, const EtasEvents& past,
                                             const IssueQuestion& question);
// By region and horizon. `past` was selected for the model's region and magnitudes; those of its
// events before `begin` are what it knows. The answer for one region does not depend on which others
// are asked; that for one horizon depends on the longest.
absl::StatusOr<std::vector<std::vector<EtasOutlook>>> AnswerIssue(const EtasModel& model, const EtasEvents& past,
                                                                  const IssueQuestion& question,
                                                                  const MagnitudeClasses& classes);

}  // namespace tremorcast
