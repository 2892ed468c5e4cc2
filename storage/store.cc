#include "storage/store.h"

#include <utility>

#include <absl/time/clock.h>

#include "core/base/status_macros.h"
#include "storage/ingest/observation_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_status.h"
#include "storage/postgres/pool.h"
#include "storage/postgres/pooler_check.h"
#include "storage/postgres/session_check.h"
#include "storage/postgres/sql_session.h"
#include "storage/schema/migrations.h"
#include "storage/stores/event_store.h"
#include "storage/stores/forecast_store.h"
#include "storage/stores/maintenance_store.h"
#include "storage/stores/model_registry.h"
#include "storage/stores/network_store.h"
#include "storage/stores/training_run_store.h"
#include "storage/stores/window_store.h"

namespace tremorcast {
namespace {

class PgStore : public Store {
 public:
  explicit PgStore(const StoreOptions& options)
      : options_(options),
        ingest_pool_(
            options.ingest_connections,
            [this](absl::Time deadline) {
              return PgConnection::Open(options_.conninfo, "tremorcast ingest", deadline);
            },
            [](const PgConnection& connection) { return connection.broken(); }),
        sessions_({options.conninfo, options.connections, options.statement_timeout, absl::Seconds(30)}),
        observations_({options.commit_patience, options.straight_copy}, &ingest_pool_, &sessions_),
        windows_({options.backfill_latency}, &sessions_),
        network_(&sessions_),
        events_(&sessions_),
        forecasts_(&sessions_),
        models_(&sessions_),
        training_runs_(&sessions_),
        maintenance_(&sessions_) {}

  ObservationStore& observations() override { return observations_; }
  WindowStore& windows() override { return windows_; }
  NetworkStore& network() override { return network_; }
  EventStore& events() override { return events_; }
  ForecastStore& forecasts() override { return forecasts_; }
  ModelRegistry& models() override { return models_; }
  TrainingRunStore& training_runs() override { return training_runs_; }
  MaintenanceStore& maintenance() override { return maintenance_; }

  absl::Status Migrate(absl::Time deadline) override {
    ASSIGN_OR_RETURN(auto connection, PgConnection::Open(options_.conninfo, "tremorcast migrations", deadline));
    return tremorcast::Migrate(*connection, EmbeddedMigrations(), deadline);
  }

  absl::Status CheckSchema(absl::Time deadline) override {
    ASSIGN_OR_RETURN(auto connection, ingest_pool_.Acquire(deadline));
    return tremorcast::CheckSchema(*connection, EmbeddedMigrations(), deadline);
  }

  absl::Status Ping(absl::Time deadline) override {
    // An idle connection may be dead although the database is back: as many tries as there are idle
    // ones, and a fresh one.
    absl::Status status;
    for (int attempt = 0; attempt <= options_.ingest_connections; ++attempt) {
      ASSIGN_OR_RETURN(auto connection, ingest_pool_.Acquire(deadline));
      status = CheckSession(*connection, deadline);
      if (status.ok() && observations_.disk_full()) {
        status = TryWriting(*connection, deadline);
        if (status.ok()) observations_.ForgetDiskFull();
      }
      if (status.ok() || absl::IsDeadlineExceeded(status)) break;
    }
    return status;
  }

  absl::StatusOr<int64_t> DropExpiredBatches(absl::Time now) override { return observations_.DropExpiredBatches(now); }

  IngestPathCounts ingest_paths() const override {
    return {observations_.straight_rows(), observations_.careful_rows()};
  }

 private:
  const StoreOptions options_;
  Pool<PgConnection> ingest_pool_;
  SqlSessionPool sessions_;
  PgObservationStore observations_;
  PgWindowStore windows_;
  PgNetworkStore network_;
  PgEventStore events_;
  PgForecastStore forecasts_;
  PgModelRegistry models_;
  PgTrainingRunStore training_runs_;
  PgMaintenanceStore maintenance_;
};

}  // namespace

absl::Status StoreOptions::Validate() const {
  if (connections < 1 || ingest_connections < 1)
    return absl::InvalidArgumentError("at least one database connection of each kind");
  if (statement_timeout <= absl::ZeroDuration())
    return absl::InvalidArgumentError("the statement timeout must be positive");
  if (backfill_latency < absl::ZeroDuration())
    return absl::InvalidArgumentError("the backfill latency must not be negative");
  if (commit_patience < absl::ZeroDuration())
    return absl::InvalidArgumentError("the commit patience must not be negative");
  return ValidateConninfo(conninfo);
}

absl::StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options, absl::Duration timeout) {
  RETURN_IF_ERROR(options.Validate());
  const absl::Time deadline = absl::Now() + timeout;
  ASSIGN_OR_RETURN(auto first, PgConnection::Open(options.conninfo, "tremorcast", deadline));
  ASSIGN_OR_RETURN(auto second, PgConnection::Open(options.conninfo, "tremorcast", deadline));
  RETURN_IF_ERROR(CheckSessionsAreOurs(*first, *second, deadline));
  return std::make_unique<PgStore>(options);
}

}  // namespace tremorcast
