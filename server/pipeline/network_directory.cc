#include "server/pipeline/network_directory.h"

#include <algorithm>
#include <utility>

#include "core/base/status_macros.h"

namespace tremorcast {

NetworkSnapshot::NetworkSnapshot(std::vector<Station> stations, std::vector<Region> regions)
    : stations_(std::move(stations)), regions_(std::move(regions)) {
  std::sort(stations_.begin(), stations_.end(), [](const Station& a, const Station& b) {
    return a.id != b.id ? a.id < b.id : a.valid_from < b.valid_from;
  });
  std::sort(regions_.begin(), regions_.end(), [](const Region& a, const Region& b) { return a.id < b.id; });
}

const Station* NetworkSnapshot::FindStation(const StationId& id, absl::Time t) const {
  const auto first = std::lower_bound(stations_.begin(), stations_.end(), id,
                                      [](const Station& station, const StationId& key) { return station.id < key; });
  const Station* latest = nullptr;
  for (auto at = first; at != stations_.end() && at->id == id; ++at) {
    if (at->valid_from <= t && t < at->valid_to) return &*at;
    latest = &*at;
  }
  return latest;
}

bool NetworkSnapshot::StationValidAt(const StationId& id, absl::Time t) const {
  const Station* station = FindStation(id, t);
  return station != nullptr && station->valid_from <= t && t < station->valid_to;
}

const Region* NetworkSnapshot::FindRegion(const RegionId& id) const {
  const auto at = std::lower_bound(regions_.begin(), regions_.end(), id,
                                   [](const Region& region, const RegionId& key) { return region.id < key; });
  return at != regions_.end() && at->id == id ? &*at : nullptr;
}

std::vector<Station> NetworkSnapshot::Enrolled(const Region& region, const Interval& period) const {
  return EnrolledStations(region, stations_, period);
}

NetworkDirectory::NetworkDirectory(NetworkStore& store, const Clock& clock, absl::Duration min_refresh_interval)
    : store_(store),
      clock_(clock),
      min_refresh_interval_(min_refresh_interval),
      snapshot_(std::make_shared<const NetworkSnapshot>()) {}

std::shared_ptr<const NetworkSnapshot> NetworkDirectory::Snapshot() const {
  absl::MutexLock lock(&mutex_);
  return snapshot_;
}

absl::Status NetworkDirectory::Refresh() {
  absl::MutexLock refreshing(&refresh_mutex_);
  return RefreshLocked();
}

absl::Status NetworkDirectory::RefreshLocked() {
  // Failed attempts count for the interval too: a database that is away must not be asked once per
  // unknown station.
  last_refresh_ = clock_.Now();
  ASSIGN_OR_RETURN(std::vector<Station> stations, store_.ListStations());
  ASSIGN_OR_RETURN(std::vector<Region> regions, store_.ListRegions());
  auto next = std::make_shared<const NetworkSnapshot>(std::move(stations), std::move(regions));
  absl::MutexLock lock(&mutex_);
  snapshot_ = std::move(next);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const NetworkSnapshot>> NetworkDirectory::AfterMiss(
    const std::shared_ptr<const NetworkSnapshot>& missed) {
  absl::MutexLock refreshing(&refresh_mutex_);
  // Another caller may have refreshed while we waited for the lock.
  if (Snapshot() != missed || clock_.Now() - last_refresh_ < min_refresh_interval_) return Snapshot();
  RETURN_IF_ERROR(RefreshLocked());
  return Snapshot();
}

absl::StatusOr<std::shared_ptr<const NetworkSnapshot>> NetworkDirectory::ForStation(const StationId& id) {
  std::shared_ptr<const NetworkSnapshot> snapshot = Snapshot();
  if (snapshot->FindStation(id) != nullptr) return snapshot;
  return AfterMiss(snapshot);
}

absl::StatusOr<std::shared_ptr<const NetworkSnapshot>> NetworkDirectory::ForRegion(const RegionId& id) {
  std::shared_ptr<const NetworkSnapshot> snapshot = Snapshot();
  if (snapshot->FindRegion(id) != nullptr) return snapshot;
  return AfterMiss(snapshot);
}

}  // namespace tremorcast
