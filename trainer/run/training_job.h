#pragma once

// One training run over the store: read, plan, train, score, publish. The caller holds the
// trainer's lock.
//
// What happens is written to `training_runs` as it goes: the plan and its hash before the test
// period is opened, the stage at most every two seconds, and the end. Model, promotion and the
// run's end are one transaction. A failed or stopped run is recorded too, as far as the store can
// be reached.
//
// A snapshot, configuration and build that have been trained already are not trained again, unless
// `force`: the same weights would come out. Trained again by force, the bytes are compared with
// those published and not published twice.
//
// Errors: Cancelled when it was asked to stop, where the state directory lets the next run go on
// from there; FailedPrecondition with words on what is missing when there is not enough to learn
// from; and those of the stores.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/base/clock.h"
#include "core/forecast/predictor.h"
#include "core/ports/event_store.h"
#include "core/ports/model_registry.h"
#include "core/ports/network_store.h"
#include "core/ports/training_run_store.h"
#include "core/ports/window_store.h"
#include "core/skill/records.h"
#include "trainer/run/candidate.h"

namespace tremorcast {

// All outlive the job.
struct TrainingJobStores {
  WindowStore& windows;
  NetworkStore& network;
  EventStore& events;
  ModelRegistry& models;
  TrainingRunStore& runs;
};

struct TrainingOutcome {
  std::string run_id;
  TrainingState state = TrainingState::kFailed;  // kPromoted or kKept
  ModelVersion version;
  std::string weights_sha256;
  std::string data_hash;
  std::string plan_hash;
  std::string plan_summary;
  std::string verdict;   // the gate's sentence
  std::string decision;  // why promoted or kept
  // Absent when nothing had to be trained.
  std::optional<CandidateScores> scores;
  std::optional<MeanInterval> gain_over_champion;
  std::string calibration;
  std::vector<std::string> warnings;  // of the course of the training (CourseWarnings)
  bool published = false;
  absl::Duration read_time, train_time, score_time;
};

// A run that has just been trained and published, for whoever reports on it. Valid during the call
// alone, but for `data`.
struct TrainedRun {
  const std::shared_ptr<const Dataset>& data;
  const Plan& plan;
  const TrainerConfig& config;
  const TrainedModel& model;
  const TrainingOutcome& outcome;  // with its scores
  const std::string& git_revision;
};

struct TrainingJobOptions {
  TrainerConfig config;
  std::string git_revision;
  // States of unfinished runs are kept below, one folder per plan. "" keeps none.
  std::string state_root;
  bool force = false;
  // Asked before anything is published: false when the trainer's lock was lost on the way.
  std::function<bool()> still_alone;
  // Called once the run is published; not where nothing had to be trained. What it does cannot
  // change the run.
  std::function<void(const TrainedRun&)> on_trained;
};

class TrainingJob {
 public:
  TrainingJob(TrainingJobStores stores, const PredictorLoader& loader, const Clock& clock, PlaceboCheck placebos,
              TrainingJobOptions options);

  absl::StatusOr<TrainingOutcome> Run(const ProgressSink& progress, const std::atomic<bool>* stop);

 private:
  absl::StatusOr<TrainingOutcome> RunStages(TrainingRun& run, TrainingControl control);
  absl::StatusOr<TrainingOutcome> TrainAndPublish(const std::shared_ptr<const Dataset>& shared, const Plan& plan,
                                                  TrainingRun& run, const TrainingControl& control);
  // The outcome of an earlier run with the same plan, if its model is still registered.
  absl::StatusOr<std::optional<TrainingOutcome>> AlreadyTrained(const Plan& plan);
  // A champion that no longer loads is treated as one that could not be scored: it keeps its place.
  absl::StatusOr<ChallengerEvidence> CompareWithChampion(const Dataset& data, const CandidateScores& candidate);
  absl::Status Publish(const std::string& artifact, const ChampionVerdict& champion, TrainingRun& run,
                       TrainingOutcome& outcome);
  std::string StateDirectory(const Plan& plan) const;

  TrainingJobStores stores_;
  const PredictorLoader& loader_;
  const Clock& clock_;
  const PlaceboCheck placebos_;
  TrainingJobOptions options_;
};

}  // namespace tremorcast
