#include "tests/fakes/fake_catalogue.h"

#include <algorithm>
#include <tuple>

namespace tremorcast {

absl::StatusOr<Station> FakeNetworkStore::UpsertStation(const Station& station) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  if (absl::Status valid = ValidateStation(station); !valid.ok()) return valid;
  absl::MutexLock lock(&mutex_);
  Station& stored = stations_[station.id];
  Station next = station;
  next.valid_from = ToStoredTime(station.valid_from);
  next.valid_to = ToStoredTime(station.valid_to);
  next.revision = stored.revision;
  if (stored.revision == 0 || !(next == stored)) {
    ++next.revision;
    stored = next;
  }
  return stored;
}

absl::StatusOr<Region> FakeNetworkStore::UpsertRegion(const Region& region) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  if (absl::Status valid = ValidateRegion(region); !valid.ok()) return valid;
  absl::MutexLock lock(&mutex_);
  Region& stored = regions_[region.id];
  Region next = region;
  next.revision = stored.revision;
  if (stored.revision == 0 || !(next == stored)) {
    ++next.revision;
    stored = next;
  }
  return stored;
}

absl::StatusOr<std::vector<Station>> FakeNetworkStore::ListStations() {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<Station> result;
  for (const auto& [id, station] : stations_) result.push_back(station);
  return result;
}

absl::StatusOr<std::vector<Region>> FakeNetworkStore::ListRegions() {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<Region> result;
  for (const auto& [id, region] : regions_) result.push_back(region);
  return result;
}

absl::StatusOr<ImportCounts> FakeEventStore::Import(absl::Span<const SeismicEvent> events, absl::Time recorded_at) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  for (const SeismicEvent& event : events) {
    if (absl::Status valid = ValidateEvent(event); !valid.ok()) return valid;
  }
  absl::MutexLock lock(&mutex_);
  ImportCounts counts;
  for (const SeismicEvent& event : events) {
    std::vector<SeismicEvent>& revisions = events_[{event.source, event.source_event_id}];
    SeismicEvent next = event;
    next.origin_time = ToStoredTime(event.origin_time);
    if (!revisions.empty()) {
      next.revision = revisions.back().revision;
      next.recorded_at = revisions.back().recorded_at;
      if (next == revisions.back()) {
        ++counts.unchanged;
        continue;
      }
    }
    ++(revisions.empty() ? counts.inserted : counts.revised);
    next.revision = static_cast<int64_t>(revisions.size()) + 1;
    next.recorded_at = ToStoredTime(recorded_at);
    revisions.push_back(std::move(next));
  }
  return counts;
}

absl::StatusOr<std::vector<SeismicEvent>> FakeEventStore::List(const EventQuery& query) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<SeismicEvent> result;
  for (const auto& [key, revisions] : events_) {
    const auto known = std::find_if(revisions.rbegin(), revisions.rend(),
                                    [&](const SeismicEvent& event) { return event.recorded_at <= query.as_of; });
    if (known == revisions.rend() || !query.origin_time.Contains(known->origin_time)) continue;
    if (known->magnitude < query.min_magnitude || (known->deleted && !query.include_deleted)) continue;
    result.push_back(*known);
  }
  std::sort(result.begin(), result.end(), [](const SeismicEvent& a, const SeismicEvent& b) {
    return std::tie(a.origin_time, a.source, a.source_event_id) < std::tie(b.origin_time, b.source, b.source_event_id);
  });
  return result;
}

absl::StatusOr<Completeness> FakeEventStore::StateComplete(const Completeness& statement, bool extend) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  if (absl::Status valid = ValidateCompleteness(statement); !valid.ok()) return valid;
  absl::MutexLock lock(&mutex_);
  Completeness stored = statement;
  stored.period = {ToStoredTime(statement.period.begin), ToStoredTime(statement.period.end)};
  stored.stated_at = ToStoredTime(statement.stated_at);
  CompletenessChange change = PlanStatement(stored, extend, statements_);
  if (change.standing.has_value()) return *change.standing;
  for (const int64_t id : change.replaced) statements_[static_cast<size_t>(id) - 1].revoked_at = stored.stated_at;
  change.added.id = static_cast<int64_t>(statements_.size()) + 1;
  statements_.push_back(change.added);
  return change.added;
}

absl::StatusOr<Completeness> FakeEventStore::RevokeComplete(int64_t id, absl::Time revoked_at) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  if (id < 1 || id > static_cast<int64_t>(statements_.size())) return absl::NotFoundError("no such statement");
  Completeness& one = statements_[static_cast<size_t>(id) - 1];
  if (!one.revoked_at) one.revoked_at = ToStoredTime(revoked_at);
  return one;
}

absl::StatusOr<std::vector<Completeness>> FakeEventStore::ListCompleteness(bool include_revoked) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  std::vector<Completeness> listed;
  for (const Completeness& one : statements_) {
    if (include_revoked || !one.revoked_at) listed.push_back(one);
  }
  return listed;
}

}  // namespace tremorcast
