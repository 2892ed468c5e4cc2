#pragma once

// What the verified weeks of the service say about who should answer: keep the champion, promote
// the challenger, roll the champion back, fall back to climatology, or restore the model that was
// withdrawn. Pure decisions over numbers; the acts (ledger, swap) are elsewhere. Weekly looks are
// allowed: evidence is an e-process, not an interval (METHOD.md section 5). Thread safe.
//
// Evidence of a scope. In a week the regions of a scope shake together, so their ratios are
// averaged before they are multiplied over the weeks: E = prod_w mean_r p_r / q_r. Under "the
// reference q is true" E has mean 1 whatever the regions of a week have to do with each other; the
// plain product over regions has not (docs/decisions/0010).

#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/base/ids.h"
#include "core/verification/scores.h"

namespace tremorcast {

// One verified region-week: ln(p_y / q_y), nats, of a model over a reference, both answered when
// the week had begun.
struct VerifiedGain {
  absl::Time week;
  double gain = 0;
  bool event = false;  // class >= 1 was observed
};
using GainSeries = std::vector<VerifiedGain>;  // any order

// What a series amounts to.
struct GainEvidence {
  int weeks = 0;  // distinct
  int region_weeks = 0;
  int event_region_weeks = 0;
  double mean = 0;          // nats per region-week; 0 without any
  double log_evidence = 0;  // for the model: sum over weeks of ln(mean over regions of exp(gain))
  double log_against = 0;   // for the reference: the same of -gain
};
GainEvidence Weigh(const GainSeries& series);

struct SkillPolicy {
  // A model is promoted or restored on at least this much.
  int min_weeks = 52;
  int min_event_region_weeks = 20;
  // The evidence that takes a champion out of service may be less: the e-process needs no minimum
  // to be valid, and what answers instead is the reference it lost to. These keep one lucky week
  // from deciding.
  int min_rollback_weeks = 12;
  int min_rollback_event_region_weeks = 5;
  // E-process threshold; 20 errs at most once in twenty.
  double evidence_threshold = kEvidenceThreshold;
  // The champion is also rolled back when the interval of the gain of its last weeks, this many,
  // lies below 0. It is looked at every week, so its level is higher than a report's: at 95 % a
  // right champion of a single region was withdrawn in 22 of 100 five-year timelines, at 99.8 % in
  // 7 (docs/decisions/0010).
  int rolling_weeks = 52;
  BootstrapOptions bootstrap = {std::nullopt, 2000, 0.998, 1};
  // A trial that has not been decided by then ends: the next candidate follows.
  int max_trial_weeks = 156;

  absl::Status Validate() const;
};

// A model's verified gains over each reference that the gate asks it to beat.
struct GainsOverReferences {
  GainSeries climatology;
  GainSeries twin;  // its input-free twin: what it learned of base rates alone
  // The catalogue-only model; nothing where it is not asked, as of the catalogue rung.
  std::optional<GainSeries> catalogue = GainSeries();
  // The rung below; only where that was not climatology throughout.
  std::optional<GainSeries> below = std::nullopt;
};

// Enough weeks, enough events, and evidence of the threshold, against one reference.
bool Proven(const GainEvidence& evidence, const SkillPolicy& policy);
// Against every one of them: what promotes, restores, and shows skill in service.
bool Proven(const GainsOverReferences& gains, const SkillPolicy& policy);
// "61 verified weeks, 22 event region-weeks, gain +0.080 nats per region-week, log evidence 4.10".
std::string Describe(const GainEvidence& evidence);
// The same for each reference.
std::string Describe(const GainsOverReferences& gains);

struct SkillEvidence {
  ModelVersion champion;  // empty: climatology answers
  // Of the champion since it came into service.
  GainSeries champion_over_climatology;
  // What a rollback would bring back; empty: nothing stood before.
  ModelVersion previous;
  GainSeries champion_over_previous;     // both answered, since the champion came into service
  GainSeries previous_over_climatology;  // likewise
  // The model on trial, since it was published (or left service); empty: none.
  ModelVersion challenger;
  GainSeries challenger_over_champion;  // empty without a champion
  GainsOverReferences challenger_over;
  // The champion that was withdrawn, since then, while nothing serves; empty: none.
  ModelVersion withdrawn;
  GainsOverReferences withdrawn_over;
};

enum class SkillAction { kKeep, kPromoteChallenger, kRollBack, kFallBack, kRestore };

struct SkillDecision {
  SkillAction action = SkillAction::kKeep;
  ModelVersion version;  // what answers afterwards; empty: climatology (or nothing to do)
  std::string reason;    // one sentence, for the ledger and for people
};

// At most one action. In this order: a challenger that beat champion and every reference is promoted; a
// champion that lost to the one before it, or to climatology, goes; a withdrawn one that shows
// skill again returns; else all stays.
SkillDecision DecideSkillAction(const SkillEvidence& evidence, const SkillPolicy& policy);

// Whether a trial is over without promotion: the champion (without one: climatology) has beaten the
// challenger.
bool TrialLost(const SkillEvidence& evidence, const SkillPolicy& policy);

// "keep", "promote", "rollback", "fall_back", "restore": label values of metrics.
absl::string_view SkillActionName(SkillAction action);

}  // namespace tremorcast
