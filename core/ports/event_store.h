#pragma once

// The catalogue. What all ports promise (threads, blocking, errors): core/ports/README.md.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/time_grid.h"
#include "core/catalogue/completeness.h"
#include "core/catalogue/event.h"
#include "core/catalogue/identity.h"
#include "core/catalogue/revision_plan.h"

namespace tremorcast {

// A place in the order in which events are listed.
struct EventPosition {
  absl::Time origin_time;
  std::string source, source_event_id;
};

struct EventQuery {
  Interval origin_time = {absl::InfinitePast(), absl::InfiniteFuture()};
  double min_magnitude = -10;
  absl::Time as_of = absl::InfiniteFuture();  // revisions recorded later are not seen
  bool include_deleted = false;
  std::optional<EventPosition> after;  // only what comes behind this
  std::optional<int> limit;            // at most so many
  std::string except_source = "";      // not those of this one; empty: of all
};

struct CatalogueImport {
  absl::Span<const SeismicEvent> events;
  absl::Span<const EventWithdrawal> withdrawn;
};

// What happened to the catalogue since some moment of its history.
struct CatalogueChanges {
  int64_t sequence = 0;                  // of the last change
  std::vector<absl::Time> origin_times;  // of the events that changed, before and after; in order
};

class EventStore {
 public:
  virtual ~EventStore() = default;
  // All or nothing: the events, then the withdrawals, as RevisionPlan says.
  virtual absl::StatusOr<ImportCounts> Import(const CatalogueImport& import, absl::Time recorded_at) = 0;
  absl::StatusOr<ImportCounts> Import(absl::Span<const SeismicEvent> events, absl::Time recorded_at) {
    return Import(CatalogueImport{events, {}}, recorded_at);
  }
  // Newest revision (as of) of each event, in (origin time, source, id) order, with what persons had decided
  // about it by then. One that they withdrew counts as deleted here.
  virtual absl::StatusOr<std::vector<SeismicEvent>> List(const EventQuery& query) = 0;
  // What was committed after the change of that number, in the order of commits. Nothing: no event times,
  // the number of the last change alone. Costs what changed, however large the catalogue is.
  virtual absl::StatusOr<CatalogueChanges> ChangesAfter(std::optional<int64_t> sequence) = 0;
  // Adds a decision to the ledger and gives it back with its id; one that stands already and says the same
  // is given back instead. NotFound: no such event. FailedPrecondition: a decision that stands says the
  // contrary, or the events lie further apart than kMergeReach.
  virtual absl::StatusOr<IdentityDecision> Decide(const IdentityDecision& decision) = 0;
  // NotFound: no such decision; one that is taken back already stays as it was.
  virtual absl::StatusOr<IdentityDecision> TakeBack(int64_t id, const IdentityDecision::TakenBack& taken_back) = 0;
  // In order of id; those that were taken back only if asked for.
  virtual absl::StatusOr<std::vector<IdentityDecision>> ListDecisions(bool include_taken_back) = 0;
  // How many List would give.
  virtual absl::StatusOr<int64_t> Count(const EventQuery& query) = 0;
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
