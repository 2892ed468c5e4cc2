#pragma once

// Since when and until when a catalogue lists every earthquake that counts. Weeks are labelled,
// verified and counted into climatology only inside such a period, because outside it a week without
// an event may be a week without a list. Pure; thread safe.
// Why it is a ledger of statements: docs/decisions/0031-completeness-is-a-statement.md.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "core/catalogue/event.h"
#include "core/catalogue/labels.h"
#include "core/network/station_network.h"

namespace tremorcast {

enum class CompletenessBasis : int8_t {
  kStated = 0,       // a person or a program said so
  kInferred = 1,     // estimated from a file by InferCompleteness
  kCarriedOver = 2,  // stood in a database of before there were statements
};

// "The catalogue SOURCE lists every earthquake of at least MAGNITUDE in REGION during PERIOD." One for
// magnitudes above kJudgedMagnitude alone opens no week.
struct Completeness {
  int64_t id = 0;  // set by the store
  std::string source;
  std::optional<RegionId> region;                                  // nothing: wherever the network looks
  Interval period = {absl::InfinitePast(), absl::InfinitePast()};  // begin InfinitePast: not said since when
  double magnitude = kJudgedMagnitude;
  CompletenessBasis basis = CompletenessBasis::kStated;
  std::string note;
  absl::Time stated_at = absl::InfinitePast();
  std::optional<absl::Time> revoked_at;

  friend bool operator==(const Completeness&, const Completeness&) = default;
};

// InvalidArgument: no source, an empty period, no magnitude.
absl::Status ValidateCompleteness(const Completeness& statement);

// How a new statement changes those that stand: what it replaces (their ids), and itself with the
// begin that it inherits. Of the same source and region, those that it overlaps or touches are
// replaced, so that a statement that ends earlier really lowers. One without a begin of its own takes
// their earliest and replaces all of them. `extend`: nothing is replaced, and what was said before
// stays said, since when too.
// A statement that one standing holds already changes nothing: if it extends, when the standing one
// covers it; else when they are the same.
struct CompletenessChange {
  std::optional<Completeness> standing;  // says the same or more already: nothing changes
  Completeness added;
  std::vector<int64_t> replaced;
};
CompletenessChange PlanStatement(Completeness statement, bool extend, absl::Span<const Completeness> standing);

// The periods in which a world's catalogues together are complete down to kJudgedMagnitude for
// `region` (or, without one, for the whole network), in order and apart from each other. Revoked
// statements do not count.
std::vector<Interval> CompletePeriods(absl::Span<const Completeness> statements, bool simulated,
                                      const std::optional<RegionId>& region);
// The last of them, empty where there is none.
Interval LastCompletePeriod(absl::Span<const Completeness> statements, bool simulated);
bool IsInside(const Interval& interval, absl::Span<const Interval> periods);
// The latest end of each source's standing statements for the whole network.
std::map<std::string, absl::Time> CompleteUntilBySource(absl::Span<const Completeness> statements);

// Where nobody said since when a catalogue is complete: its first event inside the regions that is
// not cut off from the others by a gap of more than a year and thirty times the usual one, as a
// single misdated or historical event is; of all its events if none lies inside. InfiniteFuture: none.
absl::Time StartOfCatalogue(absl::Span<const SeismicEvent> events, const std::vector<Region>& regions);

// Of a record that may have been an earthquake, what is known.
struct LostEvent {
  std::optional<absl::Time> not_before;  // nothing: it may have been at any time before not_after
  std::optional<absl::Time> not_after;   // nothing: at any time after not_before
  std::optional<double> magnitude;
  std::optional<GeoPoint> epicenter;
};
// The period up to the first moment at which a lost event that could count may have been: one that
// may be large enough, inside the regions and not before the period. Where it may have been as early
// as the period begins, an empty one.
Interval StopAtLost(Interval period, absl::Span<const LostEvent> lost, const std::vector<Region>& regions);

// What a list of events of one source supports by itself, or why it supports nothing. Only what lies
// inside the regions counts: from the first to the last event of the main run (as StartOfCatalogue),
// down to the magnitude of completeness estimated by maximum curvature, which is the most frequent
// magnitude, plus .2 where smaller ones are listed too. Needs 50 events.
struct CompletenessGuess {
  std::optional<Completeness> statement;  // its magnitude is kJudgedMagnitude or less
  std::string reason;                     // a sentence, either way
};
CompletenessGuess InferCompleteness(absl::string_view source, absl::Span<const SeismicEvent> events,
                                    absl::Span<const LostEvent> lost, const std::vector<Region>& regions);

}  // namespace tremorcast
