#pragma once

// The bytes of the catalogue rung's artifact: one JSON object, docs/CHECKPOINT_FORMAT.md. Numbers
// are written so that reading gives the same bits. Pure; thread safe.

#include <string>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/ladder/etas_artifact.h"

namespace tremorcast {

// Equal artifacts give equal bytes. InvalidArgument: as ValidateEtasArtifact has it.
absl::StatusOr<std::string> WriteEtasArtifact(const EtasArtifact& artifact);
// FailedPrecondition: another format. DataLoss: no JSON, or a field that is missing or of another
// type. InvalidArgument: as ValidateEtasArtifact has it.
absl::StatusOr<EtasArtifact> ReadEtasArtifact(absl::string_view bytes);
// The same for people, without the background's many kernels: how many there are.
std::string EtasManifestJson(const EtasArtifact& artifact);
}  // namespace tremorcast
