#pragma once

// From the archive to the evidence the skill policy judges: which models contend in a scope, and
// what their answers were worth in the verified weeks. Pure; thread safe.
//
// A scope is a region with a champion of its own, or kNetworkScope for all the others. One
// challenger is on trial at a time: a trial goes on, whatever is published meanwhile, until the
// challenger is promoted, has lost, or has had SkillPolicy::max_trial_weeks; then the newest
// candidate follows. With a new model each week nothing else would ever gather a year of evidence.

#include <optional>
#include <string>
#include <vector>

#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/forecast/forecast.h"
#include "core/forecast/shadow_forecast.h"
#include "core/network/station_network.h"
#include "core/skill/records.h"
#include "core/skill/skill_policy.h"

namespace tremorcast {

// A shadow and what came of its week.
struct VerifiedAnswer {
  RegionId region;
  std::string forecast_id;
  ForecastPurpose purpose = ForecastPurpose::kOperational;
  absl::Time week;
  absl::Time answered_at;
  ModelVersion model;
  double gain = 0;  // ln(p_y / c_y), nats, c the climatology of the forecast
  bool event = false;
};
// Shadows whose forecast is verified, in the order of `shadows`.
std::vector<VerifiedAnswer> VerifyShadows(absl::Span<const ShadowForecast> shadows,
                                          absl::Span<const Verification> verifications);

struct SkillScope {
  RegionId scope;
  std::vector<RegionId> regions;  // answered for by the scope's champion
  // Those whose weeks are evidence: not the whole box beside its areas, nor simulated regions
  // beside real ones.
  std::vector<RegionId> scored_regions;
  bool simulated = false;  // evidence is of purpose TEST, and simulated models may contend
  Rung rung = Rung::kStations;

  ForecastPurpose purpose() const { return simulated ? ForecastPurpose::kTest : ForecastPurpose::kOperational; }
};
// The scopes that answer for some region, kNetworkScope first. `champions`: those that stand now.
std::vector<SkillScope> SkillScopes(absl::Span<const Region> regions, const std::vector<RegionId>& champions);

// That of the catalogue rung: one world's regions together, the real one where there is one. Nothing
// without regions.
std::optional<SkillScope> CatalogueSkillScope(absl::Span<const Region> regions);

struct Contenders {
  ModelVersion champion;  // empty: climatology answers
  absl::Time champion_since = absl::InfinitePast();
  ModelVersion previous;  // a rollback would bring it back; empty: none
  // The last champion, while nothing serves.
  ModelVersion withdrawn;
  absl::Time withdrawn_at = absl::InfinitePast();
  ModelVersion challenger;
  absl::Time challenger_since = absl::InfinitePast();  // published, or out of service

  std::vector<ModelVersion> Models() const;  // those that are set, each once
};
// `ledger`: the scope's entries, oldest first. `records`: newest first. `shadows` of any scope.
Contenders FindContenders(const SkillScope& scope, absl::Span<const Promotion> ledger,
                          absl::Span<const ModelRecord> records, absl::Span<const ShadowForecast> shadows,
                          absl::Span<const VerifiedAnswer> answers, const SkillPolicy& policy);

// `model` over each reference, in the scope's verified weeks answered at or after `since`. A
// reference that was not archived has no weeks.
GainsOverReferences GainsOverAll(const SkillScope& scope, const ModelVersion& model, absl::Time since,
                                 absl::Span<const VerifiedAnswer> answers);

SkillEvidence GatherEvidence(const SkillScope& scope, const Contenders& contenders,
                             absl::Span<const VerifiedAnswer> answers);

// The gains of `model` over `reference` (empty: over climatology) in the scope's verified weeks
// that both answered at or after `since`.
GainSeries GainsOver(const SkillScope& scope, const ModelVersion& model, const ModelVersion& reference,
                     absl::Time since, absl::Span<const VerifiedAnswer> answers);

}  // namespace tremorcast
