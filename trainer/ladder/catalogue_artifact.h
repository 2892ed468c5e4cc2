#pragma once

// From a judged fit to what is published of it. Pure; thread safe; the self-test takes a moment.

#include <string>

#include <absl/status/statusor.h>

#include "core/ladder/etas_artifact.h"
#include "core/ladder/ladder_trial.h"
#include "core/skill/records.h"
#include "trainer/ladder/catalogue_plan.h"

namespace tremorcast {

// It holds no wall-clock time, so that the same data, plan and build give the same bytes. Errors: those
// of AnswerGolden.
absl::StatusOr<EtasArtifact> MakeEtasArtifact(const CataloguePlan& plan, const CatalogueRung& rung,
                                              const LadderTrial& trial, const std::string& git_revision);

// Name and number, for the registry.
std::string CatalogueScores(const LadderTrial& trial);

// The registry's record of an artifact, but for version, time, run and scores. Errors: those of
// ReadEtasArtifact.
absl::StatusOr<ModelRecord> DescribeCatalogueArtifact(const std::string& bytes);

}  // namespace tremorcast
