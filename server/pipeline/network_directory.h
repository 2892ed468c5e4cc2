#pragma once

// The stations and regions as last read from the NetworkStore: an immutable snapshot that requests
// share, refreshed when told, and on a miss (at most once a second, so that a flood of unknown
// stations does not become a flood of queries).
//
// Thread safety: all of it. Snapshot() never blocks on I/O; the others may read the store.
// Errors: those of NetworkStore; a failed refresh keeps the old snapshot.

#include <map>
#include <memory>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/network/station_network.h"
#include "core/ports/network_store.h"

namespace tremorcast {

class NetworkSnapshot {
 public:
  NetworkSnapshot() = default;
  NetworkSnapshot(std::vector<Station> stations, std::vector<Region> regions);

  const std::vector<Station>& stations() const { return stations_; }  // id order; one entry per validity interval
  const std::vector<Region>& regions() const { return regions_; }     // id order
  // The interval of `id` that holds `t`, else its latest one, else null. Valid as long as the
  // snapshot.
  const Station* FindStation(const StationId& id, absl::Time t = absl::InfiniteFuture()) const;
  bool StationValidAt(const StationId& id, absl::Time t) const;
  const Region* FindRegion(const RegionId& id) const;
  // EnrolledStations of the region during `period`.
  std::vector<Station> Enrolled(const Region& region, const Interval& period) const;

 private:
  std::vector<Station> stations_;
  std::vector<Region> regions_;
};

class NetworkDirectory {
 public:
  NetworkDirectory(NetworkStore& store, const Clock& clock, absl::Duration min_refresh_interval = absl::Seconds(1));

  // Never null; empty before the first refresh.
  std::shared_ptr<const NetworkSnapshot> Snapshot() const;
  // Reads the store now.
  absl::Status Refresh();
  // The snapshot, refreshed first if it does not know the id. The id may still be unknown
  // afterwards.
  absl::StatusOr<std::shared_ptr<const NetworkSnapshot>> ForStation(const StationId& id);
  absl::StatusOr<std::shared_ptr<const NetworkSnapshot>> ForRegion(const RegionId& id);

 private:
  absl::Status RefreshLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  absl::StatusOr<std::shared_ptr<const NetworkSnapshot>> AfterMiss(
      const std::shared_ptr<const NetworkSnapshot>& missed);

  NetworkStore& store_;
  const Clock& clock_;
  const absl::Duration min_refresh_interval_;
  absl::Mutex refresh_mutex_;  // one reader of the store at a time
  absl::Time last_refresh_ ABSL_GUARDED_BY(refresh_mutex_) = absl::InfinitePast();
  mutable absl::Mutex mutex_;
  std::shared_ptr<const NetworkSnapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tremorcast
