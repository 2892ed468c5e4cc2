#pragma once

// One run of the catalogue rung over the store: read, plan, fit, judge, publish (METHOD.md section 7).
// The caller holds the trainer's lock of this rung.
//
// Plan and hash are in `training_runs` before the test period is looked at. The fit to everything
// known comes first, because one that is refused need not be judged. Then the procedure is tried on
// rolling origins, placebos may take its skill back, and model, promotion and the run's end are one
// transaction. What is published is another fit than any that was judged, by the same procedure and
// with more data: docs/decisions/0037 says why, and when it replaces the champion.
//
// A catalogue that is too short, and a fit that is refused, publish nothing; the run is kept and says
// why. The same snapshot, configuration and build are not fitted again, unless `force`.
//
// Errors: Cancelled when it was asked to stop; FailedPrecondition where there is no region or no
// catalogue; InvalidArgument for a configuration that makes no sense; those of the stores. Blocks for
// minutes.

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "core/base/clock.h"
#include "core/ladder/etas_artifact.h"
#include "core/ladder/ladder_trial.h"
#include "core/ports/event_store.h"
#include "core/ports/model_registry.h"
#include "core/ports/network_store.h"
#include "core/ports/training_run_store.h"
#include "core/skill/records.h"
#include "trainer/ladder/catalogue_plan.h"
#include "trainer/ladder/ladder_placebos.h"
#include "trainer/run/progress.h"

namespace tremorcast {

// All outlive the job. Called by one thread at a time, not always the same one.
struct CatalogueJobStores {
  NetworkStore& network;
  EventStore& events;
  ModelRegistry& models;
  TrainingRunStore& runs;
};

struct CatalogueOutcome {
  std::string run_id;
  TrainingState state = TrainingState::kFailed;  // kPromoted or kKept
  bool published = false;
  ModelVersion version;  // empty where there is no model
  std::string weights_sha256;
  int64_t artifact_bytes = 0;
  std::string data_hash, plan_hash, plan_summary;
  std::string verdict;   // the gate's sentence, or "no model: ..."
  std::string decision;  // why promoted or kept
  std::string model;     // DescribeEtasArtifact
  // Absent when nothing had to be judged.
  std::optional<LadderTrial> trial;
  std::vector<LadderPlacebo> placebos;
  absl::Duration fit_time, trial_time;
};

// A run that has just fitted and published, for whoever reports on it. Valid during the call alone.
struct FittedRun {
  const CataloguePlan& plan;
  const CatalogueRung& rung;
  const CatalogueOutcome& outcome;  // with its trial
};

struct CatalogueJobOptions {
  CatalogueConfig config;
  std::string git_revision;
  bool force = false;
  std::function<bool()> still_alone;                                         // as TrainingJobOptions
  std::function<void(int n, const std::function<void(int)>& one)> for_each;  // as LadderTrialOptions
  // Called once the run is published, as TrainingJobOptions::on_trained.
  std::function<void(const FittedRun&)> on_fitted;
};

class CatalogueJob {
 public:
  CatalogueJob(CatalogueJobStores stores, const Clock& clock, CatalogueJobOptions options);

  // `progress` is called by one thread at a time, not always the same one.
  absl::StatusOr<CatalogueOutcome> Run(const ProgressSink& progress, const std::atomic<bool>* stop);

 private:
  struct Work;  // of one run
  absl::StatusOr<CatalogueOutcome> RunStages(Work& work);
  absl::StatusOr<CatalogueOutcome> FitAndPublish(const CataloguePlan& plan, Work& work);
  absl::StatusOr<std::optional<CatalogueOutcome>> AlreadyFitted(const CataloguePlan& plan);
  absl::StatusOr<CatalogueOutcome> Refuse(const std::string& refusal, Work& work);
  absl::Status Judge(const CataloguePlan& plan, const Work& work, CatalogueOutcome& outcome) const;
  absl::StatusOr<ChampionVerdict> CompareWithChampion(const ModelRecord& candidate);
  absl::Status Publish(const EtasArtifact& artifact, Work& work, CatalogueOutcome& outcome);

  CatalogueJobStores stores_;
  const Clock& clock_;
  CatalogueJobOptions options_;
};

}  // namespace tremorcast
