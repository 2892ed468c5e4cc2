#pragma once

// The registry's record of an artifact, read from the artifact itself, so that what is listed is
// what is inside. Pure.

#include <string>

#include <absl/status/statusor.h>

#include "core/skill/records.h"

namespace tremorcast {

// Everything but version, created_at, training_run and scores_json, which the bytes do not know.
// Errors: those of ParseCheckpoint.
absl::StatusOr<ModelRecord> DescribeArtifact(const std::string& artifact);

}  // namespace tremorcast
