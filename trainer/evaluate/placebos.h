#pragma once

// The placebos of METHOD.md section 5: each is the proposed network trained on a view of the
// set (set_views.h). Block for one training each and origin.

#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "trainer/evaluate/evaluate.h"
#include "trainer/evaluate/sets/row_scores.h"
#include "trainer/run/candidate.h"

namespace tremorcast {

// `pooled` is PoolOrigins(origins) and `scorer` its scorer; `proposed`, the answers of the real
// run, averaged over seeds, for the shifts that need no training.
absl::StatusOr<std::vector<PlaceboRow>> RunPlacebos(absl::Span<const EvaluationSet> origins,
                                                    const EvaluationSet& pooled, const EvaluateOptions& options,
                                                    const RowScorer& scorer, const Probabilities& proposed);

// The numbers of METHOD.md section 5 that veto a verdict when they show skill: the pattern of gaps
// alone, place and calendar alone, another region's stations. Their intervals are, all together, of the
// level of one of the model's (Bonferroni).
inline constexpr int kVetoingPlacebos[] = {1, 2, 7};
// The same network on the catalogue's past alone. A model whose inputs only repeat what happened, in a
// way that the logistic catalogue-only model cannot follow, has no gain over it.
inline constexpr int kCataloguePlacebo = 8;
// A sentence that vetoes the verdict, of the first such placebo that is suspicious, or of a model
// that has no gain over kCataloguePlacebo; "" when there is none.
std::string PlaceboVeto(absl::Span<const PlaceboRow> placebos);

// The PlaceboCheck (trainer/run/candidate.h) of `train`: runs the vetoing placebos of one candidate
// and answers PlaceboVeto. Errors of Train and DatasetEvaluationSet.
absl::StatusOr<std::string> CheckPlacebos(const std::shared_ptr<const Dataset>& data, const Plan& plan,
                                          const TrainerConfig& config, const TestScores& areas,
                                          const TrainingControl& control);

// p = (1 + shifts at least as good) / (1 + shifts) over all circular shifts >= 4 weeks.
// FailedPrecondition: no time order, more classes than magnitude classes, or too few weeks.
absl::StatusOr<double> ShiftPValue(const EvaluationSet& set, const RowScorer& scorer, const Probabilities& p);

}  // namespace tremorcast
