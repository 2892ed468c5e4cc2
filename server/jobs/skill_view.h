#pragma once

// What the archive, the ledger and the registry say about who answers for which regions, who
// contends, and what their answers were worth, read once and judged by core/skill/skill_evidence.h.
// Plain values. Reading blocks on the stores; thread safe. Errors: those of the stores.

#include <map>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "core/network/station_network.h"
#include "core/ports/forecast_store.h"
#include "core/ports/model_registry.h"
#include "core/skill/skill_evidence.h"

namespace tremorcast {

struct ScopeView {
  SkillScope scope;
  std::vector<Promotion> ledger;  // oldest first
  Contenders contenders;
};

struct SkillView {
  // What they are judged by: each scope looks every week at evidence of its own, so that among n
  // scopes of one world each must reach n times the threshold for some one of them to be wrong at
  // most once in twenty.
  SkillPolicy PolicyFor(const SkillScope& scope) const;

  SkillPolicy policy;  // for one scope
  std::vector<ScopeView> scopes;
  std::vector<ModelRecord> records;  // newest first
  std::vector<ShadowForecast> shadows;
  std::vector<VerifiedAnswer> answers;
};

absl::StatusOr<SkillView> ReadSkillView(const std::vector<Region>& regions, ForecastStore& forecasts,
                                        ModelRegistry& registry, const SkillPolicy& policy);

}  // namespace tremorcast
