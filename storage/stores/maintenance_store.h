#pragma once

// MaintenanceStore over PostgreSQL. Thread safe; blocks on I/O.
//
// Dropping a week and everything that could touch its rows exclude each other by table locks:
// whoever holds a row of the partition is waited for, and whoever comes after finds the week on
// record in dropped_weeks in the same commit.

#include <optional>
#include <vector>

#include "core/operation/maintenance.h"
#include "storage/postgres/sql_session.h"

namespace tremorcast {

class PgMaintenanceStore : public MaintenanceStore {
 public:
  explicit PgMaintenanceStore(SqlSessions* sessions) : sessions_(sessions) {}

  absl::StatusOr<std::vector<ExpiredWeek>> ExpiredWeeks(absl::Time before) override;
  absl::StatusOr<int64_t> DropWeek(absl::Time week, absl::Time now) override;
  absl::StatusOr<Correction> Correct(const CorrectionRequest& request) override;
  absl::StatusOr<std::vector<Correction>> Corrections(const std::optional<StationId>& station, int64_t before_sequence,
                                                      int limit) override;
  absl::StatusOr<StoreState> State(absl::Time now) override;

 private:
  SqlSessions* const sessions_;
};

// Whether retention dropped a week that overlaps [start, start + one week). To be asked after the
// rows were read: a drop that committed before then is seen, and one that did not must wait for
// this transaction.
bool RowsWereDropped(pqxx::work& tx, absl::Time start);

}  // namespace tremorcast
