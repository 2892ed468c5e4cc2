#pragma once

// Which model serves where: per scope (a region, or kNetworkScope for all regions without their
// own) one shared pointer, swapped whole. The catalogue rung's model has a scope and a pointer of its
// own, and lives as the others do.
//
// Swap order (docs/ARCHITECTURE.md, life of a checkpoint): fetch the artifact -> PredictorLoader
// verifies, loads beside the incumbent, warms up and reproduces the golden output -> the pointer is
// replaced -> the old model is freed by a thread of its own, never by the request that used it
// last. Whatever fails keeps the incumbent, raises metrics and is tried again with growing pauses.
// Scopes with the same version share one predictor.
//
// Thread safety: all of it. For() takes a short lock and never waits for a load: hold what it
// returns for one request and no longer. Reconcile and Load block for as long as a load takes.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/forecast/predictor.h"
#include "core/ladder/etas_artifact.h"
#include "core/ports/model_registry.h"
#include "core/skill/records.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

// A loaded model and its record: of the station rung a predictor, of the catalogue rung an ETAS
// model.
struct ServedModel {
  std::shared_ptr<const Predictor> predictor;
  std::shared_ptr<const EtasArtifact> etas;
  PredictorInfo info;
  ModelRecord record;
};

struct ScopeStatus {
  RegionId scope;
  ModelVersion serving;  // empty: none
  ModelVersion wanted;   // the registry's champion; empty: none
  std::string problem;   // why they differ; "" when they do not
  int failed_attempts = 0;
  absl::Time next_attempt = absl::InfinitePast();
};

class ModelHost {
 public:
  struct Options {
    absl::Duration first_retry = absl::Seconds(5);
    absl::Duration max_retry = absl::Minutes(5);
    // Bytes to an artifact of the catalogue rung; without it such models cannot be loaded.
    std::function<absl::StatusOr<EtasArtifact>(const std::string& bytes)> read_etas;
  };
  ModelHost(Options options, ModelRegistry& registry, const PredictorLoader& loader, const Clock& clock,
            ModelMetrics& metrics, const Log& log);
  ~ModelHost();
  ModelHost(const ModelHost&) = delete;
  ModelHost& operator=(const ModelHost&) = delete;

  // The region's model, else the network's, else null (answer climatology). Of another question than
  // the weekly one the network has models alone.
  std::shared_ptr<const ServedModel> For(const RegionId& region, const StationQuestion& question = {}) const;
  // The catalogue rung's, or null.
  std::shared_ptr<const ServedModel> Catalogue() const;

  // Brings every scope to its champion. Ok when all serve what they should; else the first problem
  // (the others are in Status()). A scope that failed is left alone until its next attempt is due,
  // unless its champion has changed.
  absl::Status Reconcile(const std::map<RegionId, Promotion>& champions);
  // The same with the registry's champions of now. An error means that the registry did not answer,
  // and nothing has changed; a champion that cannot be loaded is in Status() and in the metrics,
  // and is tried again by later calls.
  absl::Status ReconcileWithRegistry();

  // Any version, for hindcasts, replays and shadows: the serving object if it serves, else loaded
  // beside it (the last one is kept).
  // NotFound: no such version; else what the loader says.
  absl::StatusOr<std::shared_ptr<const ServedModel>> Load(const ModelVersion& version);

  std::vector<ScopeStatus> Status() const;  // scope order
  // Blocks until models replaced so far that nobody uses any more are freed. For tests and for
  // measuring memory.
  void WaitForFreed();

 private:
  // What a scope serves, what it should serve and how often that failed.
  struct ScopeState {
    std::shared_ptr<const ServedModel> serving;
    ModelVersion wanted;
    std::string problem;
    int failed_attempts = 0;
    absl::Time next_attempt = absl::InfinitePast();
    absl::Time stuck_since = absl::InfiniteFuture();  // across champions, until one serves

    void ForgetFailures();
  };
  absl::StatusOr<std::shared_ptr<const ServedModel>> LoadFresh(const ModelVersion& version);
  absl::StatusOr<ServedModel> Open(ModelRecord record, const std::string& artifact) const;
  std::shared_ptr<const ServedModel> Serving(const ModelVersion& version) const;
  bool Serves(const RegionId& scope, const ModelVersion& version);
  bool Due(const RegionId& scope, const ModelVersion& version, std::string& problem) const;
  void Swap(const RegionId& scope, std::shared_ptr<const ServedModel> next);
  void NoteFailure(const RegionId& scope, const ModelVersion& version, const absl::Status& status);
  void ExportInfo(const RegionId& scope, const ServedModel* before, const ServedModel* after);
  void ExportNotStuck(const RegionId& scope);
  void Retire(std::shared_ptr<const ServedModel> model);
  void FreeRetired();

  const Options options_;
  ModelRegistry& registry_;
  const PredictorLoader& loader_;
  const Clock& clock_;
  ModelMetrics& metrics_;
  const Log& log_;
  absl::Mutex reconcile_mutex_;  // one reconcile at a time; held while loading
  mutable absl::Mutex mutex_;    // held for pointer copies only
  std::map<RegionId, ScopeState> scopes_ ABSL_GUARDED_BY(mutex_);
  absl::Mutex aside_mutex_;  // one load beside the serving models at a time
  // The last model loaded for a caller: replays and late revisions ask for the same one again and
  // again.
  std::shared_ptr<const ServedModel> aside_ ABSL_GUARDED_BY(aside_mutex_);
  absl::Mutex retired_mutex_;
  std::vector<std::shared_ptr<const ServedModel>> retired_ ABSL_GUARDED_BY(retired_mutex_);
  bool freeing_ ABSL_GUARDED_BY(retired_mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(retired_mutex_) = false;
  std::thread freer_;
};

}  // namespace tremorcast
