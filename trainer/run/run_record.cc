#include "trainer/run/run_record.h"

#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "core/skill/run_id.h"

namespace tremorcast {
namespace {

constexpr absl::Duration kRecordEvery = absl::Seconds(2);
constexpr int kRunsLookedBack = 200;

absl::Status MarkInterruptedRuns(TrainingRunStore& runs, Rung rung, absl::Time now) {
  ASSIGN_OR_RETURN(const std::vector<TrainingRun> listed, runs.List(kRunsLookedBack));
  for (TrainingRun run : listed) {
    if (run.state != TrainingState::kRunning || RungOfRun(run.id) != rung) continue;
    run.state = TrainingState::kInterrupted;
    run.error = "the trainer ended without a word, last seen in: " + run.stage;
    run.finished_at = now;
    RETURN_IF_ERROR(runs.Put(run));
  }
  return absl::OkStatus();
}

void SetEnd(TrainingRun& run, TrainingState state, absl::Time now) {
  run.state = state;
  run.updated_at = now;
  run.finished_at = now;
  if (state == TrainingState::kKept || state == TrainingState::kPromoted) {
    run.stage = "done";
    run.progress = 1;
  }
}

absl::StatusOr<std::optional<ModelVersion>> PublishedWithHash(ModelRegistry& models, const std::string& sha256) {
  ASSIGN_OR_RETURN(const std::vector<ModelRecord> records, models.List());
  for (const ModelRecord& record : records) {
    if (record.model.weights_sha256 == sha256) return record.model.version;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<TrainingRun> BeginRun(TrainingRunStore& runs, const Clock& clock, Rung rung, uint64_t seed) {
  const absl::Time now = clock.Now();
  RETURN_IF_ERROR(MarkInterruptedRuns(runs, rung, now));
  TrainingRun run;
  run.id = MakeRunId(now, rung);
  run.started_at = run.updated_at = now;
  run.seed = seed;
  run.stage = "reading";
  RETURN_IF_ERROR(runs.Put(run));
  return run;
}

absl::StatusOr<std::optional<EarlierRun>> FindEarlierRun(TrainingRunStore& runs, ModelRegistry& models,
                                                         absl::string_view plan_hash, bool without_model) {
  ASSIGN_OR_RETURN(const std::vector<TrainingRun> listed, runs.List(kRunsLookedBack));
  for (const TrainingRun& run : listed) {
    const bool ended = run.state == TrainingState::kPromoted || run.state == TrainingState::kKept;
    if (!ended || run.plan_hash != plan_hash) continue;
    if (run.candidate.empty()) {
      if (without_model) return EarlierRun{run, std::nullopt};
      continue;
    }
    absl::StatusOr<ModelRecord> record = models.Get(run.candidate);
    if (absl::IsNotFound(record.status())) continue;
    if (!record.ok()) return record.status();
    return EarlierRun{run, *std::move(record)};
  }
  return std::nullopt;
}

std::string NothingNewSince(const TrainingRun& run) {
  return absl::StrCat("nothing new since run ", run.id, ": same data, configuration and build");
}

ProgressSink RecordedProgress(TrainingRunStore& runs, const Clock& clock, TrainingRun& run,
                              const ProgressSink& progress) {
  return [&runs, &clock, &run, progress, written = absl::InfinitePast(),
          stage = std::string()](const RunProgress& p) mutable {
    if (progress) progress(p);
    const absl::Time now = clock.Now();
    run.stage = absl::StrCat(p.stage, " ", p.done, "/", p.total, " ", p.unit);
    run.progress = p.overall;
    run.updated_at = now;
    if (p.stage == stage && now - written < kRecordEvery) return;
    stage = p.stage;
    written = now;
    // A missed update is no reason to give up hours of training; a store that stays away fails the
    // end of the run.
    runs.Put(run).IgnoreError();
  };
}

absl::Status FinishRun(TrainingRunStore& runs, const Clock& clock, TrainingRun& run, TrainingState state) {
  SetEnd(run, state, clock.Now());
  return runs.Put(run);
}

void FailRun(TrainingRunStore& runs, const Clock& clock, TrainingRun& run, const absl::Status& why) {
  run.error = std::string(why.message());
  FinishRun(runs, clock, run, absl::IsCancelled(why) ? TrainingState::kInterrupted : TrainingState::kFailed)
      .IgnoreError();
}

absl::StatusOr<Publication> PublishRun(ModelRegistry& models, TrainingRunStore& runs, const Clock& clock,
                                       ModelRecord record, const std::string& artifact,
                                       const std::optional<Promotion>& promotion, TrainingRun& run) {
  const absl::Time now = clock.Now();
  Publication publication;
  publication.weights_sha256 = Sha256Hex(artifact);
  ASSIGN_OR_RETURN(const std::optional<ModelVersion> same, PublishedWithHash(models, publication.weights_sha256));
  if (same.has_value()) {
    publication.version = run.candidate = *same;
    RETURN_IF_ERROR(FinishRun(runs, clock, run, TrainingState::kKept));
    return publication;
  }
  publication.version = run.candidate = record.model.version = MakeModelVersion(now, publication.weights_sha256);
  record.created_at = now;
  record.training_run = run.id;
  record.scores_json = run.scores_json;
  std::vector<Promotion> promotions;
  if (promotion.has_value()) {
    promotions.push_back(*promotion);
    promotions.back().version = record.model.version;
    promotions.back().actor = kTrainerActor;
    promotions.back().promoted_at = now;
  }
  publication.state = promotions.empty() ? TrainingState::kKept : TrainingState::kPromoted;
  SetEnd(run, publication.state, now);
  RETURN_IF_ERROR(models.Publish(record, artifact, promotions, run));
  publication.published = true;
  return publication;
}

}  // namespace tremorcast
