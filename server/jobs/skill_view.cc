#include "server/jobs/skill_view.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/base/status_macros.h"
#include "core/skill/promotion_ledger.h"

namespace tremorcast {

SkillPolicy SkillView::PolicyFor(const SkillScope& scope) const {
  SkillPolicy corrected = policy;
  corrected.evidence_threshold *=
      static_cast<double>(std::max<int64_t>(1, std::count_if(scopes.begin(), scopes.end(), [&](const ScopeView& other) {
                                              return other.scope.simulated == scope.simulated;
                                            })));
  return corrected;
}

absl::StatusOr<SkillView> ReadSkillView(const std::vector<Region>& regions, ForecastStore& forecasts,
                                        ModelRegistry& registry, const SkillPolicy& policy) {
  const ForecastPurpose purposes[] = {ForecastPurpose::kOperational, ForecastPurpose::kTest};
  SkillView view;
  view.policy = policy;
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
    view.scopes.emplace_back();
    view.scopes.back().scope = std::move(scope);
  }
  const bool catalogue = by_scope.contains(RegionId(kCatalogueScope)) ||
                         std::any_of(view.records.begin(), view.records.end(),
                                     [](const ModelRecord& record) { return record.rung == Rung::kCatalogue; });
  if (std::optional<SkillScope> scope = CatalogueSkillScope(regions); catalogue && scope.has_value()) {
    view.scopes.emplace_back();
    view.scopes.back().scope = *std::move(scope);
  }
  for (ScopeView& one : view.scopes) {
    one.ledger = by_scope[one.scope.scope];
    one.contenders =
        FindContenders(one.scope, one.ledger, view.records, view.shadows, view.answers, view.PolicyFor(one.scope));
  }
  return view;
}

}  // namespace tremorcast
