#include "trainer/run/candidate.h"

#include <utility>

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
  training.climatology = ClimatologyByRegion(data, plan, config);
  TrainOptions options = config.training;
  options.state_directory = control.state_directory;
  options.data_fingerprint = plan.hash;
  options.stop = control.stop;
  if (control.progress) {
    options.progress = [&control](const TrainingProgress& epoch) { control.progress(ProgressOfEpoch(epoch)); };
  }
  return Train(config.network, training, options);
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
  facts.climatology = ClimatologyByRegion(data, plan, config);
  return facts;
}

}  // namespace tremorcast
