#pragma once

// Windows that begin some days after a week does, from the sealed windows of the two weeks in which
// they lie. Training alone uses them: a forecast reads a rolling window of its own
// (WindowStore::ArchiveRolling), which would have to be archived for each issue that is learnt from.
// They differ where a row came so late that the issue did not know it and the week's window did.

#include <map>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/observation/window.h"
#include "trainer/data/dataset.h"

namespace tremorcast {

// Reads a key of `keys()`; a week without a window is a gap.
class StitchedWindows {
 public:
  // `weekly`: one revision of each week and station. `later`: whole slots, above 0 and below a week.
  StitchedWindows(const std::vector<WindowKey>& weekly, absl::Duration later, WindowReader read_weekly);

  // Of every window that at least one week's window reaches into.
  const std::vector<WindowKey>& keys() const { return keys_; }
  // Errors: those of the weekly reader; InvalidArgument: no such key.
  absl::StatusOr<std::shared_ptr<const StationWindow>> Read(const WindowKey& key) const;

 private:
  absl::Status Copy(const StationId& station, absl::Time week, StationWindow& out, absl::Time& available_at) const;

  std::map<std::pair<absl::Time, StationId>, WindowKey> weekly_;
  absl::Duration later_;
  WindowReader read_weekly_;
  std::vector<WindowKey> keys_;
};

}  // namespace tremorcast
