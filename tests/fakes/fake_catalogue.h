#pragma once

// The observing network and the event catalogue in memory. Thread safe.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include "core/ports/event_store.h"
#include "core/ports/network_store.h"
#include "tests/fakes/faults.h"

namespace tremorcast {

class FakeNetworkStore : public NetworkStore {
 public:
  absl::StatusOr<Station> UpsertStation(const Station& station) override;
  absl::StatusOr<Region> UpsertRegion(const Region& region) override;
  absl::StatusOr<std::vector<Station>> ListStations() override;
  absl::StatusOr<std::vector<Region>> ListRegions() override;

  Faults& faults() { return faults_; }

 private:
  Faults faults_;
  absl::Mutex mutex_;
  std::map<StationId, Station> stations_ ABSL_GUARDED_BY(mutex_);
  std::map<RegionId, Region> regions_ ABSL_GUARDED_BY(mutex_);
};

class FakeEventStore : public EventStore {
 public:
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

  Faults& faults() { return faults_; }

 private:
  std::optional<absl::Time> OriginTime(const EventRef& ref) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<IdentityDecision> Standing(absl::Time as_of) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteChange(const IdentityDecision& decision) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Faults faults_;
  absl::Mutex mutex_;
  // Revisions, oldest first.
  std::map<std::pair<std::string, std::string>, std::vector<SeismicEvent>> events_ ABSL_GUARDED_BY(mutex_);
  // Of each change, the events' times before and after.
  std::vector<std::vector<absl::Time>> changes_ ABSL_GUARDED_BY(mutex_);
  std::vector<IdentityDecision> decisions_ ABSL_GUARDED_BY(mutex_);  // id 1, 2, ...
  std::vector<Completeness> statements_ ABSL_GUARDED_BY(mutex_);     // id 1, 2, ...
};

}  // namespace tremorcast
