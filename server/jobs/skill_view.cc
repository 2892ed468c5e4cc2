#include "server/jobs/skill_view.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/status_macros.h"
#include "core/skill/promotion_ledger.h"

namespace tremorcast {

absl::StatusOr<SkillView> ReadSkillView(const std::vector<Region>& regions, ForecastStore& forecasts,
                                        ModelRegistry& registry, const SkillPolicy& policy) {
  const ForecastPurpose purposes[] = {ForecastPurpose::kOperational, ForecastPurpose::kTest};
  SkillView view;
  ASSIGN_OR_RETURN(std::vector<ModelRecord> records, registry.List());
  ASSIGN_OR_RETURN(std::vector<Promotion> ledger, registry.Ledger(std::nullopt));
  ASSIGN_OR_RETURN(std::vector<ShadowForecast> shadows, forecasts.ListShadows(std::nullopt, purposes));
  ASSIGN_OR_RETURN(std::vector<Verification> verifications, forecasts.ListVerifications(std::nullopt, purposes));
  view.records = std::move(records);
  view.shadows = std::move(shadows);
  view.answers = VerifyShadows(view.shadows, verifications);

  std::reverse(ledger.begin(), ledger.end());
  std::map<RegionId, std::vector<Promotion>> by_scope;
  for (Promotion& entry : ledger) by_scope[entry.scope].push_back(std::move(entry));
  std::vector<RegionId> champions;
  for (const auto& [scope, entries] : by_scope) {
    if (!CurrentChampion(entries).empty()) champions.push_back(scope);
  }
  for (SkillScope& scope : SkillScopes(regions, champions)) {
    ScopeView one;
    one.ledger = by_scope[scope.scope];
    one.contenders = FindContenders(scope, one.ledger, view.records, view.shadows, view.answers, policy);
    one.scope = std::move(scope);
    view.scopes.push_back(std::move(one));
  }
  return view;
}

}  // namespace tremorcast
