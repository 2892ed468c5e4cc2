#pragma once

// The rows of an evaluation's tables: every method of the study and the references, over seeds and
// origins, before they are scored. RunMethods blocks for the trainings.

#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/types/span.h>

#include "model/training/training.h"
#include "trainer/evaluate/evaluate.h"
#include "trainer/evaluate/report/evaluation_report.h"
#include "trainer/evaluate/sets/evaluation_set.h"
#include "trainer/evaluate/sets/row_scores.h"

namespace tremorcast {

inline constexpr char kProposed[] = "proposed";

struct CollectedRow {
  MethodRow row;                     // table, name, parameters, paper, chosen
  std::vector<SeedAnswers> answers;  // by seed, on the test rows of all origins in turn
};

// Majority class, climatology, uniform and those of the sets, on the test rows of all origins;
// `pooled` is PoolOrigins(origins).
void AddReferences(absl::Span<const EvaluationSet> origins, const EvaluationSet& pooled,
                   std::vector<CollectedRow>& rows);

// Trains everything once per seed and origin; loss curves of the first seed and the newest origin,
// what could not be run, and warnings about the course of all trainings go to `report`. Errors:
// those of RunStudy.
absl::Status RunMethods(absl::Span<const EvaluationSet> origins, const EvaluateOptions& options,
                        std::vector<CollectedRow>& rows, EvaluationReport& report);

ReportCurve CurveOf(const std::string& name, absl::Span<const TrainingProgress> epochs);

}  // namespace tremorcast
