#pragma once

// What a report shows of the proposed row beyond its line in the tables: confusion, reliability,
// ROC, Molchan, gains by region and by class. Pure.

#include <vector>

#include <absl/status/status.h>

#include "trainer/evaluate/report/evaluation_report.h"
#include "trainer/evaluate/sets/evaluation_set.h"
#include "trainer/evaluate/sets/row_scores.h"

namespace tremorcast {

// METHOD.md section 5: no claim for a class with fewer event weeks.
inline constexpr int kFewestEventRows = 10;

absl::Status AddDiagnostics(const EvaluationSet& set, const RowScorer& scorer, const std::vector<SeedAnswers>& answers,
                            const BootstrapOptions& bootstrap, EvaluationReport& report);

}  // namespace tremorcast
