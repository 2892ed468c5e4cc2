#pragma once

// The report of one training run: its data, loss curves, test scores and verdict in the form of an
// evaluation, so that the page of an evaluation shows it. It holds one trained model; what that
// says about the method, its seeds and its placebos is the question of RunEvaluation.
//
// Blocks for the inference of the test slice and reads every window once. Errors: those of
// TrainedModel::Predict.

#include <memory>
#include <string>

#include <absl/status/statusor.h>

#include "model/training/training.h"
#include "trainer/data/dataset.h"
#include "trainer/evaluate/report/evaluation_report.h"
#include "trainer/run/config.h"
#include "trainer/run/plan.h"
#include "trainer/run/training_job.h"

namespace tremorcast {

// Fills everything but command, runtime and created_at. A plan without a test slice leaves curves,
// verdict and hashes.
absl::StatusOr<EvaluationReport> ReportTraining(const TrainedRun& run);

}  // namespace tremorcast
