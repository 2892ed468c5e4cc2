#pragma once

// Questions beyond the paper, and the leaks shown on purpose: each is the proposed network trained
// on a view of the set (set_views.h). Block for one training each and origin.

#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "trainer/evaluate/evaluate.h"
#include "trainer/evaluate/report/evaluation_report.h"
#include "trainer/evaluate/sets/evaluation_set.h"

namespace tremorcast {

// What options.variants asks for. A view that makes no sense for the set becomes a line that says
// why.
absl::StatusOr<std::vector<VariantRow>> RunVariants(absl::Span<const EvaluationSet> origins,
                                                    const EvaluateOptions& options);

// The same network where leaks show: every station as a row of its own, or an issue every day, or
// both, split in time and split at random. The random split is what a leak looks like. Rows of the
// tables "station mode", "daily issues" and "station mode, daily issues".
absl::StatusOr<std::vector<MethodRow>> RunLeakDemonstrations(absl::Span<const EvaluationSet> origins,
                                                             const EvaluateOptions& options);

}  // namespace tremorcast
