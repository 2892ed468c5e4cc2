#include "tests/fakes/fake_model_registry.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/digest.h"
#include "core/skill/promotion_ledger.h"

namespace tremorcast {

absl::Status FakeTrainingRunStore::Put(const TrainingRun& run) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  if (run.id.empty()) return absl::InvalidArgumentError("a training run needs an id");
  TrainingRun stored = run;
  stored.started_at = ToStoredTime(run.started_at);
  stored.updated_at = ToStoredTime(run.updated_at);
  if (run.finished_at.has_value()) stored.finished_at = ToStoredTime(*run.finished_at);
  absl::MutexLock lock(&mutex_);
  runs_[run.id] = std::move(stored);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<TrainingRun>> FakeTrainingRunStore::Get(absl::string_view id) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  const auto at = runs_.find(std::string(id));
  return at == runs_.end() ? std::nullopt : std::optional<TrainingRun>(at->second);
}

absl::StatusOr<std::vector<TrainingRun>> FakeTrainingRunStore::List(int limit) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<TrainingRun> result;
  for (const auto& [id, run] : runs_) result.push_back(run);
  std::sort(result.begin(), result.end(), [](const TrainingRun& a, const TrainingRun& b) {
    return std::tie(b.started_at, b.id) < std::tie(a.started_at, a.id);
  });
  if (static_cast<int>(result.size()) > limit) result.resize(limit);
  return result;
}

absl::Status FakeModelRegistry::Publish(const ModelRecord& record, const std::string& artifact,
                                        absl::Span<const Promotion> promotions, const std::optional<TrainingRun>& run) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  if (absl::Status id = ValidateId("model version", record.model.version.value()); !id.ok()) return id;
  if (Sha256Hex(artifact) != record.model.weights_sha256) {
    return absl::InvalidArgumentError(
        absl::StrCat("model ", record.model.version.value(), ": the artifact does not have the stated SHA-256"));
  }
  absl::MutexLock lock(&mutex_);
  if (const auto known = records_.find(record.model.version); known != records_.end()) {
    if (known->second.model.weights_sha256 == record.model.weights_sha256) return absl::OkStatus();
    return absl::AlreadyExistsError(absl::StrCat("model ", record.model.version.value(), " exists with other bytes"));
  }
  for (const Promotion& promotion : promotions) {
    if (absl::Status valid = CheckPromotion(promotion, record); !valid.ok()) return valid;
  }
  if (run.has_value() && runs_ != nullptr) {
    if (absl::Status put = runs_->Put(*run); !put.ok()) return put;
  }
  ModelRecord stored = record;
  stored.artifact_bytes = static_cast<int64_t>(artifact.size());
  stored.created_at = ToStoredTime(record.created_at);
  stored.model.training_period = {ToStoredTime(record.model.training_period.begin),
                                  ToStoredTime(record.model.training_period.end)};
  records_[record.model.version] = std::move(stored);
  artifacts_[record.model.version] = artifact;
  for (const Promotion& promotion : promotions) AppendPromotion(promotion);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ModelRecord>> FakeModelRegistry::List() {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<ModelRecord> result;
  for (const auto& [version, record] : records_) result.push_back(record);
  std::sort(result.begin(), result.end(), [](const ModelRecord& a, const ModelRecord& b) {
    return std::tie(b.created_at, b.model.version) < std::tie(a.created_at, a.model.version);
  });
  return result;
}

absl::StatusOr<ModelRecord> FakeModelRegistry::Get(const ModelVersion& version) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  const auto at = records_.find(version);
  if (at == records_.end()) return absl::NotFoundError(absl::StrCat("no model ", version.value()));
  return at->second;
}

absl::StatusOr<std::string> FakeModelRegistry::Artifact(const ModelVersion& version) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  const auto at = artifacts_.find(version);
  if (at == artifacts_.end()) return absl::NotFoundError(absl::StrCat("no model ", version.value()));
  return at->second;
}

absl::Status FakeModelRegistry::CheckPromotion(const Promotion& promotion, const ModelRecord& publishing) const {
  if (promotion.scope.empty()) return absl::InvalidArgumentError("a promotion needs a scope");
  if (promotion.kind == PromotionKind::kWithdraw) {
    return promotion.version.empty() ? absl::OkStatus() : absl::InvalidArgumentError("a withdrawal names no version");
  }
  if (promotion.version == publishing.model.version)
    return CheckScope(promotion.scope, publishing.rung, publishing.question);
  const auto known = records_.find(promotion.version);
  if (known == records_.end()) return absl::NotFoundError(absl::StrCat("no model ", promotion.version.value()));
  return CheckScope(promotion.scope, known->second.rung, known->second.question);
}

std::vector<Promotion> FakeModelRegistry::ScopeEntries(const RegionId& scope) const {
  std::vector<Promotion> entries;
  for (const Promotion& entry : ledger_) {
    if (entry.scope == scope) entries.push_back(entry);
  }
  return entries;
}

Promotion FakeModelRegistry::AppendPromotion(Promotion promotion) {
  promotion.sequence = static_cast<int64_t>(ledger_.size()) + 1;
  promotion.previous = CurrentChampion(ScopeEntries(promotion.scope));
  promotion.promoted_at = ToStoredTime(promotion.promoted_at);
  ledger_.push_back(promotion);
  return promotion;
}

absl::StatusOr<Promotion> FakeModelRegistry::Promote(const Promotion& promotion) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  if (absl::Status valid = CheckPromotion(promotion, ModelRecord()); !valid.ok()) return valid;
  return AppendPromotion(promotion);
}

absl::StatusOr<Promotion> FakeModelRegistry::Rollback(const RegionId& scope, absl::string_view reason,
                                                      absl::string_view actor, absl::Time now) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  const std::optional<ModelVersion> target = RollbackTarget(ScopeEntries(scope));
  if (!target.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("scope ", scope.value(), " has no earlier champion to roll back to"));
  }
  Promotion promotion;
  promotion.scope = scope;
  promotion.version = *target;
  promotion.kind = PromotionKind::kRollback;
  promotion.reason = std::string(reason);
  promotion.actor = std::string(actor);
  promotion.promoted_at = now;
  return AppendPromotion(std::move(promotion));
}

absl::StatusOr<std::vector<Promotion>> FakeModelRegistry::Ledger(const std::optional<RegionId>& scope) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<Promotion> entries = scope.has_value() ? ScopeEntries(*scope) : ledger_;
  std::reverse(entries.begin(), entries.end());
  return entries;
}

absl::StatusOr<std::map<RegionId, Promotion>> FakeModelRegistry::Champions(absl::Time as_of) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::map<RegionId, Promotion> champions;
  for (const Promotion& entry : ledger_) {
    if (entry.promoted_at <= as_of) champions[entry.scope] = entry;
  }
  std::erase_if(champions, [](const auto& entry) { return entry.second.version.empty(); });
  return champions;
}

void FakeModelRegistry::CorruptArtifact(const ModelVersion& version, std::string bytes) {
  absl::MutexLock lock(&mutex_);
  artifacts_[version] = std::move(bytes);
}

}  // namespace tremorcast
