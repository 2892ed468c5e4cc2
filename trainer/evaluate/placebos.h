#pragma once

// The seven placebos of METHOD.md section 5, and the questions beyond the paper: each is the proposed network trained
// on a view of the set (set_views.h). Block for one training each.

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "trainer/evaluate/evaluate.h"
#include "trainer/evaluate/row_scores.h"

namespace tremorcast {

// `proposed`: the answers of the real run, averaged over seeds, for the shifts that need no training.
absl::StatusOr<std::vector<PlaceboRow>> RunPlacebos(const EvaluationSet& set, const EvaluateOptions& options,
                                                    const RowScorer& scorer, const Probabilities& proposed);

absl::StatusOr<std::vector<VariantRow>> RunVariants(const EvaluationSet& set, const EvaluateOptions& options);

// The same network where leaks show: every station as a row of its own, or an issue every day, or both, split in time
// and split at random. The random split is what a leak looks like. Rows of the tables "station mode", "daily issues"
// and "station mode, daily issues".
absl::StatusOr<std::vector<MethodRow>> RunLeakDemonstrations(const EvaluationSet& set, const EvaluateOptions& options);

// p = (1 + shifts at least as good) / (1 + shifts) over all circular shifts >= 4 weeks. FailedPrecondition: no time
// order, more classes than magnitude classes, or too few weeks.
absl::StatusOr<double> ShiftPValue(const EvaluationSet& set, const RowScorer& scorer, const Probabilities& p);

}  // namespace tremorcast
