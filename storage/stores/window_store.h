#pragma once

// WindowStore over PostgreSQL. Sealing holds the (station, week) lock exclusively, so no ingest of
// that week is in flight, and reads in a statement begun after the lock. Thread safe; blocks on
// I/O.

#include <memory>
#include <optional>
#include <vector>

#include "core/ports/window_store.h"
#include "storage/postgres/sql_session.h"

namespace tremorcast {

class PgWindowStore : public WindowStore {
 public:
  struct Options {
    // When a BACKFILL row counts as known: this long after its slot ended.
    absl::Duration backfill_latency = absl::Minutes(10);
  };

  PgWindowStore(Options options, SqlSessions* sessions) : options_(options), sessions_(sessions) {}

  absl::StatusOr<WindowInfo> Seal(const StationId& station, absl::Time week, absl::Time sealed_at) override;
  absl::StatusOr<std::vector<StationWeek>> Dirty(absl::Time quiet_since, int limit) override;
  absl::StatusOr<std::vector<StationWeek>> Unsealed(absl::Time before, absl::Time quiet_since, int limit) override;
  absl::StatusOr<WindowInfo> ArchiveRolling(const StationId& station, absl::Time start, absl::Time as_of) override;
  absl::StatusOr<std::shared_ptr<const StationWindow>> Read(const WindowKey& key) override;
  absl::StatusOr<std::optional<WindowInfo>> Find(const StationId& station, absl::Time start, absl::Time as_of) override;
  absl::StatusOr<std::vector<WindowInfo>> ListAsOfIssue(const Interval& weeks, absl::Duration grace) override;

 private:
  WindowBuilder ReadRows(pqxx::work& tx, const StationId& station, absl::Time start, absl::Time as_of) const;
  absl::Status Write(pqxx::work& tx, const StationWindow& window, bool rolling) const;

  const Options options_;
  SqlSessions* const sessions_;
};

}  // namespace tremorcast
