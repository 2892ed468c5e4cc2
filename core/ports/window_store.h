#pragma once

// Sealed windows and what waits to be sealed. What all ports promise (threads, blocking, errors):
// core/ports/README.md.

#include <array>
#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/base/ids.h"
#include "core/observation/window.h"

namespace tremorcast {

struct WindowInfo {
  WindowKey key;
  std::array<int, kSignalCount> rows_present = {0, 0};
  absl::Time available_at;
  absl::Time sealed_at;
  std::string content_hash;
};

struct StationWeek {
  StationId station;
  absl::Time week;  // start
  friend std::strong_ordering operator<=>(const StationWeek&, const StationWeek&) = default;
};

class WindowStore {
 public:
  virtual ~WindowStore() = default;

  // Seals (station, week): takes the pair's lock exclusively, builds the window of all stored rows
  // and writes it as the next revision, clearing the dirty mark. Returns the newest revision;
  // nothing is written when the content is unchanged.
  virtual absl::StatusOr<WindowInfo> Seal(const StationId& station, absl::Time week, absl::Time sealed_at) = 0;
  // Sealed weeks that got rows since, oldest first. Only pairs that came to rest: no row received
  // after `quiet_since` (InfiniteFuture: all), so that history on its way in is sealed once and not
  // once a second.
  virtual absl::StatusOr<std::vector<StationWeek>> Dirty(absl::Time quiet_since, int limit) = 0;
  // (station, week) pairs that hold rows but no window yet, for weeks that end at or before
  // `before`; at rest likewise.
  virtual absl::StatusOr<std::vector<StationWeek>> Unsealed(absl::Time before, absl::Time quiet_since, int limit) = 0;

  // A rolling window that starts off the week grid: builds from rows available at `as_of` and
  // archives it as a revision (the same content gives the same revision). Late rows never dirty it.
  // InvalidArgument when start is on the week grid: use Seal.
  virtual absl::StatusOr<WindowInfo> ArchiveRolling(const StationId& station, absl::Time start, absl::Time as_of) = 0;

  // NotFound when there is no such revision. The hash is verified: DataLoss on a mismatch.
  virtual absl::StatusOr<std::shared_ptr<const StationWindow>> Read(const WindowKey& key) = 0;
  // Newest revision whose rows were all available at `as_of` (InfiniteFuture: newest of all);
  // nothing when there is none.
  virtual absl::StatusOr<std::optional<WindowInfo>> Find(const StationId& station, absl::Time start,
                                                         absl::Time as_of) = 0;
  // Find for all stations and week-grid windows that start in `weeks`; (week, station) order. What
  // the trainer reads. `grace`: as_of of each window = its end + grace.
  virtual absl::StatusOr<std::vector<WindowInfo>> ListAsOfIssue(const Interval& weeks, absl::Duration grace) = 0;
};

}  // namespace tremorcast
