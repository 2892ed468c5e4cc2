#pragma once

// One partition of `observations` per service week. Made as a plain table with a matching CHECK and
// then attached: CREATE ... PARTITION OF would wait behind every reader of the parent. Thread safe.

#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pool.h"
#include "storage/postgres/sql_session.h"

namespace tremorcast {

// "observations_w20201206": the week's first day in UTC+8.
std::string PartitionName(absl::Time week);
// Starts of the weeks whose partitions are attached, in order.
std::vector<absl::Time> AttachedWeeks(pqxx::work& tx);

class Partitions {
 public:
  explicit Partitions(Pool<PgConnection>* pool) : pool_(pool) {}

  // Every week of `weeks` (starts on the service grid) has its partition afterwards. Costs nothing
  // for weeks seen before. A week that retention dropped gets none: its rows are refused.
  absl::Status Ensure(absl::Span<const absl::Time> weeks, absl::Time deadline);
  // Forgets what was seen, after a statement found a partition missing.
  void Forget();

 private:
  absl::Status Create(PgConnection& connection, absl::Time week, absl::Time deadline);

  Pool<PgConnection>* const pool_;
  absl::Mutex mutex_;
  absl::flat_hash_set<int64_t> known_ ABSL_GUARDED_BY(mutex_);  // Unix seconds of the starts
};

}  // namespace tremorcast
