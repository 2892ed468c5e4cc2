#pragma once

// TrainingRunStore over PostgreSQL. Thread safe; blocks on I/O.

#include <optional>
#include <vector>

#include "core/ports/training_run_store.h"
#include "storage/postgres/sql_session.h"

namespace tremorcast {

class PgTrainingRunStore : public TrainingRunStore {
 public:
  explicit PgTrainingRunStore(SqlSessions* sessions) : sessions_(sessions) {}

  absl::Status Put(const TrainingRun& run) override;
  absl::StatusOr<std::optional<TrainingRun>> Get(absl::string_view id) override;
  absl::StatusOr<std::vector<TrainingRun>> List(int limit) override;

 private:
  SqlSessions* const sessions_;
};

// Inserts or updates within a transaction: publishing a model ends its run in the same commit.
void PutTrainingRun(pqxx::work& transaction, const TrainingRun& run);
absl::Status CheckTrainingRun(const TrainingRun& run);

}  // namespace tremorcast
