#pragma once

// The catalogue. What all ports promise (threads, blocking, errors): core/ports/README.md.

#include <cstdint>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/time_grid.h"
#include "core/catalogue/completeness.h"
#include "core/catalogue/event.h"

namespace tremorcast {

struct EventQuery {
  Interval origin_time = {absl::InfinitePast(), absl::InfiniteFuture()};
  double min_magnitude = -10;
  absl::Time as_of = absl::InfiniteFuture();  // revisions recorded later are not seen
  bool include_deleted = false;
};

struct ImportCounts {
  int64_t inserted = 0, revised = 0, unchanged = 0;
};

class EventStore {
 public:
  virtual ~EventStore() = default;
  // All or nothing. An event that differs from its newest revision becomes the next revision.
  virtual absl::StatusOr<ImportCounts> Import(absl::Span<const SeismicEvent> events, absl::Time recorded_at) = 0;
  // Newest revision (as of) of each event, in (origin time, source, id) order.
  virtual absl::StatusOr<std::vector<SeismicEvent>> List(const EventQuery& query) = 0;
  // Adds a statement to the ledger as PlanStatement says, revoking at `statement.stated_at` what it
  // replaces; gives it back with its id. One that says nothing new is not added: what stands is given
  // back.
  virtual absl::StatusOr<Completeness> StateComplete(const Completeness& statement, bool extend) = 0;
  // NotFound: no such statement; one that is revoked already stays as it was.
  virtual absl::StatusOr<Completeness> RevokeComplete(int64_t id, absl::Time revoked_at) = 0;
  // In order of id; those that were revoked or replaced only if asked for.
  virtual absl::StatusOr<std::vector<Completeness>> ListCompleteness(bool include_revoked) = 0;
};

}  // namespace tremorcast
