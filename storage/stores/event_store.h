#pragma once

// EventStore over PostgreSQL: every catalogue's events, one row per revision. Thread safe; blocks
// on I/O.

#include <vector>

#include "core/ports/event_store.h"
#include "storage/postgres/sql_session.h"

namespace tremorcast {

class PgEventStore : public EventStore {
 public:
  explicit PgEventStore(SqlSessions* sessions) : sessions_(sessions) {}

  using EventStore::Import;
  absl::StatusOr<ImportCounts> Import(const CatalogueImport& import, absl::Time recorded_at) override;
  absl::StatusOr<std::vector<SeismicEvent>> List(const EventQuery& query) override;
  absl::StatusOr<CatalogueChanges> ChangesAfter(std::optional<int64_t> sequence) override;
  absl::StatusOr<IdentityDecision> Decide(const IdentityDecision& decision) override;
  absl::StatusOr<IdentityDecision> TakeBack(int64_t id, const IdentityDecision::TakenBack& taken_back) override;
  absl::StatusOr<std::vector<IdentityDecision>> ListDecisions(bool include_taken_back) override;
  absl::StatusOr<int64_t> Count(const EventQuery& query) override;
  absl::StatusOr<Completeness> StateComplete(const Completeness& statement, bool extend) override;
  absl::StatusOr<Completeness> RevokeComplete(int64_t id, absl::Time revoked_at) override;
  absl::StatusOr<std::vector<Completeness>> ListCompleteness(bool include_revoked) override;

 private:
  SqlSessions* const sessions_;
};

}  // namespace tremorcast
