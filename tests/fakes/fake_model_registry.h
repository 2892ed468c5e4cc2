#pragma once

// Models, the promotions ledger and training runs in memory: ModelRegistry and TrainingRunStore
// over one shared state, because Publish writes both. Thread safe.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include "core/ports/model_registry.h"
#include "core/ports/training_run_store.h"
#include "tests/fakes/faults.h"

namespace tremorcast {

class FakeTrainingRunStore : public TrainingRunStore {
 public:
  absl::Status Put(const TrainingRun& run) override;
  absl::StatusOr<std::optional<TrainingRun>> Get(absl::string_view id) override;
  absl::StatusOr<std::vector<TrainingRun>> List(int limit) override;

  Faults& faults() { return faults_; }

 private:
  Faults faults_;
  absl::Mutex mutex_;
  std::map<std::string, TrainingRun> runs_ ABSL_GUARDED_BY(mutex_);
};

class FakeModelRegistry : public ModelRegistry {
 public:
  explicit FakeModelRegistry(FakeTrainingRunStore* runs = nullptr) : runs_(runs) {}

  absl::Status Publish(const ModelRecord& record, const std::string& artifact, absl::Span<const Promotion> promotions,
                       const std::optional<TrainingRun>& run) override;
  absl::StatusOr<std::vector<ModelRecord>> List() override;
  absl::StatusOr<ModelRecord> Get(const ModelVersion& version) override;
  absl::StatusOr<std::string> Artifact(const ModelVersion& version) override;
  absl::StatusOr<Promotion> Promote(const Promotion& promotion) override;
  absl::StatusOr<Promotion> Rollback(const RegionId& scope, absl::string_view reason, absl::string_view actor,
                                     absl::Time now) override;
  absl::StatusOr<std::vector<Promotion>> Ledger(const std::optional<RegionId>& scope) override;
  absl::StatusOr<std::map<RegionId, Promotion>> Champions(absl::Time as_of) override;

  Faults& faults() { return faults_; }
  // Replaces the stored bytes without touching the record, as a failing disk would.
  void CorruptArtifact(const ModelVersion& version, std::string bytes);

 private:
  absl::Status CheckPromotion(const Promotion& promotion, const ModelRecord& publishing) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Promotion AppendPromotion(Promotion promotion) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Promotion> ScopeEntries(const RegionId& scope) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  FakeTrainingRunStore* const runs_;  // may be null
  Faults faults_;
  absl::Mutex mutex_;
  std::map<ModelVersion, ModelRecord> records_ ABSL_GUARDED_BY(mutex_);
  std::map<ModelVersion, std::string> artifacts_ ABSL_GUARDED_BY(mutex_);
  std::vector<Promotion> ledger_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tremorcast
