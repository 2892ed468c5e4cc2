#pragma once

// EventStore over PostgreSQL: every catalogue's events, one row per revision. Thread safe; blocks
// on I/O.

#include <map>
#include <string>
#include <vector>

#include "core/ports/event_store.h"
#include "storage/postgres/sql_session.h"

namespace tremorcast {

class PgEventStore : public EventStore {
 public:
  explicit PgEventStore(SqlSessions* sessions) : sessions_(sessions) {}

  absl::StatusOr<ImportCounts> Import(absl::Span<const SeismicEvent> events, absl::Time recorded_at) override;
  absl::StatusOr<std::vector<SeismicEvent>> List(const EventQuery& query) override;
  absl::Status SetCompleteUntil(absl::string_view source, absl::Time complete_until) override;
  absl::StatusOr<std::map<std::string, absl::Time>> CompleteUntil() override;

 private:
  SqlSessions* const sessions_;
};

}  // namespace tremorcast
