#pragma once

// Rolling origins: the same question asked several times, each time of later weeks and with all
// that was known before them, and the answers scored together. One origin is the usual case and
// changes nothing. Pure, but for RunProposed.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "trainer/evaluate/evaluate.h"
#include "trainer/evaluate/sets/evaluation_set.h"
#include "trainer/evaluate/sets/row_scores.h"

namespace tremorcast {

// Region-weeks of the service's store or of the simulator, split by MakePlan, or by
// MakeRollingPlans with several origins, oldest first. Errors: theirs and those of
// DatasetEvaluationSet.
absl::StatusOr<std::vector<EvaluationSet>> DatasetOrigins(const std::shared_ptr<const Dataset>& data,
                                                          const TrainerConfig& config, const std::string& git_revision,
                                                          int origins);

// The same for a published set, with RollingSeriesPeriods. Errors: those of BuildSeriesData.
absl::StatusOr<std::vector<EvaluationSet>> SeriesOrigins(const SeriesPair& pair, const SeriesOptions& options,
                                                         int origins);

// The test rows of all views in turn, each with the climatology of its own view: for scoring alone,
// nothing can be trained on it, and the windows are those of the last view. One view comes back as
// it is.
SetView PoolTestRows(absl::Span<const SetView> views);

// The same for whole sets, with the references that every one has. At least one set.
EvaluationSet PoolOrigins(absl::Span<const EvaluationSet> origins);

// Rows of a later origin behind those that are there; weights are averaged by rows, seconds added.
void Append(const SeedAnswers& later, SeedAnswers& answers);
// Rows [begin, begin + rows) of each seed.
std::vector<SeedAnswers> RowsOf(absl::Span<const SeedAnswers> seeds, size_t begin, size_t rows);

using ViewOf = std::function<absl::StatusOr<SetView>(const EvaluationSet& set)>;
// Of each origin; the first error.
absl::StatusOr<std::vector<SetView>> ViewsOf(absl::Span<const EvaluationSet> origins, const ViewOf& view_of);

// The proposed neural network alone, trained on each view once per seed: what placebos and variants
// ask. Blocks for the trainings. Cancelled when asked to stop; errors of Train.
struct ProposedRun {
  SetView view;  // PoolTestRows of the views
  std::vector<SeedAnswers> answers;
};
absl::StatusOr<ProposedRun> RunProposed(absl::Span<const SetView> views, const EvaluateOptions& options, int seeds);

}  // namespace tremorcast
