#include "storage/stores/training_run_store.h"

#include <string>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

constexpr char kColumns[] = R"sql(
    id, state, started_at, updated_at, finished_at, stage, progress, seed, data_hash, plan_json, plan_hash, scores_json,
    verdict, candidate, error, simulated
)sql";

TrainingRun RunFrom(SqlRow row) {
  TrainingRun run;
  run.id = row.Text();
  run.state = static_cast<TrainingState>(row.Int());
  run.started_at = row.Time();
  run.updated_at = row.Time();
  if (!row.SkipNull()) run.finished_at = row.Time();
  run.stage = row.Text();
  run.progress = row.Double();
  TREMORCAST_CHECK(absl::SimpleAtoi(row.Text(), &run.seed));
  run.data_hash = row.Text();
  run.plan_json = row.Text();
  run.plan_hash = row.Text();
  run.scores_json = row.Text();
  run.verdict = row.Text();
  run.candidate = ModelVersion(row.Text());
  run.error = row.Text();
  run.simulated = row.Bool();
  return run;
}

}  // namespace

absl::Status CheckTrainingRun(const TrainingRun& run) {
  return run.id.empty() ? absl::InvalidArgumentError("a training run needs an id") : absl::OkStatus();
}

void PutTrainingRun(pqxx::work& transaction, const TrainingRun& run) {
  ExecSql(transaction, absl::StrCat("INSERT INTO training_runs (", kColumns, ")", R"sql(
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            ON CONFLICT (id) DO UPDATE SET
              state = excluded.state,
              started_at = excluded.started_at,
              updated_at = excluded.updated_at,
              finished_at = excluded.finished_at,
              stage = excluded.stage,
              progress = excluded.progress,
              seed = excluded.seed,
              data_hash = excluded.data_hash,
              plan_json = excluded.plan_json,
              plan_hash = excluded.plan_hash,
              scores_json = excluded.scores_json,
              verdict = excluded.verdict,
              candidate = excluded.candidate,
              error = excluded.error,
              simulated = excluded.simulated
          )sql"),
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
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::optional<TrainingRun>> {
    const SqlRows rows =
        ExecSql(tx, absl::StrCat("SELECT ", kColumns, " FROM training_runs WHERE id = $1"), SqlParams().Text(id));
    if (rows.empty()) return std::optional<TrainingRun>();
    return std::optional<TrainingRun>(RunFrom(rows[0]));
  });
}

absl::StatusOr<std::vector<TrainingRun>> PgTrainingRunStore::List(int limit) {
  return sessions_->Run([&](pqxx::work& tx) -> absl::StatusOr<std::vector<TrainingRun>> {
    return ExecSql(tx,
                   absl::StrCat("SELECT ", kColumns, " FROM training_runs ORDER BY started_at DESC, id DESC LIMIT $1"),
                   SqlParams().Int(limit))
        .All(RunFrom);
  });
}

}  // namespace tremorcast
