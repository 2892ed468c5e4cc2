#include "trainer/run/artifact_record.h"

#include <cstdint>

#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/safetensors.h"

namespace tremorcast {

absl::StatusOr<ModelRecord> DescribeArtifact(const std::string& artifact) {
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(artifact));
  ASSIGN_OR_RETURN(SafetensorsFile file, ReadSafetensors(artifact));
  const CheckpointFacts& facts = checkpoint.manifest.facts;
  ModelRecord record;
  record.model.weights_sha256 = Sha256Hex(artifact);
  record.artifact_bytes = static_cast<int64_t>(artifact.size());
  record.manifest_json = file.metadata["manifest"];
  record.feature_schema_hash = checkpoint.manifest.feature_schema_hash;
  record.data_hash = facts.data_hash;
  record.model.git_revision = facts.git_revision;
  record.model.training_period = facts.training_period;
  record.demonstrated_skill = facts.demonstrated_skill;
  record.verdict = facts.verdict;
  record.simulated = facts.simulated;
  record.question = facts.question;
  return record;
}

}  // namespace tremorcast
