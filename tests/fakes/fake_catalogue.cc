#include "tests/fakes/fake_catalogue.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

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

absl::StatusOr<ImportCounts> FakeEventStore::Import(const CatalogueImport& import, absl::Time recorded_at) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  for (const SeismicEvent& event : import.events) {
    if (absl::Status valid = ValidateEvent(event); !valid.ok()) return valid;
  }
  absl::MutexLock lock(&mutex_);
  std::map<std::pair<std::string, std::string>, SeismicEvent> newest;
  for (const auto& [key, revisions] : events_) newest[key] = revisions.back();
  RevisionPlan plan(std::move(newest), ToStoredTime(recorded_at));
  for (SeismicEvent event : import.events) {
    event.origin_time = ToStoredTime(event.origin_time);
    plan.Add(std::move(event));
  }
  for (const EventWithdrawal& one : import.withdrawn) plan.Withdraw(one);
  for (const SeismicEvent& event : plan.added()) {
    std::vector<SeismicEvent>& revisions = events_[{event.source, event.source_event_id}];
    std::vector<absl::Time>& times = changes_.emplace_back();
    if (!revisions.empty()) times.push_back(revisions.back().origin_time);
    times.push_back(event.origin_time);
    revisions.push_back(event);
  }
  return plan.counts();
}

absl::StatusOr<CatalogueChanges> FakeEventStore::ChangesAfter(std::optional<int64_t> sequence) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  CatalogueChanges changes;
  changes.sequence = static_cast<int64_t>(changes_.size());
  std::set<absl::Time> times;
  for (int64_t i = sequence.value_or(changes.sequence); i < changes.sequence; ++i) {
    times.insert(changes_[static_cast<size_t>(i)].begin(), changes_[static_cast<size_t>(i)].end());
  }
  changes.origin_times.assign(times.begin(), times.end());
  return changes;
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
    if (known->source == query.except_source) continue;
    result.push_back(*known);
  }
  ApplyDecisions(Standing(query.as_of), result);
  if (!query.include_deleted) std::erase_if(result, [](const SeismicEvent& event) { return event.withdrawn; });
  const auto place = [](const auto& at) { return std::tie(at.origin_time, at.source, at.source_event_id); };
  if (query.after.has_value()) std::erase_if(result, [&](const auto& e) { return place(e) <= place(*query.after); });
  std::sort(result.begin(), result.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  if (query.limit.has_value() && result.size() > static_cast<size_t>(*query.limit)) {
    result.resize(static_cast<size_t>(*query.limit));
  }
  return result;
}

std::optional<absl::Time> FakeEventStore::OriginTime(const EventRef& ref) {
  const auto at = events_.find({ref.source, ref.source_event_id});
  return at == events_.end() ? std::nullopt : std::optional(at->second.back().origin_time);
}

std::vector<IdentityDecision> FakeEventStore::Standing(absl::Time as_of) {
  std::vector<IdentityDecision> standing;
  std::copy_if(decisions_.begin(), decisions_.end(), std::back_inserter(standing),
               [&](const IdentityDecision& one) { return one.StandsAt(as_of); });
  return standing;
}

void FakeEventStore::NoteChange(const IdentityDecision& decision) {
  std::vector<absl::Time>& times = changes_.emplace_back();
  times.push_back(*OriginTime(decision.event));
  if (decision.other.has_value()) times.push_back(*OriginTime(*decision.other));
}

absl::StatusOr<IdentityDecision> FakeEventStore::Decide(const IdentityDecision& decision) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  if (absl::Status valid = ValidateDecision(decision); !valid.ok()) return valid;
  absl::MutexLock lock(&mutex_);
  const std::optional<absl::Time> time = OriginTime(decision.event);
  const std::optional<absl::Time> other = decision.other.has_value() ? OriginTime(*decision.other) : time;
  if (!time.has_value() || !other.has_value()) return absl::NotFoundError("no such event");
  if (absl::AbsDuration(*time - *other) > kMergeReach) return absl::FailedPreconditionError("too far apart");
  const auto same = SameDecision(decision, Standing(absl::InfiniteFuture()));
  if (!same.ok()) return same.status();
  if (same->has_value()) return **same;
  IdentityDecision added = decision;
  added.id = static_cast<int64_t>(decisions_.size()) + 1;
  added.decided_at = ToStoredTime(decision.decided_at);
  decisions_.push_back(added);
  NoteChange(added);
  return added;
}

absl::StatusOr<IdentityDecision> FakeEventStore::TakeBack(int64_t id, const IdentityDecision::TakenBack& taken_back) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  if (id < 1 || id > static_cast<int64_t>(decisions_.size())) return absl::NotFoundError("no such decision");
  IdentityDecision& one = decisions_[static_cast<size_t>(id) - 1];
  if (one.taken_back.has_value()) return one;
  one.taken_back = taken_back;
  one.taken_back->at = ToStoredTime(taken_back.at);
  NoteChange(one);
  return one;
}

absl::StatusOr<std::vector<IdentityDecision>> FakeEventStore::ListDecisions(bool include_taken_back) {
  if (absl::Status fault = faults_.Next(); !fault.ok()) return fault;
  absl::MutexLock lock(&mutex_);
  return include_taken_back ? decisions_ : Standing(absl::InfiniteFuture());
}

absl::StatusOr<int64_t> FakeEventStore::Count(const EventQuery& query) {
  auto events = List(query);
  if (!events.ok()) return events.status();
  return static_cast<int64_t>(events->size());
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
