#pragma once

// Training runs, running and ended. What all ports promise (threads, blocking, errors):
// core/ports/README.md.

#include <optional>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "core/skill/records.h"

namespace tremorcast {

class TrainingRunStore {
 public:
  virtual ~TrainingRunStore() = default;
  // Inserts or updates by id.
  virtual absl::Status Put(const TrainingRun& run) = 0;
  virtual absl::StatusOr<std::optional<TrainingRun>> Get(absl::string_view id) = 0;
  virtual absl::StatusOr<std::vector<TrainingRun>> List(int limit) = 0;  // newest first
};

}  // namespace tremorcast
