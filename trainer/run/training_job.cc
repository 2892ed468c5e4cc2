#include "trainer/run/training_job.h"

#include <filesystem>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "model/training/training_course.h"
#include "trainer/run/artifact_record.h"

namespace tremorcast {
namespace {

constexpr absl::Duration kRecordEvery = absl::Seconds(2);
constexpr int kRunsLookedBack = 200;
constexpr char kActor[] = "trainer";

}  // namespace

std::string MakeRunId(absl::Time now) {
  return absl::StrCat(absl::FormatTime("%Y%m%dT%H%M%E3S", now, absl::UTCTimeZone()), "-train");
}

TrainingJob::TrainingJob(TrainingJobStores stores, const PredictorLoader& loader, const Clock& clock,
                         PlaceboCheck placebos, TrainingJobOptions options)
    : stores_(stores), loader_(loader), clock_(clock), placebos_(std::move(placebos)), options_(std::move(options)) {}

absl::StatusOr<TrainingOutcome> TrainingJob::Run(const ProgressSink& progress, const std::atomic<bool>* stop) {
  options_.config.Normalise();
  RETURN_IF_ERROR(options_.config.Validate());
  const absl::Time now = clock_.Now();
  RETURN_IF_ERROR(MarkInterruptedRuns(now));
  TrainingRun run;
  run.id = MakeRunId(now);
  run.started_at = run.updated_at = now;
  run.seed = options_.config.training.seed;
  run.stage = "reading";
  RETURN_IF_ERROR(stores_.runs.Put(run));

  absl::StatusOr<TrainingOutcome> outcome = RunStages(run, {Recorded(run, progress), stop, ""});
  if (!outcome.ok()) {
    run.error = std::string(outcome.status().message());
    // The reason for the failure matters more than whether it could be recorded.
    Finish(run, absl::IsCancelled(outcome.status()) ? TrainingState::kInterrupted : TrainingState::kFailed)
        .IgnoreError();
  }
  return outcome;
}

absl::StatusOr<TrainingOutcome> TrainingJob::RunStages(TrainingRun& run, TrainingControl control) {
  const absl::Time read_start = clock_.Now();
  ASSIGN_OR_RETURN(std::unique_ptr<Dataset> built,
                   BuildDataset({stores_.windows, stores_.network, stores_.events}, options_.config.data, read_start,
                                ReadingProgress(control, "reading windows")));
  const std::shared_ptr<const Dataset> data = std::move(built);
  ASSIGN_OR_RETURN(Plan plan, MakePlan(options_.config, *data, options_.git_revision));
  run.data_hash = data->data_hash;
  run.plan_json = plan.json;
  run.plan_hash = plan.hash;
  run.simulated = data->simulated;
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
    RETURN_IF_ERROR(Finish(run, TrainingState::kKept));
  } else {
    control.state_directory = StateDirectory(plan);
    ASSIGN_OR_RETURN(outcome, TrainAndPublish(data, plan, run, control));
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
  ASSIGN_OR_RETURN(std::vector<TrainingRun> runs, stores_.runs.List(kRunsLookedBack));
  for (const TrainingRun& run : runs) {
    const bool ended = run.state == TrainingState::kPromoted || run.state == TrainingState::kKept;
    if (!ended || run.plan_hash != plan.hash || run.candidate.empty()) continue;
    absl::StatusOr<ModelRecord> record = stores_.models.Get(run.candidate);
    if (absl::IsNotFound(record.status())) continue;
    if (!record.ok()) return record.status();
    TrainingOutcome outcome;
    outcome.state = TrainingState::kKept;
    outcome.version = record->model.version;
    outcome.weights_sha256 = record->model.weights_sha256;
    outcome.verdict = record->verdict;
    outcome.decision = absl::StrCat("nothing new since run ", run.id, ": same data, configuration and build");
    return outcome;
  }
  return std::nullopt;
}

absl::StatusOr<ChallengerEvidence> TrainingJob::CompareWithChampion(const Dataset& data,
                                                                    const CandidateScores& candidate) {
  ChallengerEvidence evidence;
  evidence.verdict = candidate.verdict;
  ASSIGN_OR_RETURN(auto champions, stores_.models.Champions(absl::InfiniteFuture()));
  const auto champion = champions.find(options_.scope);
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

absl::StatusOr<std::optional<ModelRecord>> TrainingJob::PublishedWithHash(const std::string& sha256) {
  ASSIGN_OR_RETURN(std::vector<ModelRecord> records, stores_.models.List());
  for (ModelRecord& record : records) {
    if (record.model.weights_sha256 == sha256) return std::move(record);
  }
  return std::nullopt;
}

absl::Status TrainingJob::Publish(const std::string& artifact, const ChampionVerdict& champion, TrainingRun& run,
                                  TrainingOutcome& outcome) {
  const absl::Time now = clock_.Now();
  outcome.weights_sha256 = Sha256Hex(artifact);
  ASSIGN_OR_RETURN(std::optional<ModelRecord> same, PublishedWithHash(outcome.weights_sha256));
  if (same.has_value()) {
    outcome.version = run.candidate = same->model.version;
    outcome.state = TrainingState::kKept;
    outcome.decision = absl::StrCat("the same bytes are published already as ", outcome.version.value());
    return Finish(run, TrainingState::kKept);
  }
  ASSIGN_OR_RETURN(ModelRecord record, DescribeArtifact(artifact));
  outcome.version = run.candidate = record.model.version = MakeModelVersion(now, outcome.weights_sha256);
  record.created_at = now;
  record.training_run = run.id;
  record.scores_json = run.scores_json;
  std::vector<Promotion> promotions;
  if (champion.decision == ChampionDecision::kPromote) {
    Promotion promotion;
    promotion.scope = options_.scope;
    promotion.version = record.model.version;
    promotion.reason = champion.reason;
    promotion.actor = kActor;
    promotion.promoted_at = now;
    promotions.push_back(promotion);
  }
  outcome.state = promotions.empty() ? TrainingState::kKept : TrainingState::kPromoted;
  run.state = outcome.state;
  run.stage = "done";
  run.progress = 1;
  run.updated_at = now;
  run.finished_at = now;
  RETURN_IF_ERROR(stores_.models.Publish(record, artifact, promotions, run));
  outcome.published = true;
  return absl::OkStatus();
}

absl::Status TrainingJob::Finish(TrainingRun& run, TrainingState state) {
  run.state = state;
  run.updated_at = clock_.Now();
  run.finished_at = run.updated_at;
  if (state == TrainingState::kKept) {
    run.stage = "done";
    run.progress = 1;
  }
  return stores_.runs.Put(run);
}

absl::Status TrainingJob::MarkInterruptedRuns(absl::Time now) {
  ASSIGN_OR_RETURN(std::vector<TrainingRun> runs, stores_.runs.List(kRunsLookedBack));
  for (TrainingRun& run : runs) {
    if (run.state != TrainingState::kRunning) continue;
    run.state = TrainingState::kInterrupted;
    run.error = "the trainer ended without a word, last seen in: " + run.stage;
    run.finished_at = now;
    RETURN_IF_ERROR(stores_.runs.Put(run));
  }
  return absl::OkStatus();
}

ProgressSink TrainingJob::Recorded(TrainingRun& run, const ProgressSink& progress) {
  return [this, &run, progress, written = absl::InfinitePast(), stage = std::string()](const RunProgress& p) mutable {
    if (progress) progress(p);
    const absl::Time now = clock_.Now();
    run.stage = absl::StrCat(p.stage, " ", p.done, "/", p.total, " ", p.unit);
    run.progress = p.overall;
    run.updated_at = now;
    if (p.stage == stage && now - written < kRecordEvery) return;
    stage = p.stage;
    written = now;
    // A missed update is no reason to give up hours of training; a store that stays away fails the
    // end of the run.
    stores_.runs.Put(run).IgnoreError();
  };
}

std::string TrainingJob::StateDirectory(const Plan& plan) const {
  if (options_.state_root.empty()) return "";
  return (std::filesystem::path(options_.state_root) / plan.hash.substr(0, 16)).string();
}

}  // namespace tremorcast
