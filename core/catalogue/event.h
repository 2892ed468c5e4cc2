#pragma once

// A catalogued earthquake. Magnitudes keep their type and source: an ML is not an Mw.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "core/network/station_network.h"

namespace tremorcast {

// The source of every event of a simulated world, and of no other.
inline constexpr char kSimulatedSource[] = "simulated";

struct SeismicEvent {
  std::string source;           // catalogue: "cenc", "eqlst", "fdsn:<agency>", "comcat", kSimulatedSource
  std::string source_event_id;  // the catalogue's id, or one derived from time and place
  absl::Time origin_time;
  GeoPoint epicenter;
  std::optional<double> depth_km;
  double magnitude = 0;
  std::string magnitude_type;  // "ML", "Ms", "Mw", "" when the catalogue does not say
  std::string place;
  bool deleted = false;               // a revision may withdraw an event
  std::optional<absl::Time> updated;  // when the catalogue changed this record last, where it says so
  // What persons decided about it (core/catalogue/identity.h), set by the store: events with a number in
  // common in `joined` are one earthquake, those with one in common in `apart` are not, and one that is
  // withdrawn is none.
  std::vector<int64_t> joined, apart;
  bool withdrawn = false;
  int64_t revision = 0;                           // set by the store: 1, 2, ... per (source, source_event_id)
  absl::Time recorded_at = absl::InfinitePast();  // set by the store: when this revision became known to us

  friend bool operator==(const SeismicEvent&, const SeismicEvent&) = default;
};

// A catalogue says that a record of it is no earthquake, or is none any more.
struct EventWithdrawal {
  std::string source, source_event_id;
  std::optional<absl::Time> updated;  // as SeismicEvent::updated
};

// Records that lie further apart in time are never taken for one event, by rule or by decision.
inline constexpr absl::Duration kMergeReach = absl::Hours(1);

absl::Status ValidateEvent(const SeismicEvent& event);

// One list out of several catalogues: of the records that are one earthquake (GroupRecords) that of the
// source earliest in `precedence`; a source that is not in it comes last, and of two of one rank that of the
// first name. Deleted and withdrawn events are dropped. Result in time order.
std::vector<SeismicEvent> MergeCatalogues(std::vector<SeismicEvent> events, const std::vector<std::string>& precedence);
const std::vector<std::string>& DefaultCataloguePrecedence();  // cenc, eqlst, fdsn, comcat, simulated

// Great-circle distance, km.
double DistanceKm(const GeoPoint& a, const GeoPoint& b);

}  // namespace tremorcast
