#pragma once

// Whether the catalogue model says how many events come, where, how large and when: the consistency
// tests of CSEP on its simulated catalogues, and the waits between events measured by what it expected
// (METHOD.md section 7). Out of sample, by the fits of a trial. Pure; thread safe; a minute for five
// years and 1,000 catalogues an issue.

#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/ladder/ladder_trial.h"
#include "core/significance/kolmogorov_smirnov.h"

namespace tremorcast {

// One test over all issues of a trial. With few events a week has few different quantiles, so they
// cannot spread evenly, and rejections are what is counted.
struct DiagnosticTest {
  std::string name;  // "N"
  std::string asks;  // "how many"
  int issues = 0;    // that the test could judge
  int rejected = 0;  // at 5 %
};

struct CatalogueDiagnostics {
  std::vector<DiagnosticTest> tests;
  int issues = 0;
  // Of the events of the box in the tests, from the completeness on.
  int events = 0;
  double expected = 0;
  std::vector<double> waits;  // expected number between one event and the next
  std::optional<UniformityTest> waits_test;
  double gain_per_event = 0;  // nats, of time and place, over an even Poisson rate
};

// `known` is what the trial saw; its options are those it ran with, for_each and stop among them.
// Errors: Cancelled, those of the parts. Without an accepted fit or an event there are no figures, and
// around the date line no tests.
absl::StatusOr<CatalogueDiagnostics> DiagnoseTrial(absl::Span<const SeismicEvent> known, const LadderTrial& trial,
                                                   const LadderTrialOptions& options, int catalogues = 1000);

}  // namespace tremorcast
