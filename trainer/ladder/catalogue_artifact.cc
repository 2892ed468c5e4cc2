#include "trainer/ladder/catalogue_artifact.h"

#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <nlohmann/json.hpp>

#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "formats/etas_artifact_json.h"

namespace tremorcast {
namespace {

using Json = nlohmann::ordered_json;

void AddGain(Json& json, const std::string& name, const std::optional<MeanInterval>& gain) {
  if (!gain.has_value()) return;
  json[name] = gain->mean;
  json[name + "_low"] = gain->low;
  json[name + "_high"] = gain->high;
}

std::string PoolReason(const LadderTrial& trial) {
  const PoolFit& pool = trial.pool;
  const std::string gain =
      absl::StrFormat("%+.4f nats a week over climatology, standard error %.4f, in %d answers out of sample", pool.gain,
                      pool.standard_error, trial.answers);
  return pool.weight > 0 ? absl::StrCat("the weight of most gain: ", gain)
                         : absl::StrCat("no weight gained more than one standard error: at best ", gain);
}

}  // namespace

absl::StatusOr<EtasArtifact> MakeEtasArtifact(const CataloguePlan& plan, const CatalogueRung& rung,
                                              const LadderTrial& trial, const std::string& git_revision) {
  EtasArtifact artifact;
  artifact.model = rung.fit.model;
  artifact.standard_errors = rung.fit.standard_errors;
  artifact.completeness = rung.completeness;
  artifact.branching_ratio = rung.fit.branching_ratio;
  artifact.targets = rung.fit.targets;
  artifact.sources = rung.fit.sources;
  artifact.training_period = rung.targets;
  artifact.sources_from = plan.period.begin;
  artifact.classes = plan.trial.rung.classes;
  artifact.catalogues = plan.trial.catalogues;
  artifact.seed = plan.trial.seed;
  artifact.pool_weight = trial.pool.weight;
  artifact.pool_reason = PoolReason(trial);
  artifact.twin = trial.twin;
  artifact.periods = plan.summary;
  artifact.data_hash = plan.data_hash;
  artifact.plan_hash = plan.hash;
  artifact.git_revision = git_revision;
  artifact.demonstrated_skill = trial.verdict.demonstrated_skill;
  artifact.verdict = trial.verdict.sentence;
  artifact.scores_json = CatalogueScores(trial);
  artifact.simulated = plan.simulated;
  ASSIGN_OR_RETURN(artifact.golden, AnswerGolden(artifact.model, artifact.classes, EtasGolden()));
  return artifact;
}

std::string CatalogueScores(const LadderTrial& trial) {
  Json json = {{"test_weeks", trial.scores.weeks},
               {"test_region_weeks", trial.scores.region_weeks},
               {"event_region_weeks", trial.scores.event_weeks},
               {"gain_per_event_week", trial.scores.gain_per_event_week},
               {"expected_events", trial.expected},
               {"observed_events", trial.observed},
               {"share_in_range", trial.in_range},
               {"pool_weight", trial.pool.weight}};
  AddGain(json, "gain_over_climatology", trial.gain);
  AddGain(json, "gain_over_twin", trial.gain_over_twin);
  AddGain(json, "gain_over_logistic", trial.gain_over_logistic);
  AddGain(json, "gain_before_pool", trial.gain_before_pool);
  if (trial.evidence.detectable_gain) json["detectable_gain"] = *trial.evidence.detectable_gain;
  return json.dump();
}

absl::StatusOr<ModelRecord> DescribeCatalogueArtifact(const std::string& bytes) {
  ASSIGN_OR_RETURN(const EtasArtifact artifact, ReadEtasArtifact(bytes));
  ModelRecord record;
  record.model.weights_sha256 = Sha256Hex(bytes);
  record.model.git_revision = artifact.git_revision;
  record.model.training_period = artifact.training_period;
  record.artifact_bytes = static_cast<int64_t>(bytes.size());
  record.manifest_json = EtasManifestJson(artifact);
  record.data_hash = artifact.data_hash;
  record.demonstrated_skill = artifact.demonstrated_skill;
  record.verdict = artifact.verdict;
  record.simulated = artifact.simulated;
  record.rung = Rung::kCatalogue;
  return record;
}

}  // namespace tremorcast
