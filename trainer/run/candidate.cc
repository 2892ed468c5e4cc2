#include "trainer/run/candidate.h"

#include <utility>
#include <vector>

#include "core/catalogue/climatology.h"

namespace tremorcast {

absl::StatusOr<std::unique_ptr<TrainedModel>> TrainCandidate(const Dataset& data, const Plan& plan,
                                                             const TrainerConfig& config,
                                                             const TrainingControl& control) {
  TrainingData training;
  training.set = &data.samples;
  training.train = SamplesOf(data, plan.slices.train, Scope::kAreas);
  training.early_stop = SamplesOf(data, plan.slices.early_stop, Scope::kAreas);
  training.calibration = SamplesOf(data, plan.slices.calibration, Scope::kAreas);
  for (const auto& [region, p] : ClimatologyBefore(data, plan, config).regions) {
    training.climatology[region] = std::vector<double>(p.begin(), p.end());
  }
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
  for (const auto& [region, p] : ClimatologyBefore(data, plan, config).regions) {
    facts.climatology[region] = std::vector<double>(p.begin(), p.end());
  }
  return facts;
}

}  // namespace tremorcast
