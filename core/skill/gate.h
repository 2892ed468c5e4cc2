#pragma once

// May a model claim skill, and should it replace the champion? Pure decisions over numbers from the
// test period; the acts (ledger, swap) are elsewhere (METHOD.md section 5).

#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/status.h>

#include "core/verification/scores.h"

namespace tremorcast {

struct GatePolicy {
  int min_test_weeks = 52;
  int min_event_region_weeks = 20;

  absl::Status Validate() const;
};

// What was measured on the test slice, with the pooled probabilities that would be issued.
struct GateEvidence {
  int test_weeks = 0;
  int event_region_weeks = 0;
  double pool_weight = 0;
  // Nats per region-week with a 95 % block-bootstrap interval. Absent when it could not be
  // computed.
  std::optional<MeanInterval> gain_over_climatology;
  std::optional<MeanInterval> gain_over_catalogue;  // over the catalogue-only model
  // The candidate is a catalogue model itself, and not asked for a gain over the other one.
  bool catalogue_model = false;
  // The catalogue rung stands below the candidate (METHOD.md section 7): the pool is with what that
  // answered, and a gain over its answers is asked for too.
  bool over_catalogue_rung = false;
  std::optional<MeanInterval> gain_over_catalogue_rung;
  std::string issue = "week";                  // what is counted and scored, for the sentence: "week", "day"
  std::optional<MeanInterval> gain_over_twin;  // over the model's own input-free twin
  // The gain that this test finds with 80 % probability (core/significance/detectable_gain.h).
  // Absent when it could not be computed.
  std::optional<double> detectable_gain;
  // What placebo runs found, one sentence, where one of them shows skill that must not be there
  // (METHOD.md section 5, placebos 1, 2 and 7): it vetoes the verdict. Empty: none does.
  std::string suspicious_placebo;
};

struct GateVerdict {
  bool demonstrated_skill = false;
  // "no demonstrated skill: ..." with every condition that failed, or what was shown; fit for
  // readers.
  std::string sentence;
};
// Demonstrated skill: enough weeks and events, w > 0, and the lower end of the gain above 0 (above
// rounding, kLeastGain) over climatology, over the catalogue-only model, over the model's input-free
// twin, and over the catalogue rung where that stands below. The twin is what the model learned of base
// rates alone; without it, a rate that changed before the calibration slice passes for skill. It and the
// catalogue-only model are needed for the word precursor.
GateVerdict DecideSkill(const GateEvidence& evidence, const GatePolicy& policy);

enum class ChampionDecision : int8_t { kPromote = 1, kKeep = 2 };

struct ChallengerEvidence {
  GateVerdict verdict;        // the challenger's
  bool has_champion = false;  // false: climatology serves the scope
  // Challenger minus champion on the same test region-weeks, positive when the challenger is
  // better.
  std::optional<MeanInterval> gain_over_champion;
  // The champion was trained, stopped or calibrated on part of the test weeks, which flatters it.
  bool champion_saw_test = false;
};

struct ChampionVerdict {
  ChampionDecision decision = ChampionDecision::kKeep;
  std::string reason;  // for the ledger
};

// Promotes only demonstrated skill, and over a champion only a positive mean gain. A champion that
// saw the test weeks may still be beaten, never lose its place to a tie.
ChampionVerdict DecideChampion(const ChallengerEvidence& evidence);

// "+0.210 [0.080, 0.340]".
std::string FormatGain(const MeanInterval& gain);

}  // namespace tremorcast
