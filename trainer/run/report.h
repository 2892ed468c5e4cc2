#pragma once

// What a run prints at its end, for people and for programs. Pure.

#include <string>
#include <vector>

#include <absl/types/span.h>

#include "core/skill/records.h"
#include "trainer/run/experiment.h"
#include "trainer/run/training_job.h"

namespace tremorcast {

std::string DescribeOutcome(const TrainingOutcome& outcome);
std::string OutcomeToJson(const TrainingOutcome& outcome);
std::string ExperimentToJson(const ExperimentOptions& options, const ExperimentResult& result);

// A table, newest first as given.
std::string DescribeRuns(absl::Span<const TrainingRun> runs);
// One object per line.
std::string RunsToJson(absl::Span<const TrainingRun> runs);

}  // namespace tremorcast
