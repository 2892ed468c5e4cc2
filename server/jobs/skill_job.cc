#include "server/jobs/skill_job.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

absl::string_view KindName(PromotionKind kind) {
  switch (kind) {
    case PromotionKind::kPromote:
      return "promote";
    case PromotionKind::kRollback:
      return "rollback";
    case PromotionKind::kWithdraw:
      return "withdraw";
  }
  return "unknown";
}

std::string NameOf(const ModelVersion& version) { return version.empty() ? "climatology" : version.value(); }

int64_t LastEntry(const std::vector<Promotion>& ledger) { return ledger.empty() ? 0 : ledger.back().sequence; }

// Equal text, equal evidence: the archive and the ledger only grow.
std::string Foundation(const ScopeView& scope, const SkillView& view) {
  const auto answers = std::count_if(view.answers.begin(), view.answers.end(), [&](const VerifiedAnswer& answer) {
    return std::find(scope.scope.regions.begin(), scope.scope.regions.end(), answer.region) !=
           scope.scope.regions.end();
  });
  return absl::StrCat(LastEntry(scope.ledger), " ", answers, " ", scope.scope.regions.size(), " ",
                      scope.contenders.challenger.value());
}

}  // namespace

absl::Status SkillJob::Tick(absl::Time now, const std::function<bool()>& may_continue) {
  const std::shared_ptr<const NetworkSnapshot> network = network_.Snapshot();
  ASSIGN_OR_RETURN(SkillView view, ReadSkillView(network->regions(), forecasts_, registry_, options_.policy));
  absl::Status first_failure;
  for (const ScopeView& scope : view.scopes) {
    if (!may_continue()) return absl::CancelledError("stopped between two scopes");
    std::string foundation = Foundation(scope, view);
    if (judged_[scope.scope.scope] == foundation) continue;
    const absl::Status judged = Judge(scope, view, now);
    first_failure.Update(judged);
    if (judged.ok()) judged_[scope.scope.scope] = std::move(foundation);
  }
  return first_failure;
}

absl::Status SkillJob::Judge(const ScopeView& scope, const SkillView& view, absl::Time now) {
  const SkillEvidence evidence = GatherEvidence(scope.scope, scope.contenders, view.answers);
  const SkillDecision decision = DecideSkillAction(evidence, view.PolicyFor(scope.scope));
  Export(scope, evidence, decision);
  NoteChange(scope, decision);
  if (decision.action == SkillAction::kKeep || !options_.auto_promote) return absl::OkStatus();
  return Act(scope, decision, now);
}

void SkillJob::NoteChange(const ScopeView& scope, const SkillDecision& decision) {
  std::string verdict = absl::StrCat(SkillActionName(decision.action), " ", decision.version.value(), " of ",
                                     scope.contenders.champion.value(), " ", scope.contenders.challenger.value());
  std::string& noted = noted_[scope.scope.scope];
  if (noted == verdict) return;
  noted = std::move(verdict);
  const std::string where = absl::StrCat("scope ", scope.scope.scope.value(), ", ", NameOf(scope.contenders.champion));
  if (decision.action == SkillAction::kKeep) {
    log_.Info(absl::StrCat(where, " stays: ", decision.reason));
  } else if (options_.auto_promote) {
    log_.Info(absl::StrCat(where, " -> ", NameOf(decision.version), ": ", decision.reason));
  } else {
    log_.Warning(absl::StrCat(where, " should give way to ", NameOf(decision.version), " (", decision.reason,
                              "); nothing is done without --auto-promote"));
  }
}

absl::Status SkillJob::Act(const ScopeView& scope, const SkillDecision& decision, absl::Time now) {
  const RegionId& id = scope.scope.scope;
  ASSIGN_OR_RETURN(std::vector<Promotion> ledger, registry_.Ledger(id));
  if ((ledger.empty() ? 0 : ledger.front().sequence) != LastEntry(scope.ledger)) {
    return absl::OkStatus();  // somebody was faster: judged anew at the next tick
  }
  absl::StatusOr<Promotion> entry = absl::InternalError("no action");
  if (decision.action == SkillAction::kRollBack) {
    entry = registry_.Rollback(id, decision.reason, kAutoActor, now);
  } else {
    Promotion promotion;
    promotion.scope = id;
    promotion.version = decision.version;
    promotion.kind = decision.version.empty() ? PromotionKind::kWithdraw : PromotionKind::kPromote;
    promotion.reason = decision.reason;
    promotion.actor = kAutoActor;
    promotion.promoted_at = now;
    entry = registry_.Promote(promotion);
  }
  if (!entry.ok()) return entry.status();
  metrics_.action_pending.RemoveWithFirstLabel(id.value());
  log_.Info(absl::StrCat("ledger entry ", entry->sequence, ": ", KindName(entry->kind), " ", NameOf(entry->version),
                         " in scope ", id.value()));
  if (on_acted_) on_acted_();
  return absl::OkStatus();
}

void SkillJob::Export(const ScopeView& scope, const SkillEvidence& evidence, const SkillDecision& decision) {
  const std::string& region = scope.scope.scope.value();
  for (GaugeSet* set :
       {&metrics_.champion_gain, &metrics_.champion_log_evidence, &metrics_.shadow_gain, &metrics_.shadow_log_evidence,
        &metrics_.shadow_verified_weeks, &metrics_.promotions, &metrics_.action_pending}) {
    set->RemoveWithFirstLabel(region);
  }
  if (const GainEvidence champion = Weigh(evidence.champion_over_climatology); champion.weeks > 0) {
    metrics_.champion_gain.Set({region}, champion.mean);
    metrics_.champion_log_evidence.Set({region}, champion.log_evidence);
  }
  const auto asked = [](const std::optional<GainSeries>& series) { return series.has_value() ? &*series : nullptr; };
  const std::pair<const char*, const GainSeries*> trials[] = {{"climatology", &evidence.challenger_over.climatology},
                                                              {"twin", &evidence.challenger_over.twin},
                                                              {"catalogue", asked(evidence.challenger_over.catalogue)},
                                                              {"below", asked(evidence.challenger_over.below)},
                                                              {"champion", &evidence.challenger_over_champion}};
  for (const auto& [against, series] : trials) {
    if (series == nullptr) continue;
    const GainEvidence challenger = Weigh(*series);
    if (challenger.weeks == 0) continue;
    metrics_.shadow_gain.Set({region, against}, challenger.mean);
    metrics_.shadow_log_evidence.Set({region, against}, challenger.log_evidence);
    metrics_.shadow_verified_weeks.Set({region}, challenger.weeks);
  }
  std::map<std::pair<std::string, std::string>, int> entries;
  for (const Promotion& entry : scope.ledger) {
    ++entries[{std::string(KindName(entry.kind)), entry.actor == kAutoActor ? kAutoActor : "other"}];
  }
  for (const auto& [labels, count] : entries) metrics_.promotions.Set({region, labels.first, labels.second}, count);
  metrics_.action_pending.Set({region, std::string(SkillActionName(decision.action))},
                              decision.action != SkillAction::kKeep);
}

}  // namespace tremorcast
