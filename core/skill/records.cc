#include "core/skill/records.h"

#include <absl/strings/str_cat.h>

namespace tremorcast {

ModelVersion MakeModelVersion(absl::Time created_at, const std::string& sha256_hex) {
  return ModelVersion(
      absl::StrCat(absl::FormatTime("%Y%m%dT%H%M%S", created_at, absl::UTCTimeZone()), "-", sha256_hex.substr(0, 8)));
}

absl::Status CheckScope(const RegionId& scope, Rung rung, const StationQuestion& question) {
  if (RungOfScope(scope) != rung) {
    return absl::InvalidArgumentError(absl::StrCat("a model of the ", RungName(rung), " rung cannot answer in scope ",
                                                   scope.value(), ", which is of the ", RungName(RungOfScope(scope)),
                                                   " rung"));
  }
  const StationQuestion asked = QuestionOfScope(scope).value_or(StationQuestion());
  if (rung == Rung::kCatalogue || question == asked) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("a model that learnt another question cannot answer in scope ",
                                                 scope.value(), "; its own is ", ScopeOf(question).value()));
}

absl::string_view TrainingStateName(TrainingState state) {
  switch (state) {
    case TrainingState::kRunning:
      return "running";
    case TrainingState::kPromoted:
      return "promoted";
    case TrainingState::kKept:
      return "kept";
    case TrainingState::kFailed:
      return "failed";
    case TrainingState::kInterrupted:
      return "interrupted";
  }
  return "unknown";
}

}  // namespace tremorcast
