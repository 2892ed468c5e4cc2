#include "trainer/ladder/catalogue_job.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/skill/gate.h"
#include "formats/etas_artifact_json.h"
#include "trainer/ladder/catalogue_artifact.h"
#include "trainer/ladder/catalogue_champion.h"
#include "trainer/run/issue_threads.h"
#include "trainer/run/run_record.h"

namespace tremorcast {
namespace {

// Shares of a run, by and large: they only drive the overall figure.
constexpr double kAfterFit = 0.05;
constexpr double kOfOneTrial = 0.3;

}  // namespace

struct CatalogueJob::Work {
  TrainingRun& run;
  ProgressSink progress;
  const std::atomic<bool>* stop;

  bool StopAsked() const { return stop != nullptr && stop->load(); }
};

CatalogueJob::CatalogueJob(CatalogueJobStores stores, const Clock& clock, CatalogueJobOptions options)
    : stores_(stores), clock_(clock), options_(std::move(options)) {}

absl::StatusOr<CatalogueOutcome> CatalogueJob::Run(const ProgressSink& progress, const std::atomic<bool>* stop) {
  RETURN_IF_ERROR(options_.config.Validate());
  ASSIGN_OR_RETURN(TrainingRun run, BeginRun(stores_.runs, clock_, Rung::kCatalogue, options_.config.seed));
  Work work = {run, RecordedProgress(stores_.runs, clock_, run, progress), stop};
  absl::StatusOr<CatalogueOutcome> outcome = RunStages(work);
  if (!outcome.ok()) FailRun(stores_.runs, clock_, run, outcome.status());
  return outcome;
}

absl::StatusOr<CatalogueOutcome> CatalogueJob::RunStages(Work& work) {
  TrainingRun& run = work.run;
  const absl::Time known = std::min(clock_.Now(), options_.config.data.as_of);
  ASSIGN_OR_RETURN(NetworkCatalogue data,
                   ReadNetworkCatalogue(stores_.network, stores_.events, options_.config.data, known));
  ASSIGN_OR_RETURN(const CataloguePlan plan, PlanCatalogueRun(options_.config, std::move(data), options_.git_revision));
  run.data_hash = plan.data_hash;
  run.plan_json = plan.json;
  run.plan_hash = plan.hash;
  run.simulated = plan.simulated;
  // The plan is on record before anything looks at the test period.
  RETURN_IF_ERROR(stores_.runs.Put(run));

  std::optional<CatalogueOutcome> earlier;
  if (!options_.force) {
    ASSIGN_OR_RETURN(earlier, AlreadyFitted(plan));
  }
  CatalogueOutcome outcome;
  if (earlier.has_value()) {
    outcome = *std::move(earlier);
    run.verdict = outcome.verdict;
    run.candidate = outcome.version;
    RETURN_IF_ERROR(FinishRun(stores_.runs, clock_, run, TrainingState::kKept));
  } else if (!plan.refusal.empty()) {
    ASSIGN_OR_RETURN(outcome, Refuse(plan.refusal, work));
  } else {
    ASSIGN_OR_RETURN(outcome, FitAndPublish(plan, work));
  }
  outcome.run_id = run.id;
  outcome.data_hash = plan.data_hash;
  outcome.plan_hash = plan.hash;
  outcome.plan_summary = plan.summary;
  return outcome;
}

absl::StatusOr<std::optional<CatalogueOutcome>> CatalogueJob::AlreadyFitted(const CataloguePlan& plan) {
  ASSIGN_OR_RETURN(const std::optional<EarlierRun> earlier,
                   FindEarlierRun(stores_.runs, stores_.models, plan.hash, true));
  if (!earlier.has_value()) return std::nullopt;
  CatalogueOutcome outcome;
  outcome.state = TrainingState::kKept;
  outcome.verdict = earlier->run.verdict;
  outcome.decision = NothingNewSince(earlier->run);
  if (earlier->model.has_value()) {
    outcome.version = earlier->model->model.version;
    outcome.weights_sha256 = earlier->model->model.weights_sha256;
    outcome.artifact_bytes = earlier->model->artifact_bytes;
  }
  return outcome;
}

absl::StatusOr<CatalogueOutcome> CatalogueJob::Refuse(const std::string& refusal, Work& work) {
  CatalogueOutcome outcome;
  outcome.state = TrainingState::kKept;
  outcome.verdict = work.run.verdict = absl::StrCat("no model: ", refusal);
  outcome.decision = "there is nothing to publish; what serves goes on";
  RETURN_IF_ERROR(FinishRun(stores_.runs, clock_, work.run, TrainingState::kKept));
  return outcome;
}

absl::StatusOr<CatalogueOutcome> CatalogueJob::FitAndPublish(const CataloguePlan& plan, Work& work) {
  const absl::Time fit_start = clock_.Now();
  work.progress({"fitting", 0, 1, "models", "", 0});
  ASSIGN_OR_RETURN(const CatalogueRung rung,
                   FitCatalogueRung(plan.events, plan.trial.regions, plan.period, plan.trial.rung));
  const absl::Duration fit_time = clock_.Now() - fit_start;
  if (!rung.accepted()) return Refuse(rung.refusal, work);

  CatalogueOutcome outcome;
  outcome.fit_time = fit_time;
  const absl::Time trial_start = clock_.Now();
  RETURN_IF_ERROR(Judge(plan, work, outcome));
  outcome.trial_time = clock_.Now() - trial_start;
  ASSIGN_OR_RETURN(const EtasArtifact artifact, MakeEtasArtifact(plan, rung, *outcome.trial, options_.git_revision));
  outcome.model = DescribeEtasArtifact(artifact);
  outcome.verdict = work.run.verdict = artifact.verdict;
  work.run.scores_json = artifact.scores_json;
  if (work.StopAsked()) return absl::CancelledError("stopped before publishing");
  if (options_.still_alone && !options_.still_alone()) {
    return absl::AbortedError("the trainer's lock was lost on the way; nothing was published");
  }
  RETURN_IF_ERROR(Publish(artifact, work, outcome));
  if (options_.on_fitted) {
    outcome.run_id = work.run.id;
    outcome.data_hash = plan.data_hash;
    outcome.plan_hash = plan.hash;
    options_.on_fitted({plan, rung, outcome});
  }
  return outcome;
}

absl::Status CatalogueJob::Judge(const CataloguePlan& plan, const Work& work, CatalogueOutcome& outcome) const {
  LadderTrialOptions options = plan.trial;
  std::string stage;
  double from = kAfterFit;
  options.for_each = options_.for_each;
  options.stop = [&work] { return work.StopAsked(); };
  options.progress = OneAtATime([&](int done, int all) {
    work.progress({stage, done, all, "issues", "", from + kOfOneTrial * done / std::max(1, all)});
  });
  const auto trial = [&](const std::string& name, absl::Span<const SeismicEvent> known) {
    stage = name;
    absl::StatusOr<LadderTrial> tried = TryLadder(plan.events, known, options);
    from += kOfOneTrial;
    return tried;
  };
  ASSIGN_OR_RETURN(outcome.trial, trial("judging", plan.events));
  // They cost as much as the trial itself, and can only take a verdict back.
  if (!outcome.trial->verdict.demonstrated_skill) return absl::OkStatus();
  for (const PlaceboCatalogue& placebo : PlaceboCatalogues(plan.events, options.regions, options.period)) {
    ASSIGN_OR_RETURN(LadderTrial tried, trial(absl::StrCat("placebo, ", placebo.name), placebo.known));
    outcome.placebos.push_back({placebo.name, std::move(tried)});
  }
  ApplyPlacebos(outcome.placebos, options.gate, *outcome.trial);
  return absl::OkStatus();
}

absl::StatusOr<ChampionVerdict> CatalogueJob::CompareWithChampion(const ModelRecord& candidate) {
  CatalogueChampion before;
  ASSIGN_OR_RETURN(const std::vector<Promotion> ledger, stores_.models.Ledger(RegionId(kCatalogueScope)));
  if (!ledger.empty()) before.newest = ledger.front();
  if (before.newest.has_value() && !before.newest->version.empty()) {
    ASSIGN_OR_RETURN(before.model, stores_.models.Get(before.newest->version));
  }
  return DecideCatalogueChampion(candidate, before);
}

absl::Status CatalogueJob::Publish(const EtasArtifact& artifact, Work& work, CatalogueOutcome& outcome) {
  ASSIGN_OR_RETURN(const std::string bytes, WriteEtasArtifact(artifact));
  ASSIGN_OR_RETURN(ModelRecord record, DescribeCatalogueArtifact(bytes));
  ASSIGN_OR_RETURN(const ChampionVerdict champion, CompareWithChampion(record));
  outcome.decision = champion.reason;
  std::optional<Promotion> promotion;
  if (champion.decision == ChampionDecision::kPromote) {
    promotion.emplace();
    promotion->scope = RegionId(kCatalogueScope);
    promotion->reason = champion.reason;
  }
  ASSIGN_OR_RETURN(const Publication publication,
                   PublishRun(stores_.models, stores_.runs, clock_, std::move(record), bytes, promotion, work.run));
  outcome.version = publication.version;
  outcome.weights_sha256 = publication.weights_sha256;
  outcome.artifact_bytes = static_cast<int64_t>(bytes.size());
  outcome.state = publication.state;
  outcome.published = publication.published;
  if (!publication.published) {
    outcome.decision = absl::StrCat("the same bytes are published already as ", publication.version.value());
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
