#pragma once

// The catalogue. What all ports promise (threads, blocking, errors): core/ports/README.md.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/time_grid.h"
#include "core/catalogue/event.h"

namespace tremorcast {

struct EventQuery {
  Interval origin_time = {absl::InfinitePast(), absl::InfiniteFuture()};
  double min_magnitude = -10;
  absl::Time as_of = absl::InfiniteFuture();  // revisions recorded later are not seen
  bool include_deleted = false;
};

struct ImportCounts {
  int64_t inserted = 0, revised = 0, unchanged = 0;
};

class EventStore {
 public:
  virtual ~EventStore() = default;
  // All or nothing. An event that differs from its newest revision becomes the next revision.
  virtual absl::StatusOr<ImportCounts> Import(absl::Span<const SeismicEvent> events, absl::Time recorded_at) = 0;
  // Newest revision (as of) of each event, in (origin time, source, id) order.
  virtual absl::StatusOr<std::vector<SeismicEvent>> List(const EventQuery& query) = 0;
  // How far a catalogue is complete: what its importer said (the newest event time or an explicit
  // moment). Latest over sources.
  virtual absl::Status SetCompleteUntil(absl::string_view source, absl::Time complete_until) = 0;
  virtual absl::StatusOr<std::map<std::string, absl::Time>> CompleteUntil() = 0;
};

}  // namespace tremorcast
