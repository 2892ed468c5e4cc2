#include "trainer/run/candidate_scores.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <nlohmann/json.hpp>

#include "core/base/status_macros.h"
#include "core/catalogue/catalogue_model.h"
#include "core/catalogue/weekly_classes.h"
#include "core/significance/detectable_gain.h"
#include "model/calibration/head_calibration.h"

namespace tremorcast {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFewestChampionWeeks = 8;

// These depend on no station, so that the weeks with too few of them have references too.
struct References {
  ClimatologyTable climatology;
  std::optional<CatalogueModel> catalogue;  // absent when the catalogue before the test is too short
  WeeklyClasses history;
};

absl::StatusOr<References> BuildReferences(const Dataset& data, const Plan& plan, const TrainerConfig& config,
                                           RegionKind kind) {
  References references;
  references.climatology = ClimatologyBefore(data, plan.test_begin, config);
  references.history =
      BuildWeeklyClasses(RegionsOf(data, kind), data.events, data.catalogue, config.data.question.Grid(),
                         config.data.classes, config.data.question.horizon());
  absl::StatusOr<CatalogueModel> model = CatalogueModel::Fit(references.history, plan.test_begin, {});
  if (model.ok()) {
    references.catalogue = *std::move(model);
  } else if (!absl::IsFailedPrecondition(model.status())) {
    return model.status();
  }
  return references;
}

absl::StatusOr<std::vector<TestWeek>> PredictTestWeeks(const Dataset& data, const Plan& plan, const TrainedModel& model,
                                                       const References& references, RegionKind kind) {
  const std::vector<int> samples = SamplesOf(data, plan.slices.test, kind);
  std::vector<TestWeek> weeks;
  if (samples.empty()) return weeks;
  ASSIGN_OR_RETURN(SampleOutputs outputs, model.Predict(data.samples, samples));
  for (size_t i = 0; i < samples.size(); ++i) {
    const Sample& sample = data.samples.samples[static_cast<size_t>(samples[i])];
    TestWeek week;
    week.region = sample.region;
    week.issue = data.sample_issue[static_cast<size_t>(samples[i])];
    week.label = sample.label;
    week.sample = samples[i];
    week.pooled = ToClassProbabilities(outputs.pooled[i]);
    if (!outputs.twin_pooled.empty()) week.twin = ToClassProbabilities(outputs.twin_pooled[i]);
    week.before_pool = FloorAndNormalise(ToClassProbabilities(outputs.calibrated[i]));
    week.climatology = FloorAndNormalise(references.climatology.For(sample.region));
    week.below = sample.below.empty() ? week.climatology : FloorAndNormalise(ToClassProbabilities(sample.below));
    if (references.catalogue) {
      ASSIGN_OR_RETURN(ClassProbabilities p,
                       references.catalogue->Predict(references.history, week.region, week.issue));
      week.catalogue = FloorAndNormalise(p);
    }
    weeks.push_back(week);
  }
  return weeks;
}

using Field = ClassProbabilities TestWeek::*;

std::vector<ScoredWeek> Compare(const std::vector<TestWeek>& weeks, Field forecast, Field reference) {
  std::vector<ScoredWeek> rows;
  rows.reserve(weeks.size());
  for (const TestWeek& week : weeks) rows.push_back({week.issue, week.*forecast, week.*reference, week.label});
  return rows;
}

absl::StatusOr<std::optional<MeanInterval>> Gain(const std::vector<ScoredWeek>& rows, const BootstrapOptions& options) {
  if (rows.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(MeanInterval gain, BootstrapGain(rows, options));
  return gain;
}

absl::StatusOr<TestScores> ScoreTestWeeks(const Dataset& data, const Plan& plan, const TrainerConfig& config,
                                          const TrainedModel& model, RegionKind kind) {
  ASSIGN_OR_RETURN(const References references, BuildReferences(data, plan, config, kind));
  TestScores scores;
  ASSIGN_OR_RETURN(scores.weeks, PredictTestWeeks(data, plan, model, references, kind));
  std::vector<ScoredWeek> rows = Compare(scores.weeks, &TestWeek::pooled, &TestWeek::climatology);
  scores.against_climatology = Summarise(rows);
  ASSIGN_OR_RETURN(scores.gain_over_climatology, Gain(rows, config.bootstrap));
  ASSIGN_OR_RETURN(scores.gain_before_pool,
                   Gain(Compare(scores.weeks, &TestWeek::before_pool, &TestWeek::climatology), config.bootstrap));
  if (references.catalogue) {
    ASSIGN_OR_RETURN(scores.gain_over_catalogue,
                     Gain(Compare(scores.weeks, &TestWeek::pooled, &TestWeek::catalogue), config.bootstrap));
  }
  // The twin knows nothing of the whole network, which no slice but the test holds.
  if (kind == RegionKind::kAreas && !model.calibration().twin.empty()) {
    ASSIGN_OR_RETURN(scores.gain_over_twin,
                     Gain(Compare(scores.weeks, &TestWeek::pooled, &TestWeek::twin), config.bootstrap));
  }
  if (kind == RegionKind::kAreas && data.rung_below != nullptr && data.rung_below->trial.has_value()) {
    ASSIGN_OR_RETURN(scores.gain_over_catalogue_rung,
                     Gain(Compare(scores.weeks, &TestWeek::pooled, &TestWeek::below), config.bootstrap));
  }
  for (const RegionWeek& week : AbstainedWeeks(data, plan.slices.test, kind)) {
    ++scores.abstained;
    const ClassProbabilities climatology = FloorAndNormalise(references.climatology.For(week.region));
    rows.push_back({week.issue, climatology, climatology, week.label});
  }
  scores.with_fallback = Summarise(rows);
  return scores;
}

std::optional<double> DetectableGainOf(const TestScores& areas, const TrainerConfig& config) {
  std::vector<ReferenceWeek> weeks;
  for (const TestWeek& week : areas.weeks) weeks.push_back({week.issue, 1 - week.climatology[0]});
  DetectableGainOptions options;
  options.min_events = config.gate.min_event_region_weeks;
  const absl::StatusOr<double> gain = DetectableGain(weeks, config.bootstrap, options);
  return gain.ok() ? std::optional<double>(*gain) : std::nullopt;
}

GateEvidence EvidenceOf(const Dataset& data, const TestScores& areas, double pool_weight, const TrainerConfig& config) {
  GateEvidence evidence;
  evidence.test_weeks = areas.against_climatology.weeks;
  evidence.event_region_weeks = areas.against_climatology.event_weeks;
  evidence.pool_weight = pool_weight;
  evidence.gain_over_climatology = areas.gain_over_climatology;
  evidence.gain_over_catalogue = areas.gain_over_catalogue;
  evidence.gain_over_twin = areas.gain_over_twin;
  evidence.over_catalogue_rung = data.rung_below != nullptr;
  evidence.gain_over_catalogue_rung = areas.gain_over_catalogue_rung;
  evidence.detectable_gain = DetectableGainOf(areas, config);
  return evidence;
}

void AddGain(Json& json, const std::string& name, const std::optional<MeanInterval>& gain) {
  if (!gain) return;
  json[name] = gain->mean;
  json[name + "_low"] = gain->low;
  json[name + "_high"] = gain->high;
}

void AddScores(Json& json, const std::string& prefix, const TestScores& scores) {
  const ScoreSummary& s = scores.against_climatology;
  json[prefix + "test_weeks"] = s.weeks;
  json[prefix + "test_region_weeks"] = s.region_weeks;
  json[prefix + "event_region_weeks"] = s.event_weeks;
  AddGain(json, prefix + "gain_over_climatology", scores.gain_over_climatology);
  AddGain(json, prefix + "gain_over_catalogue", scores.gain_over_catalogue);
  AddGain(json, prefix + "gain_over_twin", scores.gain_over_twin);
  AddGain(json, prefix + "gain_over_catalogue_rung", scores.gain_over_catalogue_rung);
  AddGain(json, prefix + "network_gain_before_pool", scores.gain_before_pool);
  json[prefix + "gain_per_event_week"] = s.gain_per_event_week;
  json[prefix + "log_score"] = s.log_score;
  json[prefix + "log_score_climatology"] = s.reference_log_score;
  json[prefix + "rps"] = s.rps;
  json[prefix + "rps_skill"] = s.rps_skill;
  json[prefix + "brier_m35"] = s.exceedance_brier[0];
  json[prefix + "brier_m35_climatology"] = s.reference_exceedance_brier[0];
  json[prefix + "abstained_region_weeks"] = scores.abstained;
  json[prefix + "gain_with_fallback"] = scores.with_fallback.gain_per_week;
}

std::string DescribeGain(const std::optional<MeanInterval>& gain) {
  return gain ? absl::StrCat(FormatGain(*gain), " nats per region-week, blocks of ", gain->block_weeks, " weeks")
              : std::string("not measured");
}

void AppendScores(std::string& text, const TestScores& scores) {
  const ScoreSummary& s = scores.against_climatology;
  absl::StrAppendFormat(&text,
                        "  test weeks            %d (%d region-weeks, %d with an event, %d without enough stations)\n",
                        s.weeks, s.region_weeks, s.event_weeks, scores.abstained);
  absl::StrAppend(&text, "  gain over climatology ", DescribeGain(scores.gain_over_climatology), "\n",
                  "  gain over catalogue   ", DescribeGain(scores.gain_over_catalogue), "\n",
                  "  gain over its twin    ", DescribeGain(scores.gain_over_twin), "\n");
  if (scores.gain_over_catalogue_rung) {
    absl::StrAppend(&text, "  gain over the rung    ", DescribeGain(scores.gain_over_catalogue_rung), " (ETAS)\n");
  }
  absl::StrAppend(&text, "  network before pool   ", DescribeGain(scores.gain_before_pool), "\n");
  absl::StrAppendFormat(&text, "  RPS skill %+.4f, Brier M>=3.5 %.4f (climatology %.4f)\n", s.rps_skill,
                        s.exceedance_brier[0], s.reference_exceedance_brier[0]);
}

// The champion's issued probabilities for some test weeks, in their order.
absl::StatusOr<std::vector<ClassProbabilities>> PredictWithChampion(const Dataset& data,
                                                                    const std::vector<TestWeek>& weeks,
                                                                    const Predictor& champion) {
  std::vector<ClassProbabilities> pooled;
  for (const TestWeek& week : weeks) {
    std::vector<StationWindow> windows;
    for (const int number : data.samples.samples[static_cast<size_t>(week.sample)].windows) {
      ASSIGN_OR_RETURN(StationWindow window, data.windows->ReadMasked(number));
      windows.push_back(std::move(window));
    }
    RegionInput input;
    input.region = week.region;
    for (const StationWindow& window : windows) input.windows.push_back(&window);
    ASSIGN_OR_RETURN(std::vector<RegionPrediction> prediction, champion.Predict({&input, 1}));
    pooled.push_back(PoolWithClimatology(prediction.front().probabilities, week.below, champion.info().pool_weight));
  }
  return pooled;
}

}  // namespace

ClimatologyTable ClimatologyBefore(const Dataset& data, absl::Time end, const TrainerConfig& config) {
  // Of the network's weeks, as the service counts it, whenever in the week the issue is.
  return BuildClimatology(data.regions, data.events, {data.catalogue.begin, end}, WeekGrid::Service(),
                          config.data.classes, config.data.question.horizon());
}

std::map<RegionId, std::vector<double>> ClimatologyByRegion(const Dataset& data, absl::Time end,
                                                            const TrainerConfig& config) {
  std::map<RegionId, std::vector<double>> climatology;
  for (const auto& [region, p] : ClimatologyBefore(data, end, config).regions) {
    climatology[region] = std::vector<double>(p.begin(), p.end());
  }
  return climatology;
}

absl::StatusOr<CandidateScores> ScoreCandidate(const Dataset& data, const Plan& plan, const TrainerConfig& config,
                                               const TrainedModel& model) {
  CandidateScores candidate;
  const auto tested = [&](RegionKind kind) { return !SamplesOf(data, plan.slices.test, kind).empty(); };
  if (tested(RegionKind::kAreas)) {
    ASSIGN_OR_RETURN(candidate.areas, ScoreTestWeeks(data, plan, config, model, RegionKind::kAreas));
  }
  if (tested(RegionKind::kWholeNetwork)) {
    ASSIGN_OR_RETURN(candidate.whole_network, ScoreTestWeeks(data, plan, config, model, RegionKind::kWholeNetwork));
  }
  candidate.evidence = EvidenceOf(data, candidate.areas, model.calibration().pool_weight, config);
  candidate.verdict = DecideSkill(candidate.evidence, config.gate);
  return candidate;
}

absl::StatusOr<ChampionScore> ScoreAgainstChampion(const Dataset& data, const CandidateScores& candidate,
                                                   const Predictor& champion, const BootstrapOptions& bootstrap) {
  const absl::Time seen_until = champion.info().model.training_period.end;
  std::vector<TestWeek> weeks;
  std::set<absl::Time> unseen;
  for (const TestWeek& week : candidate.areas.weeks) {
    if (week.issue < seen_until) continue;
    weeks.push_back(week);
    unseen.insert(week.issue);
  }
  ChampionScore score;
  if (static_cast<int>(unseen.size()) < kFewestChampionWeeks && weeks.size() < candidate.areas.weeks.size()) {
    weeks = candidate.areas.weeks;
    score.saw_test = true;
  }
  score.region_weeks = static_cast<int>(weeks.size());
  if (weeks.empty()) return score;
  ASSIGN_OR_RETURN(std::vector<ClassProbabilities> champion_p, PredictWithChampion(data, weeks, champion));
  std::vector<ScoredWeek> rows = Compare(weeks, &TestWeek::pooled, &TestWeek::climatology);
  for (size_t i = 0; i < rows.size(); ++i) rows[i].reference = champion_p[i];
  ASSIGN_OR_RETURN(score.gain_over_champion, Gain(rows, bootstrap));
  return score;
}

std::string CandidateScores::ToJson(const std::optional<MeanInterval>& gain_over_champion) const {
  Json json;
  AddScores(json, "", areas);
  if (whole_network) AddScores(json, "whole_network_", *whole_network);
  AddGain(json, "gain_over_champion", gain_over_champion);
  json["pool_weight"] = evidence.pool_weight;
  if (evidence.detectable_gain) json["detectable_gain"] = *evidence.detectable_gain;
  return json.dump();
}

std::string DescribeScores(const CandidateScores& candidate) {
  std::string text;
  AppendScores(text, candidate.areas);
  if (candidate.whole_network) {
    absl::StrAppend(&text, "  the whole network, apart from its areas:\n");
    AppendScores(text, *candidate.whole_network);
  }
  absl::StrAppend(&text, "verdict: ", candidate.verdict.sentence, "\n");
  return text;
}

}  // namespace tremorcast
