#include "trainer/run/training_job.h"

#include <filesystem>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "model/training/training_course.h"
#include "trainer/run/artifact_record.h"
#include "trainer/run/run_record.h"
#include "trainer/run/rung_below.h"

namespace tremorcast {
TrainingJob::TrainingJob(TrainingJobStores stores, const PredictorLoader& loader, const Clock& clock,
                         PlaceboCheck placebos, TrainingJobOptions options)
    : stores_(stores), loader_(loader), clock_(clock), placebos_(std::move(placebos)), options_(std::move(options)) {}

absl::StatusOr<TrainingOutcome> TrainingJob::Run(const ProgressSink& progress, const std::atomic<bool>* stop) {
  options_.config.Normalise();
  RETURN_IF_ERROR(options_.config.Validate());
  ASSIGN_OR_RETURN(TrainingRun run, BeginRun(stores_.runs, clock_, Rung::kStations, options_.config.training.seed));
  absl::StatusOr<TrainingOutcome> outcome =
      RunStages(run, {RecordedProgress(stores_.runs, clock_, run, progress), stop, ""});
  if (!outcome.ok()) FailRun(stores_.runs, clock_, run, outcome.status());
  return outcome;
}

absl::StatusOr<TrainingOutcome> TrainingJob::RunStages(TrainingRun& run, TrainingControl control) {
  const absl::Time read_start = clock_.Now();
  ASSIGN_OR_RETURN(std::unique_ptr<Dataset> built,
                   BuildDataset({stores_.windows, stores_.network, stores_.events}, options_.config.data, read_start,
                                ReadingProgress(control, "reading windows")));
  TrainerConfig config = options_.config;
  ASSIGN_OR_RETURN(config.below, ChooseRungBelow(stores_.models, built->simulated, config.below));
  ASSIGN_OR_RETURN(Plan plan, MakePlan(config, *built, options_.git_revision));
  run.data_hash = built->data_hash;
  run.plan_json = plan.json;
  run.plan_hash = plan.hash;
  run.simulated = built->simulated;
  // The plan is on record before anything looks at the test period.
  RETURN_IF_ERROR(stores_.runs.Put(run));
  const absl::Duration read_time = clock_.Now() - read_start;

  std::optional<TrainingOutcome> earlier;
  if (!options_.force) {
    ASSIGN_OR_RETURN(earlier, AlreadyTrained(plan));
  }
  TrainingOutcome outcome;
  if (earlier) {
    outcome = *std::move(earlier);
    run.verdict = outcome.verdict;
    run.candidate = outcome.version;
    RETURN_IF_ERROR(FinishRun(stores_.runs, clock_, run, TrainingState::kKept));
  } else {
    control.state_directory = StateDirectory(plan);
    RETURN_IF_ERROR(AnswerRungBelow({&plan, 1}, config, control, *built));
    ASSIGN_OR_RETURN(outcome, TrainAndPublish(std::move(built), plan, run, control));
  }
  outcome.read_time = read_time;
  outcome.run_id = run.id;
  outcome.data_hash = run.data_hash;
  outcome.plan_hash = run.plan_hash;
  outcome.plan_summary = plan.summary;
  return outcome;
}

absl::StatusOr<TrainingOutcome> TrainingJob::TrainAndPublish(const std::shared_ptr<const Dataset>& shared,
                                                             const Plan& plan, TrainingRun& run,
                                                             const TrainingControl& control) {
  const Dataset& data = *shared;
  TrainingOutcome outcome;
  outcome.run_id = run.id;
  const absl::Time train_start = clock_.Now();
  ASSIGN_OR_RETURN(std::unique_ptr<TrainedModel> model, TrainCandidate(data, plan, options_.config, control));
  outcome.train_time = clock_.Now() - train_start;

  const absl::Time score_start = clock_.Now();
  control.progress({"scoring", 0, 1, "test slices", "", 0.95});
  ASSIGN_OR_RETURN(CandidateScores candidate,
                   JudgeCandidate(shared, plan, options_.config, *model, placebos_, control));
  ASSIGN_OR_RETURN(ChallengerEvidence challenge, CompareWithChampion(data, candidate));
  const ChampionVerdict champion = DecideChampion(challenge);
  ASSIGN_OR_RETURN(std::string artifact,
                   model->Serialize(FactsOf(data, plan, options_.config, candidate.verdict, options_.git_revision)));
  outcome.calibration = model->calibration().Describe();
  outcome.warnings = CourseWarnings(CoursesOf(model->history()));
  outcome.verdict = run.verdict = candidate.verdict.sentence;
  outcome.decision = champion.reason;
  outcome.gain_over_champion = challenge.gain_over_champion;
  run.scores_json = candidate.ToJson(challenge.gain_over_champion);
  outcome.scores = std::move(candidate);
  outcome.score_time = clock_.Now() - score_start;
  control.progress({"scoring", 1, 1, "test slices", "", 1.0});

  if (control.StopAsked()) return absl::CancelledError("stopped before publishing");
  if (options_.still_alone && !options_.still_alone()) {
    return absl::AbortedError("the trainer's lock was lost on the way; nothing was published");
  }
  RETURN_IF_ERROR(Publish(artifact, champion, run, outcome));
  if (!control.state_directory.empty()) {
    std::error_code ignored;  // a state left behind costs disk, nothing else
    std::filesystem::remove_all(control.state_directory, ignored);
  }
  if (options_.on_trained) {
    options_.on_trained({shared, plan, options_.config, *model, outcome, options_.git_revision});
  }
  return outcome;
}

absl::StatusOr<std::optional<TrainingOutcome>> TrainingJob::AlreadyTrained(const Plan& plan) {
  ASSIGN_OR_RETURN(const std::optional<EarlierRun> earlier,
                   FindEarlierRun(stores_.runs, stores_.models, plan.hash, false));
  if (!earlier.has_value()) return std::nullopt;
  TrainingOutcome outcome;
  outcome.state = TrainingState::kKept;
  outcome.version = earlier->model->model.version;
  outcome.weights_sha256 = earlier->model->model.weights_sha256;
  outcome.verdict = earlier->model->verdict;
  outcome.decision = NothingNewSince(earlier->run);
  return outcome;
}

absl::StatusOr<ChallengerEvidence> TrainingJob::CompareWithChampion(const Dataset& data,
                                                                    const CandidateScores& candidate) {
  ChallengerEvidence evidence;
  evidence.verdict = candidate.verdict;
  ASSIGN_OR_RETURN(auto champions, stores_.models.Champions(absl::InfiniteFuture()));
  const auto champion = champions.find(ScopeOf(options_.config.data.question));
  if (champion == champions.end()) return evidence;
  evidence.has_champion = true;
  if (candidate.areas.weeks.empty()) return evidence;
  ASSIGN_OR_RETURN(ModelRecord record, stores_.models.Get(champion->second.version));
  // One trained on simulated rows is no champion of a real station network; a real champion yields
  // to no simulated model.
  if (record.simulated != data.simulated) {
    evidence.has_champion = data.simulated;
    return evidence;
  }
  ASSIGN_OR_RETURN(std::string artifact, stores_.models.Artifact(record.model.version));
  absl::StatusOr<std::shared_ptr<const Predictor>> predictor =
      loader_.Load(record.model.version, artifact, record.model.weights_sha256);
  if (!predictor.ok()) return evidence;
  ASSIGN_OR_RETURN(ChampionScore score, ScoreAgainstChampion(data, candidate, **predictor, options_.config.bootstrap));
  evidence.gain_over_champion = score.gain_over_champion;
  evidence.champion_saw_test = score.saw_test;
  return evidence;
}

absl::Status TrainingJob::Publish(const std::string& artifact, const ChampionVerdict& champion, TrainingRun& run,
                                  TrainingOutcome& outcome) {
  ASSIGN_OR_RETURN(ModelRecord record, DescribeArtifact(artifact));
  std::optional<Promotion> promotion;
  if (champion.decision == ChampionDecision::kPromote) {
    promotion.emplace();
    promotion->scope = ScopeOf(options_.config.data.question);
    promotion->reason = champion.reason;
  }
  ASSIGN_OR_RETURN(const Publication publication,
                   PublishRun(stores_.models, stores_.runs, clock_, std::move(record), artifact, promotion, run));
  outcome.version = publication.version;
  outcome.weights_sha256 = publication.weights_sha256;
  outcome.state = publication.state;
  outcome.published = publication.published;
  if (!publication.published) {
    outcome.decision = absl::StrCat("the same bytes are published already as ", publication.version.value());
  }
  return absl::OkStatus();
}

std::string TrainingJob::StateDirectory(const Plan& plan) const {
  if (options_.state_root.empty()) return "";
  return (std::filesystem::path(options_.state_root) / plan.hash.substr(0, 16)).string();
}

}  // namespace tremorcast
