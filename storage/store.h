#pragma once

// Everything PostgreSQL keeps for Tremorcast, behind the ports of core/ports. One Store per
// process; thread safe; calls block on I/O.
//
//   auto store = OpenStore({.conninfo = "host=/run/postgresql dbname=tremorcast"});
//   if (!store.ok()) return store.status();
//   if (absl::Status migrated = (*store)->Migrate(); !migrated.ok()) return migrated;
//   (*store)->observations().Ingest(...);

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/operation/maintenance.h"
#include "core/ports/event_store.h"
#include "core/ports/forecast_store.h"
#include "core/ports/model_registry.h"
#include "core/ports/network_store.h"
#include "core/ports/observation_store.h"
#include "core/ports/training_run_store.h"
#include "core/ports/window_store.h"

namespace tremorcast {

class LeaderLock;
class NotificationListener;

struct StoreOptions {
  // key=value pairs or a postgresql:// URI.
  std::string conninfo;
  // Connections for the ordinary stores, and for ingestion (one transaction each; partitions are
  // made on the same ones).
  int connections = 4;
  int ingest_connections = 2;
  // When a BACKFILL row counts as known: this long after its slot ended.
  absl::Duration backfill_latency = absl::Minutes(10);
  // Longest statement of the ordinary stores.
  absl::Duration statement_timeout = absl::Seconds(60);
  // How long a COMMIT of ingested rows may outlast its deadline before the connection is given up.
  absl::Duration commit_patience = absl::Seconds(30);
  // Off: rows never take the straight COPY into their partition.
  bool straight_copy = true;

  absl::Status Validate() const;
};

struct IngestPathCounts {
  int64_t straight_rows = 0;  // copied into their partition
  int64_t careful_rows = 0;   // staged and inserted
};

class Store {
 public:
  virtual ~Store() = default;

  virtual ObservationStore& observations() = 0;
  virtual WindowStore& windows() = 0;
  virtual NetworkStore& network() = 0;
  virtual EventStore& events() = 0;
  virtual ForecastStore& forecasts() = 0;
  virtual ModelRegistry& models() = 0;
  virtual TrainingRunStore& training_runs() = 0;
  virtual MaintenanceStore& maintenance() = 0;

  // Brings the schema up to this program's. FailedPrecondition: the database is newer, or a
  // migration was altered.
  virtual absl::Status Migrate(absl::Time deadline = absl::InfiniteFuture()) = 0;
  // OK when the schema is this program's.
  virtual absl::Status CheckSchema(absl::Time deadline) = 0;
  // One round trip. Unavailable or DeadlineExceeded when the database is not there, is read-only,
  // or its clock and ours disagree (session_check.h). Once a batch was refused for want of disk,
  // tries to write too, until that works again.
  virtual absl::Status Ping(absl::Time deadline) = 0;
  // Deletes batch records that expired before `now`; how many. A daily job.
  virtual absl::StatusOr<int64_t> DropExpiredBatches(absl::Time now) = 0;
  // Rows stored by each path since the start.
  virtual IngestPathCounts ingest_paths() const = 0;
};

// Connects, and refuses a pooler in transaction mode (FailedPrecondition). Does not look at the
// schema. No error holds a secret.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options,
                                                 absl::Duration timeout = absl::Seconds(15));

}  // namespace tremorcast
