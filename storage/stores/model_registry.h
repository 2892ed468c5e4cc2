#pragma once

// ModelRegistry over PostgreSQL: artifact bytes, records and the append-only promotions ledger.
// Publishing and promoting notify kModelsChannel in their commit. Thread safe; blocks on I/O.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ports/model_registry.h"
#include "storage/postgres/sql_session.h"

namespace tremorcast {

class PgModelRegistry : public ModelRegistry {
 public:
  explicit PgModelRegistry(SqlSessions* sessions) : sessions_(sessions) {}

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

 private:
  SqlSessions* const sessions_;
};

}  // namespace tremorcast
