#pragma once

// NetworkStore over PostgreSQL: stations and regions, one row per revision. Thread safe; blocks on
// I/O.

#include <vector>

#include "core/ports/network_store.h"
#include "storage/postgres/sql_session.h"

namespace tremorcast {

class PgNetworkStore : public NetworkStore {
 public:
  explicit PgNetworkStore(SqlSessions* sessions) : sessions_(sessions) {}

  absl::StatusOr<Station> UpsertStation(const Station& station) override;
  absl::StatusOr<Region> UpsertRegion(const Region& region) override;
  absl::StatusOr<std::vector<Station>> ListStations() override;
  absl::StatusOr<std::vector<Region>> ListRegions() override;

 private:
  SqlSessions* const sessions_;
};

}  // namespace tremorcast
