#pragma once

// Models, their artifacts, and the ledger of promotions. What all ports promise (threads, blocking,
// errors): core/ports/README.md.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/skill/records.h"

namespace tremorcast {

class ModelRegistry {
 public:
  virtual ~ModelRegistry() = default;
  // Bytes, record, optional promotions and optional end of the training run in one transaction.
  // AlreadyExists when the version is known with another hash; the same again is a no-op.
  virtual absl::Status Publish(const ModelRecord& record, const std::string& artifact,
                               absl::Span<const Promotion> promotions, const std::optional<TrainingRun>& run) = 0;
  virtual absl::StatusOr<std::vector<ModelRecord>> List() = 0;                    // newest first
  virtual absl::StatusOr<ModelRecord> Get(const ModelVersion& version) = 0;       // NotFound
  virtual absl::StatusOr<std::string> Artifact(const ModelVersion& version) = 0;  // NotFound
  // Appends to the ledger. NotFound: no such version. InvalidArgument: as CheckScope has it. Returns
  // the stored entry.
  virtual absl::StatusOr<Promotion> Promote(const Promotion& promotion) = 0;
  // Promotes the champion before the present one. FailedPrecondition: there is none.
  virtual absl::StatusOr<Promotion> Rollback(const RegionId& scope, absl::string_view reason, absl::string_view actor,
                                             absl::Time now) = 0;
  virtual absl::StatusOr<std::vector<Promotion>> Ledger(const std::optional<RegionId>& scope) = 0;  // newest first
  // Champion of each scope at `as_of`; withdrawn scopes are absent.
  virtual absl::StatusOr<std::map<RegionId, Promotion>> Champions(absl::Time as_of) = 0;
};

}  // namespace tremorcast
