#include "core/skill/skill_evidence.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/skill/promotion_ledger.h"
#include "core/verification/scores.h"

namespace tremorcast {
namespace {

using ForecastKey = std::pair<RegionId, std::string>;

bool Holds(const std::vector<RegionId>& regions, const RegionId& region) {
  return std::find(regions.begin(), regions.end(), region) != regions.end();
}

const ModelRecord* FindRecord(absl::Span<const ModelRecord> records, const ModelVersion& version) {
  const auto at = std::find_if(records.begin(), records.end(),
                               [&](const ModelRecord& record) { return record.model.version == version; });
  return at == records.end() ? nullptr : &*at;
}

// When the champion at the end of the ledger came to stand; promoting it again changes nothing.
absl::Time StandingSince(absl::Span<const Promotion> ledger) {
  absl::Time since = absl::InfinitePast();
  for (const Promotion& entry : ledger) {
    // A refit of the catalogue's model goes on with what its predecessor has shown.
    const bool refit = RungOfScope(entry.scope) == Rung::kCatalogue && entry.kind == PromotionKind::kPromote &&
                       entry.actor == kTrainerActor && !entry.previous.empty();
    if (since == absl::InfinitePast() || (entry.version != entry.previous && !refit)) since = entry.promoted_at;
  }
  return since;
}

// When `version` last stopped being champion.
absl::Time LeftService(absl::Span<const Promotion> ledger, const ModelVersion& version) {
  absl::Time left = absl::InfinitePast();
  for (const Promotion& entry : ledger) {
    if (entry.previous == version && entry.version != version) left = entry.promoted_at;
  }
  return left;
}

// A model that may stand trial: newer than what serves or served last, of the scope's world, not
// yet judged.
struct Candidate {
  ModelVersion version;
  absl::Time since;
  std::optional<absl::Time> trial_began;
};

std::vector<Candidate> Candidates(const SkillScope& scope, const Contenders& contenders,
                                  absl::Span<const Promotion> ledger, absl::Span<const ModelRecord> records,
                                  absl::Span<const ShadowForecast> shadows) {
  const ModelRecord* incumbent =
      FindRecord(records, contenders.champion.empty() ? contenders.withdrawn : contenders.champion);
  std::vector<Candidate> candidates;
  for (const ModelRecord& record : records) {
    if (record.rung != scope.rung || !record.question.weekly() || record.model.version == contenders.champion ||
        record.model.version == contenders.withdrawn || record.model.version == contenders.previous ||
        (record.simulated && !scope.simulated) ||
        (incumbent != nullptr && record.created_at <= incumbent->created_at)) {
      continue;
    }
    Candidate candidate{
        record.model.version, std::max(record.created_at, LeftService(ledger, record.model.version)), {}};
    for (const ShadowForecast& shadow : shadows) {
      if (shadow.model_version != record.model.version || shadow.purpose != scope.purpose() ||
          !Holds(scope.scored_regions, shadow.region) || shadow.answered_at < candidate.since) {
        continue;
      }
      candidate.trial_began = std::min(candidate.trial_began.value_or(shadow.answered_at), shadow.answered_at);
    }
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

// `missing`: what stands for a reference that was not archived; nothing leaves the week out.
GainSeries Gains(const SkillScope& scope, const ModelVersion& model, const ModelVersion& reference, absl::Time since,
                 absl::Span<const VerifiedAnswer> answers, std::optional<double> missing) {
  std::map<ForecastKey, double> references;
  for (const VerifiedAnswer& answer : answers) {
    if (answer.model == reference) references[{answer.region, answer.forecast_id}] = answer.gain;
  }
  GainSeries series;
  for (const VerifiedAnswer& answer : answers) {
    if (answer.model != model || answer.answered_at < since || answer.purpose != scope.purpose() ||
        !Holds(scope.scored_regions, answer.region)) {
      continue;
    }
    double against = 0;
    if (!reference.empty()) {
      const auto at = references.find({answer.region, answer.forecast_id});
      if (at == references.end() && !missing.has_value()) continue;
      against = at == references.end() ? *missing : at->second;
    }
    series.push_back({answer.week, answer.gain - against, answer.event});
  }
  return series;
}

}  // namespace

std::vector<VerifiedAnswer> VerifyShadows(absl::Span<const ShadowForecast> shadows,
                                          absl::Span<const Verification> verifications) {
  std::map<ForecastKey, const Verification*> outcomes;
  for (const Verification& v : verifications) outcomes[{v.region, v.forecast_id}] = &v;
  std::vector<VerifiedAnswer> answers;
  for (const ShadowForecast& shadow : shadows) {
    const auto at = outcomes.find({shadow.region, shadow.forecast_id});
    if (at == outcomes.end()) continue;
    const Verification& v = *at->second;
    answers.push_back({shadow.region, shadow.forecast_id, shadow.purpose, shadow.valid_from, shadow.answered_at,
                       shadow.model_version, InformationGain(shadow.probabilities, v.climatology, v.observed_class),
                       v.observed_class >= 1});
  }
  return answers;
}

std::vector<SkillScope> SkillScopes(absl::Span<const Region> regions, const std::vector<RegionId>& champions) {
  std::vector<SkillScope> scopes(1);
  scopes[0].scope = RegionId(kNetworkScope);
  std::vector<const Region*> shared;
  for (const Region& region : regions) {
    if (Holds(champions, region.id)) {
      scopes.push_back({region.id, {region.id}, {region.id}, region.simulated});
    } else {
      scopes[0].regions.push_back(region.id);
      shared.push_back(&region);
    }
  }
  if (shared.empty()) {
    scopes.erase(scopes.begin());
    return scopes;
  }
  const bool real = std::any_of(shared.begin(), shared.end(), [](const Region* region) { return !region->simulated; });
  scopes[0].simulated = !real;
  std::erase_if(shared, [&](const Region* region) { return region->simulated == real; });
  const bool areas =
      std::any_of(shared.begin(), shared.end(), [](const Region* region) { return !region->whole_network; });
  for (const Region* region : shared) {
    if (!region->whole_network || !areas) scopes[0].scored_regions.push_back(region->id);
  }
  return scopes;
}

std::optional<SkillScope> CatalogueSkillScope(absl::Span<const Region> regions) {
  const std::vector<SkillScope> scopes = SkillScopes(regions, {});
  if (scopes.empty()) return std::nullopt;
  SkillScope scope = scopes.front();
  scope.scope = RegionId(kCatalogueScope);
  scope.rung = Rung::kCatalogue;
  std::erase_if(scope.regions, [&](const RegionId& id) {
    return std::any_of(regions.begin(), regions.end(),
                       [&](const Region& region) { return region.id == id && region.simulated != scope.simulated; });
  });
  return scope;
}

std::vector<ModelVersion> Contenders::Models() const {
  std::vector<ModelVersion> models;
  for (const ModelVersion& version : {champion, previous, withdrawn, challenger}) {
    if (!version.empty() && std::find(models.begin(), models.end(), version) == models.end()) models.push_back(version);
  }
  return models;
}

Contenders FindContenders(const SkillScope& scope, absl::Span<const Promotion> ledger,
                          absl::Span<const ModelRecord> records, absl::Span<const ShadowForecast> shadows,
                          absl::Span<const VerifiedAnswer> answers, const SkillPolicy& policy) {
  Contenders found;
  found.champion = CurrentChampion(ledger);
  found.champion_since = StandingSince(ledger);
  if (found.champion.empty()) {
    for (const Promotion& entry : ledger) {
      if (!entry.previous.empty() && entry.version.empty()) {
        found.withdrawn = entry.previous;
        found.withdrawn_at = entry.promoted_at;
      }
    }
  } else {
    found.previous = RollbackTarget(ledger).value_or(ModelVersion());
  }
  const Candidate* next = nullptr;
  const std::vector<Candidate> candidates = Candidates(scope, found, ledger, records, shadows);
  for (const Candidate& candidate : candidates) {
    Contenders trial = found;
    trial.challenger = candidate.version;
    trial.challenger_since = candidate.since;
    const SkillEvidence evidence = GatherEvidence(scope, trial, answers);
    if (TrialLost(evidence, policy) || Weigh(evidence.challenger_over.climatology).weeks >= policy.max_trial_weeks) {
      continue;
    }
    // Newest first: the first is the newest, and one whose trial began earlier takes its place.
    const bool earlier = next != nullptr && candidate.trial_began.has_value() &&
                         (!next->trial_began.has_value() || *candidate.trial_began < *next->trial_began);
    if (next == nullptr || earlier) next = &candidate;
  }
  if (next != nullptr) {
    found.challenger = next->version;
    found.challenger_since = next->since;
  }
  return found;
}

GainsOverReferences GainsOverAll(const SkillScope& scope, const ModelVersion& model, absl::Time since,
                                 absl::Span<const VerifiedAnswer> answers) {
  GainsOverReferences gains;
  gains.climatology = GainsOver(scope, model, ModelVersion(), since, answers);
  gains.twin = GainsOver(scope, model, TwinOf(model), since, answers);
  if (scope.rung == Rung::kCatalogue) {
    gains.catalogue.reset();
    return gains;
  }
  gains.catalogue = GainsOver(scope, model, ModelVersion(kCatalogueReference), since, answers);
  const ModelVersion below(kRungBelow);
  if (!GainsOver(scope, model, below, since, answers).empty()) {
    gains.below = Gains(scope, model, below, since, answers, 0);
  }
  return gains;
}

SkillEvidence GatherEvidence(const SkillScope& scope, const Contenders& contenders,
                             absl::Span<const VerifiedAnswer> answers) {
  SkillEvidence evidence;
  const auto gains = [&](const ModelVersion& model, const ModelVersion& reference, absl::Time since) {
    return GainsOver(scope, model, reference, since, answers);
  };
  evidence.champion = contenders.champion;
  evidence.previous = contenders.previous;
  evidence.challenger = contenders.challenger;
  evidence.withdrawn = contenders.withdrawn;
  const ModelVersion climatology;
  if (!contenders.champion.empty()) {
    const ModelVersion answered =
        scope.rung == Rung::kCatalogue ? ModelVersion(kCatalogueRungAnswer) : contenders.champion;
    evidence.champion_over_climatology = gains(answered, climatology, contenders.champion_since);
  }
  if (!contenders.previous.empty()) {
    evidence.champion_over_previous = gains(contenders.champion, contenders.previous, contenders.champion_since);
    evidence.previous_over_climatology = gains(contenders.previous, climatology, contenders.champion_since);
  }
  if (!contenders.challenger.empty()) {
    evidence.challenger_over = GainsOverAll(scope, contenders.challenger, contenders.challenger_since, answers);
    if (!contenders.champion.empty()) {
      evidence.challenger_over_champion =
          gains(contenders.challenger, contenders.champion, contenders.challenger_since);
    }
  }
  if (!contenders.withdrawn.empty()) {
    evidence.withdrawn_over = GainsOverAll(scope, contenders.withdrawn, contenders.withdrawn_at, answers);
  }
  return evidence;
}

GainSeries GainsOver(const SkillScope& scope, const ModelVersion& model, const ModelVersion& reference,
                     absl::Time since, absl::Span<const VerifiedAnswer> answers) {
  return Gains(scope, model, reference, since, answers, std::nullopt);
}

}  // namespace tremorcast
