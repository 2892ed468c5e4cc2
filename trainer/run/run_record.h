#pragma once

// A run of the trainer as `training_runs` keeps it, and how its model is published: what the runs of
// both rungs share. The caller holds the trainer's lock of the run's rung. All block on the store;
// errors are the store's.

#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/base/clock.h"
#include "core/forecast/rung.h"
#include "core/ports/model_registry.h"
#include "core/ports/training_run_store.h"
#include "core/skill/records.h"
#include "trainer/run/progress.h"

namespace tremorcast {

// Puts a new run. Before, runs of this rung that still say "running" are marked as interrupted: they
// belong to processes that were killed, since the lock is ours. One of the other rung may be at work.
absl::StatusOr<TrainingRun> BeginRun(TrainingRunStore& runs, const Clock& clock, Rung rung, uint64_t seed);

// The newest run that reached a verdict on this plan and whose model, if it published one, is still
// registered. Runs without a model are not looked at unless `without_model`.
struct EarlierRun {
  TrainingRun run;
  std::optional<ModelRecord> model;
};
absl::StatusOr<std::optional<EarlierRun>> FindEarlierRun(TrainingRunStore& runs, ModelRegistry& models,
                                                         absl::string_view plan_hash, bool without_model);
// "nothing new since run X: same data, configuration and build".
std::string NothingNewSince(const TrainingRun& run);

// Progress that also goes to the store, at most every two seconds. What this refers to outlives it.
ProgressSink RecordedProgress(TrainingRunStore& runs, const Clock& clock, TrainingRun& run,
                              const ProgressSink& progress);

// The end of a run that publishes nothing.
absl::Status FinishRun(TrainingRunStore& runs, const Clock& clock, TrainingRun& run, TrainingState state);
// One that ended with an error. That it cannot be recorded is not said: the error matters more.
void FailRun(TrainingRunStore& runs, const Clock& clock, TrainingRun& run, const absl::Status& why);

// Model, promotion and the run's end, in one transaction. `record` is without what the registry
// decides: version, time, run and its scores. Bytes that are published already are not published
// again.
struct Publication {
  ModelVersion version;
  std::string weights_sha256;
  TrainingState state = TrainingState::kKept;
  bool published = false;  // false: `version` has the same bytes
};
absl::StatusOr<Publication> PublishRun(ModelRegistry& models, TrainingRunStore& runs, const Clock& clock,
                                       ModelRecord record, const std::string& artifact,
                                       const std::optional<Promotion>& promotion, TrainingRun& run);

}  // namespace tremorcast
