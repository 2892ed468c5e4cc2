#include "storage/stores/training_run_store.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

constexpr char kColumns[] =
    "id, state, started_at, updated_at, finished_at, stage, progress, seed, data_hash, plan_json, plan_hash, "
    "scores_json, verdict, "
    "candidate, error, simulated";

TrainingRun RunFrom(const pqxx::result& rows, int i) {
  TrainingRun run;
  run.id = std::string(Field(rows, i, 0));
  run.state = static_cast<TrainingState>(ParseSqlInt(Field(rows, i, 1)));
  run.started_at = ParseSqlTime(Field(rows, i, 2));
  run.updated_at = ParseSqlTime(Field(rows, i, 3));
  if (!FieldIsNull(rows, i, 4)) run.finished_at = ParseSqlTime(Field(rows, i, 4));
  run.stage = std::string(Field(rows, i, 5));
  run.progress = ParseSqlDouble(Field(rows, i, 6));
  TREMORCAST_CHECK(absl::SimpleAtoi(Field(rows, i, 7), &run.seed));
  run.data_hash = std::string(Field(rows, i, 8));
  run.plan_json = std::string(Field(rows, i, 9));
  run.plan_hash = std::string(Field(rows, i, 10));
  run.scores_json = std::string(Field(rows, i, 11));
  run.verdict = std::string(Field(rows, i, 12));
  run.candidate = ModelVersion(std::string(Field(rows, i, 13)));
  run.error = std::string(Field(rows, i, 14));
  run.simulated = ParseSqlBool(Field(rows, i, 15));
  return run;
}

}  // namespace

absl::Status CheckTrainingRun(const TrainingRun& run) {
  return run.id.empty() ? absl::InvalidArgumentError("a training run needs an id") : absl::OkStatus();
}

void PutTrainingRun(pqxx::work& transaction, const TrainingRun& run) {
  ExecSql(transaction,
          absl::StrCat(
              "INSERT INTO training_runs (", kColumns,
              ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
              "$15, $16) ON CONFLICT (id) DO UPDATE SET (state, started_at, updated_at, finished_at, stage, progress, "
              "seed, "
              "data_hash, plan_json, plan_hash, scores_json, verdict, candidate, error, simulated) = (excluded.state, "
              "excluded.started_at, excluded.updated_at, excluded.finished_at, excluded.stage, excluded.progress, "
              "excluded.seed, excluded.data_hash, excluded.plan_json, excluded.plan_hash, excluded.scores_json, "
              "excluded.verdict, excluded.candidate, excluded.error, excluded.simulated)"),
          SqlParams()
              .Text(run.id)
              .Int(static_cast<int>(run.state))
              .Time(run.started_at)
              .Time(run.updated_at)
              .OptionalTime(run.finished_at)
              .Text(run.stage)
              .Double(run.progress)
              .Text(absl::StrCat(run.seed))
              .Text(run.data_hash)
              .Text(run.plan_json)
              .Text(run.plan_hash)
              .Text(run.scores_json)
              .Text(run.verdict)
              .Text(run.candidate.value())
              .Text(run.error)
              .Bool(run.simulated));
}

absl::Status PgTrainingRunStore::Put(const TrainingRun& run) {
  RETURN_IF_ERROR(CheckTrainingRun(run));
  return sessions_->RunTransaction([&](pqxx::work& tx) {
    PutTrainingRun(tx, run);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::optional<TrainingRun>> PgTrainingRunStore::Get(absl::string_view id) {
  return sessions_->Run<std::optional<TrainingRun>>([&](pqxx::work& tx) -> absl::StatusOr<std::optional<TrainingRun>> {
    const auto rows =
        ExecSql(tx, absl::StrCat("SELECT ", kColumns, " FROM training_runs WHERE id = $1"), SqlParams().Text(id));
    if (RowCount(rows) == 0) return std::optional<TrainingRun>();
    return std::optional<TrainingRun>(RunFrom(rows, 0));
  });
}

absl::StatusOr<std::vector<TrainingRun>> PgTrainingRunStore::List(int limit) {
  return sessions_->Run<std::vector<TrainingRun>>([&](pqxx::work& tx) -> absl::StatusOr<std::vector<TrainingRun>> {
    const auto rows =
        ExecSql(tx, absl::StrCat("SELECT ", kColumns, " FROM training_runs ORDER BY started_at DESC, id DESC LIMIT $1"),
                SqlParams().Int(limit));
    std::vector<TrainingRun> result;
    for (int i = 0; i < RowCount(rows); ++i) result.push_back(RunFrom(rows, i));
    return result;
  });
}

}  // namespace tremorcast
