#pragma once

// Which records of catalogues are of one earthquake: by their distance in time, space and magnitude
// together, and by what persons decided. Pure; thread safe.
// Why this rule: docs/decisions/0035-the-catalogue-of-later.md.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/catalogue/event.h"

namespace tremorcast {

// How far two records lie apart, of whatever catalogues: the root of the sum of squares of the gap
// between their times over a minute, of their epicentres over 100 km, and of their magnitudes over 2. A
// time to the minute, with no second in it, stands for the whole minute. Up to 1 two records of
// different catalogues may be of one earthquake.
double IdentityDistance(const SeismicEvent& a, const SeismicEvent& b);

struct RecordPair {
  size_t first = 0, second = 0;  // indices, first < second
  double distance = 0;
};
// Those at most `limit` (2 at most) apart, nearest first. `events` in order of time.
std::vector<RecordPair> NearPairs(absl::Span<const SeismicEvent> events, double limit);

// Of each event the lowest index of those that are the same earthquake. What persons joined is one; then
// the nearest pairs are, if neither side holds a record of a catalogue that the other holds too (a
// catalogue lists an earthquake once) and nobody decided otherwise. `events` in order of time.
std::vector<size_t> GroupRecords(absl::Span<const SeismicEvent> events);

// Whether an event was named by its time and place, because its catalogue has no ids.
bool HasDerivedName(const SeismicEvent& event);
// What a newer list of a catalogue without ids has under other names: of the stored events that it lists
// no more, those that lie at most a quarter from one that is new in it; each new one replaces one.
// `stored` may be of any catalogue.
std::vector<EventWithdrawal> Relocated(absl::Span<const SeismicEvent> stored, absl::Span<const SeismicEvent> listed);

struct EventRef {
  std::string source, source_event_id;
  friend std::strong_ordering operator<=>(const EventRef&, const EventRef&) = default;
};

enum class IdentityVerdict : int8_t {
  kJoined = 1,     // the two records are of one earthquake
  kApart = 2,      // they are not
  kWithdrawn = 3,  // the record is of none, whatever its catalogue says
};

// What a person decided about records; an entry of a ledger.
struct IdentityDecision {
  int64_t id = 0;  // set by the store
  IdentityVerdict verdict = IdentityVerdict::kJoined;
  EventRef event;
  std::optional<EventRef> other;  // nothing with kWithdrawn
  std::string reason, actor;
  absl::Time decided_at = absl::InfinitePast();
  struct TakenBack {
    absl::Time at;
    std::string reason, actor;
    friend bool operator==(const TakenBack&, const TakenBack&) = default;
  };
  std::optional<TakenBack> taken_back;

  bool StandsAt(absl::Time time) const {
    return decided_at <= time && !(taken_back.has_value() && taken_back->at <= time);
  }
  friend bool operator==(const IdentityDecision&, const IdentityDecision&) = default;
};

// InvalidArgument: a record without a name, or one instead of two.
absl::Status ValidateDecision(const IdentityDecision& decision);
// The decision that stands already and says the same. FailedPrecondition: one that says the contrary.
absl::StatusOr<std::optional<IdentityDecision>> SameDecision(const IdentityDecision& decision,
                                                             absl::Span<const IdentityDecision> standing);
// Says in each event what was decided about it.
void ApplyDecisions(absl::Span<const IdentityDecision> standing, std::vector<SeismicEvent>& events);

}  // namespace tremorcast
