#include "core/catalogue/identity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

namespace tremorcast {
namespace {

constexpr absl::Duration kTimeScale = absl::Seconds(60);
constexpr double kKilometreScale = 100;
constexpr double kMagnitudeScale = 2;
constexpr double kSameEvent = 1;
// Of a record that only got another name: a quarter is 25 km, or half a magnitude.
constexpr double kRelocated = 0.25;

absl::Time LatestTime(const SeismicEvent& event) {
  const bool to_the_minute = absl::ToUnixMicros(event.origin_time) % 60'000'000 == 0;
  return event.origin_time + (to_the_minute ? absl::Minutes(1) : absl::ZeroDuration());
}

absl::Duration TimeGap(const SeismicEvent& a, const SeismicEvent& b) {
  const absl::Duration gap = std::max(b.origin_time - LatestTime(a), a.origin_time - LatestTime(b));
  return std::max(gap, absl::ZeroDuration());
}

bool HaveCommon(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  return std::any_of(a.begin(), a.end(), [&](int64_t n) { return std::find(b.begin(), b.end(), n) != b.end(); });
}

EventRef RefOf(const SeismicEvent& event) { return {event.source, event.source_event_id}; }

// Records that are one earthquake so far.
class Groups {
 public:
  explicit Groups(absl::Span<const SeismicEvent> events)
      : events_(events), of_(events.size()), members_(events.size()) {
    std::iota(of_.begin(), of_.end(), size_t{0});
    for (size_t i = 0; i < of_.size(); ++i) members_[i] = {i};
  }

  void Join(size_t a, size_t b) {
    const size_t low = std::min(of_[a], of_[b]), high = std::max(of_[a], of_[b]);
    if (low == high) return;
    for (const size_t member : members_[high]) of_[member] = low;
    members_[low].insert(members_[low].end(), members_[high].begin(), members_[high].end());
    members_[high].clear();
  }
  bool MayJoin(size_t a, size_t b) const {
    for (const size_t one : members_[of_[a]]) {
      for (const size_t other : members_[of_[b]]) {
        if (events_[one].source == events_[other].source || HaveCommon(events_[one].apart, events_[other].apart))
          return false;
      }
    }
    return true;
  }
  std::vector<size_t> Lowest() const {
    std::vector<size_t> lowest(of_.size());
    for (size_t i = 0; i < of_.size(); ++i) {
      const std::vector<size_t>& members = members_[of_[i]];
      lowest[i] = *std::min_element(members.begin(), members.end());
    }
    return lowest;
  }

 private:
  absl::Span<const SeismicEvent> events_;
  std::vector<size_t> of_;                    // the group of each
  std::vector<std::vector<size_t>> members_;  // of each group
};

}  // namespace

double IdentityDistance(const SeismicEvent& a, const SeismicEvent& b) {
  return std::hypot(absl::FDivDuration(TimeGap(a, b), kTimeScale),
                    DistanceKm(a.epicenter, b.epicenter) / kKilometreScale,
                    (a.magnitude - b.magnitude) / kMagnitudeScale);
}

std::vector<RecordPair> NearPairs(absl::Span<const SeismicEvent> events, double limit) {
  std::vector<RecordPair> pairs;
  const absl::Duration reach = limit * kTimeScale + absl::Minutes(1);
  for (size_t i = 0; i < events.size(); ++i) {
    for (size_t j = i + 1; j < events.size() && events[j].origin_time - events[i].origin_time <= reach; ++j) {
      const double distance = IdentityDistance(events[i], events[j]);
      if (distance <= limit) pairs.push_back({i, j, distance});
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const RecordPair& a, const RecordPair& b) {
    return std::tie(a.distance, a.first, a.second) < std::tie(b.distance, b.first, b.second);
  });
  return pairs;
}

std::vector<size_t> GroupRecords(absl::Span<const SeismicEvent> events) {
  Groups groups(events);
  std::map<int64_t, size_t> joined;
  for (size_t i = 0; i < events.size(); ++i) {
    for (const int64_t number : events[i].joined) {
      const auto [first, is_first] = joined.try_emplace(number, i);
      if (!is_first) groups.Join(first->second, i);
    }
  }
  for (const RecordPair& pair : NearPairs(events, kSameEvent)) {
    if (groups.MayJoin(pair.first, pair.second)) groups.Join(pair.first, pair.second);
  }
  return groups.Lowest();
}

bool HasDerivedName(const SeismicEvent& event) {
  return absl::StartsWith(event.source_event_id,
                          absl::FormatTime("%Y%m%dT%H%M", event.origin_time, absl::UTCTimeZone())) &&
         absl::StrContains(event.source_event_id, '_');
}

std::vector<EventWithdrawal> Relocated(absl::Span<const SeismicEvent> stored, absl::Span<const SeismicEvent> listed) {
  std::set<EventRef> known, found;
  for (const SeismicEvent& event : stored) known.insert(RefOf(event));
  for (const SeismicEvent& event : listed) found.insert(RefOf(event));
  // Those that are in one of the two alone, side by side in order of time.
  std::vector<SeismicEvent> moved;
  std::set<EventRef> gone;
  for (const SeismicEvent& event : stored) {
    if (event.deleted || event.withdrawn || !HasDerivedName(event) || found.count(RefOf(event)) > 0) continue;
    gone.insert(RefOf(event));
    moved.push_back(event);
  }
  for (const SeismicEvent& event : listed) {
    if (!event.deleted && HasDerivedName(event) && known.count(RefOf(event)) == 0) moved.push_back(event);
  }
  std::stable_sort(moved.begin(), moved.end(),
                   [](const SeismicEvent& a, const SeismicEvent& b) { return a.origin_time < b.origin_time; });
  std::vector<EventWithdrawal> relocated;
  std::vector<bool> taken(moved.size(), false);
  for (const RecordPair& pair : NearPairs(moved, kRelocated)) {
    const SeismicEvent &a = moved[pair.first], &b = moved[pair.second];
    const bool a_gone = gone.count(RefOf(a)) > 0, b_gone = gone.count(RefOf(b)) > 0;
    if (a.source != b.source || a_gone == b_gone || taken[pair.first] || taken[pair.second]) continue;
    taken[pair.first] = taken[pair.second] = true;
    const SeismicEvent& old = a_gone ? a : b;
    relocated.push_back({old.source, old.source_event_id, {}});
  }
  return relocated;
}

absl::Status ValidateDecision(const IdentityDecision& decision) {
  const bool alone = decision.verdict == IdentityVerdict::kWithdrawn;
  const auto named = [](const EventRef& ref) { return !ref.source.empty() && !ref.source_event_id.empty(); };
  if (!named(decision.event)) return absl::InvalidArgumentError("event needs a source and an id");
  if (alone != !decision.other.has_value()) {
    return absl::InvalidArgumentError(alone ? "one event is withdrawn, without another" : "other is required");
  }
  if (!alone && !named(*decision.other)) return absl::InvalidArgumentError("other needs a source and an id");
  if (!alone && *decision.other == decision.event) return absl::InvalidArgumentError("other is the same event");
  return absl::OkStatus();
}

absl::StatusOr<std::optional<IdentityDecision>> SameDecision(const IdentityDecision& decision,
                                                             absl::Span<const IdentityDecision> standing) {
  for (const IdentityDecision& one : standing) {
    const bool same = one.event == decision.event && one.other == decision.other;
    const bool turned = one.other == decision.event && decision.other == one.event;
    if (!same && !turned) continue;
    if (one.verdict == decision.verdict) return std::optional<IdentityDecision>(one);
    return absl::FailedPreconditionError(absl::StrCat("decision ", one.id, " says the contrary: take it back first"));
  }
  return std::optional<IdentityDecision>();
}

void ApplyDecisions(absl::Span<const IdentityDecision> standing, std::vector<SeismicEvent>& events) {
  std::multimap<EventRef, const IdentityDecision*> about;
  for (const IdentityDecision& one : standing) {
    about.emplace(one.event, &one);
    if (one.other.has_value()) about.emplace(*one.other, &one);
  }
  if (about.empty()) return;
  for (SeismicEvent& event : events) {
    const auto [begin, end] = about.equal_range(RefOf(event));
    for (auto at = begin; at != end; ++at) {
      const IdentityDecision& decision = *at->second;
      if (decision.verdict == IdentityVerdict::kJoined) event.joined.push_back(decision.id);
      if (decision.verdict == IdentityVerdict::kApart) event.apart.push_back(decision.id);
      if (decision.verdict == IdentityVerdict::kWithdrawn) event.withdrawn = true;
    }
  }
}

}  // namespace tremorcast
