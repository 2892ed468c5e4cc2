#pragma once

// What a candidate is worth on the test slice, which nothing before this looked at (METHOD.md
// section 5): its gain over climatology and over the catalogue-only model, both built from
// everything before the test period, and over the champion. The region of the whole station network
// is scored apart from its areas. Blocks for the inference of the test slice.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

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
  ClassProbabilities pooled = {};       // what would be issued
  ClassProbabilities before_pool = {};  // the neural network's own, calibrated
  ClassProbabilities climatology = {};
  ClassProbabilities catalogue = {};  // the catalogue-only model
  ClassProbabilities below = {};      // what `pooled` is pooled with: the rung below, or climatology
  ClassProbabilities twin = {};       // the candidate's input-free twin, pooled as `pooled` is
};

// On the test weeks of the areas, or of the region of the whole station network.
struct TestScores {
  std::vector<TestWeek> weeks;
  ScoreSummary against_climatology;
  std::optional<MeanInterval> gain_over_climatology;
  std::optional<MeanInterval> gain_over_catalogue;
  std::optional<MeanInterval> gain_over_twin;            // absent without a calibration slice
  std::optional<MeanInterval> gain_over_catalogue_rung;  // absent where that does not stand below
  // The same before the pool: what w = 0 hides.
  std::optional<MeanInterval> gain_before_pool;
  // Region-weeks with too few stations, and the scores of all region-weeks with climatology
  // standing in for those.
  int abstained = 0;
  ScoreSummary with_fallback;
};

struct CandidateScores {
  TestScores areas;
  std::optional<TestScores> whole_network;
  GateEvidence evidence;
  GateVerdict verdict;
  // A JSON object of numbers by name, for the registry.
  std::string ToJson(const std::optional<MeanInterval>& gain_over_champion) const;
};

// Climatology of everything before `end`.
ClimatologyTable ClimatologyBefore(const Dataset& data, absl::Time end, const TrainerConfig& config);
// The same by region, as a training and a checkpoint hold it.
std::map<RegionId, std::vector<double>> ClimatologyByRegion(const Dataset& data, absl::Time end,
                                                            const TrainerConfig& config);

// A plan without a test slice gives a verdict that says so.
absl::StatusOr<CandidateScores> ScoreCandidate(const Dataset& data, const Plan& plan, const TrainerConfig& config,
                                               const TrainedModel& model);

// The champion on the candidate's own test weeks (areas): those after the champion's training
// period when there are at least eight, else all of them with saw_test set.
struct ChampionScore {
  std::optional<MeanInterval> gain_over_champion;
  bool saw_test = false;
  int region_weeks = 0;
};
absl::StatusOr<ChampionScore> ScoreAgainstChampion(const Dataset& data, const CandidateScores& candidate,
                                                   const Predictor& champion, const BootstrapOptions& bootstrap);

// The few lines a person reads at the end of a run.
std::string DescribeScores(const CandidateScores& candidate);

}  // namespace tremorcast
