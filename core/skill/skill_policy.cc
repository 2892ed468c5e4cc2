#include "core/skill/skill_policy.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/catalogue/climatology.h"
#include "core/skill/gate.h"
#include "core/verification/block_length.h"

namespace tremorcast {
namespace {

struct WeekSums {
  double for_model = 0;
  double for_reference = 0;
  int regions = 0;
};

std::string WithEvidence(const GainEvidence& evidence, double log_evidence) {
  return absl::StrFormat("%d verified weeks, %d event region-weeks, gain %+.3f nats per region-week, log evidence %.2f",
                         evidence.weeks, evidence.event_region_weeks, evidence.mean, log_evidence);
}

bool EnoughToPromote(const GainEvidence& evidence, const SkillPolicy& policy) {
  return evidence.weeks >= policy.min_weeks && evidence.event_region_weeks >= policy.min_event_region_weeks;
}

// The last `weeks` distinct weeks; nothing when there are fewer.
std::optional<GainSeries> LastWeeks(const GainSeries& series, int weeks) {
  std::vector<absl::Time> distinct;
  for (const VerifiedGain& gain : series) distinct.push_back(gain.week);
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (static_cast<int>(distinct.size()) < weeks) return std::nullopt;
  const absl::Time from = distinct[distinct.size() - static_cast<size_t>(weeks)];
  GainSeries last;
  std::copy_if(series.begin(), series.end(), std::back_inserter(last),
               [&](const VerifiedGain& gain) { return gain.week >= from; });
  return last;
}

// Why `series` says that the model lost to its reference; empty when it does not.
std::string WhyLost(const GainSeries& series, const SkillPolicy& policy) {
  const GainEvidence all = Weigh(series);
  if (all.weeks >= policy.min_rollback_weeks && all.event_region_weeks >= policy.min_rollback_event_region_weeks &&
      all.log_against >= std::log(policy.evidence_threshold)) {
    return absl::StrCat(WithEvidence(all, all.log_against), " against it");
  }
  const std::optional<GainSeries> last = LastWeeks(series, policy.rolling_weeks);
  if (!last.has_value()) return "";
  const GainEvidence recent = Weigh(*last);
  // The interval holds its mean, so a bootstrap is needed only below 0.
  if (recent.mean >= 0 || recent.event_region_weeks < policy.min_rollback_event_region_weeks) return "";
  std::vector<absl::Time> weeks;
  std::vector<double> gains;
  for (const VerifiedGain& gain : *last) {
    weeks.push_back(gain.week);
    gains.push_back(gain.gain);
  }
  const absl::StatusOr<MeanInterval> interval = BootstrapMean(weeks, gains, policy.bootstrap);
  if (!interval.ok() || !(interval->high < -kLeastGain)) return "";
  return absl::StrCat("gain of its last ", policy.rolling_weeks, " verified weeks ", FormatGain(*interval),
                      " nats per region-week (", 100 * policy.bootstrap.level, " % interval, blocks of ",
                      interval->block_weeks, " weeks)");
}

std::string Missing(const GainEvidence& evidence, const SkillPolicy& policy) {
  if (evidence.weeks < policy.min_weeks) {
    return absl::StrCat(evidence.weeks, " of ", policy.min_weeks, " verified weeks");
  }
  if (evidence.event_region_weeks < policy.min_event_region_weeks) {
    return absl::StrCat(evidence.event_region_weeks, " of ", policy.min_event_region_weeks, " event region-weeks");
  }
  return absl::StrFormat("log evidence %.2f of %.2f", evidence.log_evidence, std::log(policy.evidence_threshold));
}

struct NamedReference {
  const char* name;
  const GainSeries* gains;
};
// Those that are asked.
std::vector<NamedReference> References(const GainsOverReferences& gains) {
  std::vector<NamedReference> references = {{"climatology", &gains.climatology}, {"its input-free twin", &gains.twin}};
  if (gains.catalogue.has_value()) references.push_back({"the catalogue-only model", &*gains.catalogue});
  if (gains.below.has_value()) references.push_back({"the rung below", &*gains.below});
  return references;
}

// Promotion of the challenger, or why not.
SkillDecision JudgeChallenger(const SkillEvidence& evidence, const SkillPolicy& policy) {
  const std::string name = absl::StrCat("challenger ", evidence.challenger.value());
  const GainEvidence relative = Weigh(evidence.challenger_over_champion);
  const auto keep = [&](const std::string& why) {
    return SkillDecision{SkillAction::kKeep, {}, absl::StrCat(name, " is not promoted: ", why)};
  };
  if (!evidence.champion.empty() && !Proven(relative, policy)) {
    return keep(absl::StrCat(Missing(relative, policy), " against champion ", evidence.champion.value()));
  }
  for (const NamedReference& reference : References(evidence.challenger_over)) {
    const GainEvidence absolute = Weigh(*reference.gains);
    if (!Proven(absolute, policy)) return keep(absl::StrCat(Missing(absolute, policy), " against ", reference.name));
  }
  std::string reason = absl::StrCat("verified gain: ", name);
  if (!evidence.champion.empty()) {
    absl::StrAppend(&reason, " over champion ", evidence.champion.value(), ": ", Describe(relative), ";");
  }
  absl::StrAppend(&reason, " ", Describe(evidence.challenger_over));
  return {SkillAction::kPromoteChallenger, evidence.challenger, std::move(reason)};
}

// Nothing when the champion stays.
std::optional<SkillDecision> JudgeChampion(const SkillEvidence& evidence, const SkillPolicy& policy) {
  const std::string name = absl::StrCat("verified gain: champion ", evidence.champion.value());
  const bool previous_known = !evidence.previous_over_climatology.empty();
  const bool previous_good = previous_known && Weigh(evidence.previous_over_climatology).mean > kLeastGain;
  if (const std::string lost = WhyLost(evidence.champion_over_climatology, policy); !lost.empty()) {
    const std::string reason = absl::StrCat(name, " lost to climatology: ", lost);
    // The one before it is brought back unless the same weeks show that it is no better than
    // climatology either.
    if (!evidence.previous.empty() && (previous_good || !previous_known)) {
      return SkillDecision{SkillAction::kRollBack, evidence.previous, reason};
    }
    return SkillDecision{SkillAction::kFallBack, {}, reason};
  }
  if (evidence.previous.empty() || !previous_good) return std::nullopt;
  if (const std::string lost = WhyLost(evidence.champion_over_previous, policy); !lost.empty()) {
    return SkillDecision{SkillAction::kRollBack, evidence.previous,
                         absl::StrCat(name, " lost to its predecessor ", evidence.previous.value(), ": ", lost)};
  }
  return std::nullopt;
}

}  // namespace

GainEvidence Weigh(const GainSeries& series) {
  GainEvidence evidence;
  std::map<absl::Time, WeekSums> by_week;
  for (const VerifiedGain& gain : series) {
    WeekSums& sums = by_week[gain.week];
    sums.for_model += std::exp(gain.gain);
    sums.for_reference += std::exp(-gain.gain);
    ++sums.regions;
    evidence.event_region_weeks += gain.event ? 1 : 0;
    evidence.mean += gain.gain / static_cast<double>(series.size());
  }
  for (const auto& [week, sums] : by_week) {
    evidence.log_evidence += std::log(sums.for_model / sums.regions);
    evidence.log_against += std::log(sums.for_reference / sums.regions);
  }
  evidence.weeks = static_cast<int>(by_week.size());
  evidence.region_weeks = static_cast<int>(series.size());
  return evidence;
}

bool Proven(const GainEvidence& evidence, const SkillPolicy& policy) {
  return EnoughToPromote(evidence, policy) && evidence.log_evidence >= std::log(policy.evidence_threshold);
}

bool Proven(const GainsOverReferences& gains, const SkillPolicy& policy) {
  const std::vector<NamedReference> references = References(gains);
  return std::all_of(references.begin(), references.end(),
                     [&](const NamedReference& reference) { return Proven(Weigh(*reference.gains), policy); });
}

std::string Describe(const GainsOverReferences& gains) {
  std::string text;
  for (const NamedReference& reference : References(gains)) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", "over ", reference.name, ": ", Describe(Weigh(*reference.gains)));
  }
  return text;
}

std::string Describe(const GainEvidence& evidence) { return WithEvidence(evidence, evidence.log_evidence); }

absl::Status SkillPolicy::Validate() const {
  if (min_weeks < 1 || min_event_region_weeks < 0 || min_rollback_weeks < 1 || min_rollback_event_region_weeks < 0) {
    return absl::InvalidArgumentError("skill policy: the least numbers of weeks must be positive");
  }
  if (!(evidence_threshold > 1)) {
    return absl::InvalidArgumentError("skill policy: the evidence threshold must be above 1");
  }
  if (max_trial_weeks < min_weeks) {
    return absl::InvalidArgumentError("skill policy: a trial must be allowed the weeks it needs");
  }
  if (rolling_weeks < bootstrap.block_weeks.value_or(kMinBlockWeeks)) {
    return absl::InvalidArgumentError("skill policy: the rolling weeks must hold a block of the bootstrap");
  }
  return absl::OkStatus();
}

SkillDecision DecideSkillAction(const SkillEvidence& evidence, const SkillPolicy& policy) {
  SkillDecision decision{SkillAction::kKeep, {}, "no challenger is on trial"};
  if (!evidence.challenger.empty()) {
    decision = JudgeChallenger(evidence, policy);
    if (decision.action != SkillAction::kKeep) return decision;
  }
  if (!evidence.champion.empty()) {
    if (std::optional<SkillDecision> out = JudgeChampion(evidence, policy); out.has_value()) return *std::move(out);
    return decision;
  }
  if (!evidence.withdrawn.empty()) {
    if (Proven(evidence.withdrawn_over, policy)) {
      return {SkillAction::kRestore, evidence.withdrawn,
              absl::StrCat("verified gain: ", evidence.withdrawn.value(), " since it was withdrawn ",
                           Describe(evidence.withdrawn_over))};
    }
  }
  return decision;
}

bool TrialLost(const SkillEvidence& evidence, const SkillPolicy& policy) {
  if (evidence.challenger.empty()) return false;
  return !WhyLost(evidence.champion.empty() ? evidence.challenger_over.climatology : evidence.challenger_over_champion,
                  policy)
              .empty();
}

absl::string_view SkillActionName(SkillAction action) {
  switch (action) {
    case SkillAction::kKeep:
      return "keep";
    case SkillAction::kPromoteChallenger:
      return "promote";
    case SkillAction::kRollBack:
      return "rollback";
    case SkillAction::kFallBack:
      return "fall_back";
    case SkillAction::kRestore:
      return "restore";
  }
  return "unknown";
}

}  // namespace tremorcast
