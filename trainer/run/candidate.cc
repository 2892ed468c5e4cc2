#include "trainer/run/candidate.h"

#include <utility>

#include "core/base/status_macros.h"
#include "core/skill/gate.h"

namespace tremorcast {

ReadProgress ReadingProgress(const TrainingControl& control, const std::string& stage) {
  return [&control, stage](int64_t done, int64_t total) {
    if (control.progress) {
      control.progress(
          {stage, done, total, "windows", "", 0.1 * static_cast<double>(done) / static_cast<double>(total)});
    }
    return !control.StopAsked();
  };
}

absl::StatusOr<std::unique_ptr<TrainedModel>> TrainCandidate(const Dataset& data, const Plan& plan,
                                                             const TrainerConfig& config,
                                                             const TrainingControl& control) {
  TrainingData training;
  training.set = &data.samples;
  training.train = SamplesOf(data, plan.slices.train, RegionKind::kAreas);
  training.early_stop = SamplesOf(data, plan.slices.early_stop, RegionKind::kAreas);
  training.calibration = SamplesOf(data, plan.slices.calibration, RegionKind::kAreas);
  training.climatology = ClimatologyByRegion(data, plan.test_begin, config);
  training.climatology_before_calibration = ClimatologyByRegion(data, plan.calibration_begin(), config);
  TrainOptions options = config.training;
  options.state_directory = control.state_directory;
  options.data_fingerprint = plan.hash;
  options.stop = control.stop;
  if (control.progress) {
    options.progress = [&control](const TrainingProgress& epoch) { control.progress(ProgressOfEpoch(epoch)); };
  }
  return Train(config.network, training, options);
}

absl::StatusOr<CandidateScores> JudgeCandidate(const std::shared_ptr<const Dataset>& data, const Plan& plan,
                                               const TrainerConfig& config, const TrainedModel& model,
                                               const PlaceboCheck& placebos, const TrainingControl& control) {
  ASSIGN_OR_RETURN(CandidateScores candidate, ScoreCandidate(*data, plan, config, model));
  if (!candidate.verdict.demonstrated_skill) return candidate;
  ASSIGN_OR_RETURN(candidate.evidence.suspicious_placebo, placebos(data, plan, config, candidate.areas, control));
  candidate.verdict = DecideSkill(candidate.evidence, config.gate);
  return candidate;
}

CheckpointFacts FactsOf(const Dataset& data, const Plan& plan, const TrainerConfig& config, const GateVerdict& verdict,
                        const std::string& git_revision) {
  CheckpointFacts facts;
  facts.training_period = plan.training_period;
  facts.slices = plan.summary;
  facts.magnitude_classes = config.data.classes;
  facts.data_hash = data.data_hash;
  facts.plan_hash = plan.hash;
  facts.git_revision = git_revision;
  facts.demonstrated_skill = verdict.demonstrated_skill;
  facts.verdict = verdict.sentence;
  facts.simulated = data.simulated;
  facts.question = config.data.question;
  facts.over_catalogue_rung = data.rung_below != nullptr && data.rung_below->trial.has_value();
  facts.climatology = ClimatologyByRegion(data, plan.test_begin, config);
  return facts;
}

}  // namespace tremorcast
