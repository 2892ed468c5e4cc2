#pragma once

// What a candidate is worth on the test slice, which nothing before this looked at (METHOD.md section 5): its gain over
// climatology and over the catalogue-only model, both built from everything before the test period, and over the
// champion. The whole-network region is scored apart from its areas. Blocks for the inference of the test slice.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "core/catalogue/climatology.h"
#include "core/forecast/predictor.h"
#include "core/skill/gate.h"
#include "core/verification/scores.h"
#include "model/training/training.h"
#include "trainer/data/dataset.h"
#include "trainer/run/config.h"
#include "trainer/run/plan.h"

namespace tremorcast {

// One test region-week with every probability compared on it.
struct TestWeek {
  RegionId region;
  absl::Time issue;
  int label = 0;
  int sample = 0;
  ClassProbabilities pooled = {};   // what would be issued
  ClassProbabilities network = {};  // calibrated, before the pool
  ClassProbabilities climatology = {};
  ClassProbabilities catalogue = {};  // the catalogue-only model
};

struct ScopeScores {
  ScoreSummary against_climatology;
  std::optional<MeanInterval> gain_over_climatology;
  std::optional<MeanInterval> gain_over_catalogue;
  // Of the network before the pool, over climatology: what w = 0 hides.
  std::optional<MeanInterval> network_gain;
  // Region-weeks with too few stations, and all region-weeks with climatology standing in for those.
  int abstained = 0;
  ScoreSummary with_fallback;
};

struct Evaluation {
  std::vector<TestWeek> areas, whole_network;
  ScopeScores area_scores;
  std::optional<ScopeScores> whole_network_scores;
  GateEvidence evidence;
  GateVerdict verdict;
  // Name -> number, for the registry.
  std::string ToJson(const std::optional<MeanInterval>& gain_over_champion) const;
};

// Climatology of everything before the test period.
ClimatologyTable ClimatologyBefore(const Dataset& data, const Plan& plan, const TrainerConfig& config);

// A plan without a test slice gives a verdict that says so.
absl::StatusOr<Evaluation> Evaluate(const Dataset& data, const Plan& plan, const TrainerConfig& config,
                                    const TrainedModel& model);

// The champion on the candidate's own test weeks (areas): those after the champion's training period when there are
// at least eight, else all of them with saw_test set.
struct ChampionScore {
  std::optional<MeanInterval> gain_over_champion;
  bool saw_test = false;
  int region_weeks = 0;
};
absl::StatusOr<ChampionScore> ScoreAgainstChampion(const Dataset& data, const Evaluation& evaluation,
                                                   const Predictor& champion, const BootstrapOptions& bootstrap);

// The few lines a person reads at the end of a run.
std::string DescribeEvaluation(const Evaluation& evaluation);

}  // namespace tremorcast
