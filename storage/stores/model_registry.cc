#include "storage/stores/model_registry.h"

#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "core/skill/promotion_ledger.h"
#include "storage/postgres/lock_keys.h"
#include "storage/postgres/notification_listener.h"
#include "storage/postgres/sql_text.h"
#include "storage/stores/training_run_store.h"

namespace tremorcast {
namespace {

// Without the artifact, which is fetched alone.
constexpr char kRecordColumns[] = R"sql(
    version, created_at, sha256, length(artifact), manifest_json, feature_schema_hash, data_hash, git_revision,
    training_from, training_to, training_run, demonstrated_skill, verdict, scores_json, simulated, rung,
    issue_day, horizon_days
)sql";
constexpr char kPromotionColumns[] = "scope, sequence, version, previous, kind, reason, actor, promoted_at";

ModelRecord RecordFrom(SqlRow row) {
  ModelRecord record;
  record.model.version = ModelVersion(row.Text());
  record.created_at = row.Time();
  record.model.weights_sha256 = row.Text();
  record.artifact_bytes = row.Int();
  record.manifest_json = row.Text();
  record.feature_schema_hash = row.Text();
  record.data_hash = row.Text();
  record.model.git_revision = row.Text();
  record.model.training_period.begin = row.Time();
  record.model.training_period.end = row.Time();
  record.training_run = row.Text();
  record.demonstrated_skill = row.Bool();
  record.verdict = row.Text();
  record.scores_json = row.Text();
  record.simulated = row.Bool();
  record.rung = static_cast<Rung>(row.Int());
  record.question.issue_day = static_cast<int>(row.Int());
  record.question.horizon_days = static_cast<int>(row.Int());
  return record;
}

Promotion PromotionFrom(SqlRow row) {
  Promotion promotion;
  promotion.scope = RegionId(row.Text());
  promotion.sequence = row.Int();
  promotion.version = ModelVersion(row.Text());
  promotion.previous = ModelVersion(row.Text());
  promotion.kind = static_cast<PromotionKind>(row.Int());
  promotion.reason = row.Text();
  promotion.actor = row.Text();
  promotion.promoted_at = row.Time();
  return promotion;
}

std::vector<Promotion> ScopeEntries(pqxx::work& tx, const RegionId& scope) {
  return ExecSql(tx, absl::StrCat("SELECT ", kPromotionColumns, " FROM promotions WHERE scope = $1 ORDER BY sequence"),
                 SqlParams().Text(scope.value()))
      .All(PromotionFrom);
}

absl::Status CheckPromotion(pqxx::work& tx, const Promotion& promotion) {
  if (promotion.scope.empty()) return absl::InvalidArgumentError("a promotion needs a scope");
  if (promotion.kind == PromotionKind::kWithdraw) {
    return promotion.version.empty() ? absl::OkStatus() : absl::InvalidArgumentError("a withdrawal names no version");
  }
  const auto known = ExecSql(tx, "SELECT rung, issue_day, horizon_days FROM model_versions WHERE version = $1",
                             SqlParams().Text(promotion.version.value()));
  if (known.empty()) return absl::NotFoundError(absl::StrCat("no model ", promotion.version.value()));
  return CheckScope(promotion.scope, static_cast<Rung>(known.Int(0, 0)),
                    {static_cast<int>(known.Int(0, 1)), static_cast<int>(known.Int(0, 2))});
}

// The caller holds kPromotionSequenceLock: until its commit nobody else draws a number, so numbers
// follow the order of commits.
absl::StatusOr<Promotion> AppendPromotion(pqxx::work& tx, Promotion promotion) {
  RETURN_IF_ERROR(CheckPromotion(tx, promotion));
  promotion.previous = CurrentChampion(ScopeEntries(tx, promotion.scope));
  promotion.promoted_at = StoredTime(promotion.promoted_at);
  const auto row = ExecSql(tx, absl::StrCat("INSERT INTO promotions (", kPromotionColumns, ")", R"sql(
                             VALUES ($1, nextval('promotion_sequence'), $2, $3, $4, $5, $6, $7)
                             RETURNING sequence
                           )sql"),
                           SqlParams()
                               .Text(promotion.scope.value())
                               .Text(promotion.version.value())
                               .Text(promotion.previous.value())
                               .Int(static_cast<int>(promotion.kind))
                               .Text(promotion.reason)
                               .Text(promotion.actor)
                               .Time(promotion.promoted_at));
  promotion.sequence = row.Int(0, 0);
  Notify(tx, kModelsChannel, promotion.scope.value());
  return promotion;
}

void InsertRecord(pqxx::work& tx, const ModelRecord& record, const std::string& artifact) {
  ExecSql(tx, R"sql(
        INSERT INTO model_versions (version, created_at, sha256, artifact, manifest_json, feature_schema_hash,
                                    data_hash, git_revision, training_from, training_to, training_run,
                                    demonstrated_skill, verdict, scores_json, simulated, rung,
                                    issue_day, horizon_days)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
      )sql",
          SqlParams()
              .Text(record.model.version.value())
              .Time(record.created_at)
              .Text(record.model.weights_sha256)
              .Bytes(artifact)
              .Text(record.manifest_json)
              .Text(record.feature_schema_hash)
              .Text(record.data_hash)
              .Text(record.model.git_revision)
              .Time(record.model.training_period.begin)
              .Time(record.model.training_period.end)
              .Text(record.training_run)
              .Bool(record.demonstrated_skill)
              .Text(record.verdict)
              .Text(record.scores_json)
              .Bool(record.simulated)
              .Int(static_cast<int>(record.rung))
              .Int(record.question.issue_day)
              .Int(record.question.horizon_days));
}

}  // namespace

absl::Status PgModelRegistry::Publish(const ModelRecord& record, const std::string& artifact,
                                      absl::Span<const Promotion> promotions, const std::optional<TrainingRun>& run) {
  RETURN_IF_ERROR(ValidateId("model version", record.model.version.value()));
  if (Sha256Hex(artifact) != record.model.weights_sha256) {
    return absl::InvalidArgumentError(
        absl::StrCat("model ", record.model.version.value(), ": the artifact does not have the stated SHA-256"));
  }
  if (run.has_value()) {
    RETURN_IF_ERROR(CheckTrainingRun(*run));
  }
  return sessions_->RunTransaction([&](pqxx::work& tx) -> absl::Status {
    LockForTransaction(tx, kPromotionSequenceLock);
    const auto known = ExecSql(tx, "SELECT sha256 FROM model_versions WHERE version = $1",
                               SqlParams().Text(record.model.version.value()));
    if (!known.empty()) {
      if (known.Text(0, 0) == record.model.weights_sha256) return absl::OkStatus();
      return absl::AlreadyExistsError(absl::StrCat("model ", record.model.version.value(), " exists with other bytes"));
    }
    InsertRecord(tx, record, artifact);
    for (const Promotion& promotion : promotions) {
      RETURN_IF_ERROR(AppendPromotion(tx, promotion).status());
    }
    if (run.has_value()) PutTrainingRun(tx, *run);
    Notify(tx, kModelsChannel, record.model.version.value());
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<ModelRecord>> PgModelRegistry::List() {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<ModelRecord>> {
    return ExecSql(tx, absl::StrCat("SELECT ", kRecordColumns, R"sql(
                         FROM model_versions
                         ORDER BY created_at DESC, version DESC
                       )sql"))
        .All(RecordFrom);
  });
}

absl::StatusOr<ModelRecord> PgModelRegistry::Get(const ModelVersion& version) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<ModelRecord> {
    const auto rows = ExecSql(tx, absl::StrCat("SELECT ", kRecordColumns, " FROM model_versions WHERE version = $1"),
                              SqlParams().Text(version.value()));
    if (rows.empty()) return absl::NotFoundError(absl::StrCat("no model ", version.value()));
    return RecordFrom(rows[0]);
  });
}

absl::StatusOr<std::string> PgModelRegistry::Artifact(const ModelVersion& version) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::string> {
    const auto rows =
        QueryBinary(tx, "SELECT artifact FROM model_versions WHERE version = $1", SqlParams().Text(version.value()));
    if (rows.empty()) return absl::NotFoundError(absl::StrCat("no model ", version.value()));
    return rows.Bytes(0, 0);
  });
}

absl::StatusOr<Promotion> PgModelRegistry::Promote(const Promotion& promotion) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<Promotion> {
    LockForTransaction(tx, kPromotionSequenceLock);
    return AppendPromotion(tx, promotion);
  });
}

absl::StatusOr<Promotion> PgModelRegistry::Rollback(const RegionId& scope, absl::string_view reason,
                                                    absl::string_view actor, absl::Time now) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<Promotion> {
    LockForTransaction(tx, kPromotionSequenceLock);
    const std::optional<ModelVersion> target = RollbackTarget(ScopeEntries(tx, scope));
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
    return AppendPromotion(tx, std::move(promotion));
  });
}

absl::StatusOr<std::vector<Promotion>> PgModelRegistry::Ledger(const std::optional<RegionId>& scope) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<Promotion>> {
    SqlParams params;
    if (scope.has_value()) params.Text(scope->value());
    return ExecSql(tx,
                   absl::StrCat("SELECT ", kPromotionColumns, " FROM promotions ",
                                scope.has_value() ? "WHERE scope = $1 " : "", "ORDER BY sequence DESC"),
                   params)
        .All(PromotionFrom);
  });
}

absl::StatusOr<std::map<RegionId, Promotion>> PgModelRegistry::Champions(absl::Time as_of) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::map<RegionId, Promotion>> {
    const SqlRows rows =
        ExecSql(tx, absl::StrCat("SELECT * FROM (SELECT DISTINCT ON (scope) ", kPromotionColumns, R"sql(
                                   FROM promotions
                                   WHERE promoted_at <= $1
                                   ORDER BY scope, sequence DESC
                                 ) newest
                                 WHERE version <> ''
                                 )sql"),
                SqlParams().Time(as_of));
    std::map<RegionId, Promotion> champions;
    for (Promotion& promotion : rows.All(PromotionFrom)) champions[promotion.scope] = std::move(promotion);
    return champions;
  });
}

}  // namespace tremorcast
