#pragma once

// For tests that need a complete catalogue and do not ask how it came to be.

#include <string>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/ports/event_store.h"

namespace tremorcast {

// "The catalogue is complete until then", beside whatever was said before.
inline absl::Status SetCompleteUntil(EventStore& store, absl::string_view source, absl::Time complete_until) {
  Completeness statement;
  statement.source = std::string(source);
  statement.period.end = complete_until;
  statement.stated_at = absl::UnixEpoch();
  return store.StateComplete(statement, true).status();
}

}  // namespace tremorcast
