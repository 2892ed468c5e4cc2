#pragma once

// Does the catalogue model know more than climatology? Rolling origins: at each, ETAS is fitted to
// what lies before, and answers the issues up to the next from the events before each issue. The
// weight of its pool with climatology comes from its own earlier answers, all out of sample, so that
// nothing later than an issue enters it (METHOD.md sections 3, 5 and 7).
// Pure; thread safe; minutes for ten years and 10,000 catalogues an issue.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/forecast/calibration.h"
#include "core/forecast/predictor.h"
#include "core/ladder/catalogue_rung.h"
#include "core/skill/gate.h"
#include "core/verification/scores.h"

namespace tremorcast {

struct LadderTrialOptions {
  std::vector<Region> regions;  // areas; those of the whole network are left out
  CatalogueRungOptions rung;
  Interval period;                                     // in which the catalogue is complete
  absl::Time test_begin;                               // the first issue that is scored; rounded up to the grid
  absl::Duration calibration = absl::Hours(24 * 364);  // of issues before it, which only the pool learns from
  int origins = 1;                                     // fits within the test period
  absl::Duration step = kWeekLength;                   // from issue to issue, and the length of what is forecast; days
  absl::Duration after_week_start;                     // of the issues, days
  absl::Duration horizon = absl::InfiniteDuration();   // what is forecast, if that is less than the step; days
  int64_t catalogues = 10000;                          // of each issue
  uint64_t seed = 1;
  BootstrapOptions bootstrap;
  GatePolicy gate;
  // Runs the function for 0..n-1 in any order, maybe on several threads; the result does not depend
  // on it.
  std::function<void(int n, const std::function<void(int)>&)> for_each;
  // Issues; called by the threads of for_each, several at a time (trainer/run/issue_threads.h has a lock).
  std::function<void(int done, int all)> progress;
  std::function<bool()> stop;  // true: Cancelled
};

// One region and issue of the test.
struct LadderRow {
  size_t region = 0;
  absl::Time issue;
  int label = 0;
  int observed = 0;  // events from the first class edge on
  ClassProbabilities climatology = {};
  ClassProbabilities catalogue = {};  // before the pool; climatology where the fit was refused
  ClassProbabilities pooled = {};     // what would be issued
  ClassProbabilities twin = {};       // the model's mean answer of before, pooled as well: no events seen
  std::optional<ClassProbabilities> logistic;
  double expected = 0;  // events from the first edge on, with the middle 95 % of the catalogues
  int low = 0, high = 0;
};

struct LadderOrigin {
  absl::Time begin, end;  // of its issues; the first one's are the calibration period
  CatalogueRung rung;
  PoolFit pool;  // nothing was known before the first origin: weight 0
};

struct LadderTrial {
  std::vector<LadderOrigin> origins;
  std::vector<LadderRow> rows;  // by issue, then region
  // From all answers out of sample, those of the test among them: what a model that is fitted after it
  // goes on with.
  PoolFit pool;
  InputFreeTwin twin;
  int answers = 0;      // region-issues that they come from
  ScoreSummary scores;  // of what would be issued, against climatology
  // Nats per row, with 95 % intervals of a block bootstrap.
  std::optional<MeanInterval> gain, gain_before_pool, gain_over_twin, gain_over_logistic;
  double gain_before_pool_per_event_row = 0;
  int observed = 0;
  double expected = 0;
  double in_range = 0;    // share of rows whose number of events lies in its range
  GateEvidence evidence;  // its weight: the smaller one of the last origin's and `pool`'s
  GateVerdict verdict;
};

// `catalogue` gives labels and climatology, and `known` is what the model sees of it: the same list,
// or a placebo's. InvalidArgument: no regions, a test period without an issue, origins < 1, a step
// that is not whole days. Cancelled: by `stop`. Errors of the parts.
absl::StatusOr<LadderTrial> TryLadder(absl::Span<const SeismicEvent> catalogue, absl::Span<const SeismicEvent> known,
                                      const LadderTrialOptions& options);

// Placebos of a catalogue: what lies in `period` is moved on in time, around its end; and mirrored in
// the box of the regions. Neither tells of the coming week.
std::vector<SeismicEvent> ShiftedCatalogue(absl::Span<const SeismicEvent> catalogue, const Interval& period,
                                           absl::Duration shift);
std::vector<SeismicEvent> MirroredCatalogue(absl::Span<const SeismicEvent> catalogue, absl::Span<const Region> regions);

}  // namespace tremorcast
