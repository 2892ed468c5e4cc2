#include "trainer/evaluate/evaluate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/strip.h>

#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "core/significance/detectable_gain.h"
#include "trainer/evaluate/diagnostics.h"
#include "trainer/evaluate/method_rows.h"
#include "trainer/evaluate/origins.h"
#include "trainer/evaluate/placebos.h"
#include "trainer/evaluate/sets/describe_set.h"
#include "trainer/evaluate/variants.h"

namespace tremorcast {
namespace {

std::string DayOf(absl::Time t) { return absl::FormatTime("%Y-%m-%d", t, NetworkTimeZone()); }

// What each origin found by itself: where in time a gain comes from.
absl::Status AddOrigins(absl::Span<const EvaluationSet> origins, const BootstrapOptions& bootstrap,
                        const CollectedRow& proposed, EvaluationReport& report) {
  if (origins.size() < 2) return absl::OkStatus();
  size_t begin = 0;
  for (const EvaluationSet& origin : origins) {
    const RowScorer scorer(origin.view, bootstrap, nullptr);
    const std::vector<SeedAnswers> own = RowsOf(proposed.answers, begin, origin.view.test.size());
    begin += origin.view.test.size();
    MethodRow row;
    RETURN_IF_ERROR(scorer.Score(own, row));
    const std::set<absl::Time> tested(scorer.weeks().begin(), scorer.weeks().end());
    std::set<absl::Time> trained;
    for (int sample : origin.view.train) trained.insert(origin.view.weeks[static_cast<size_t>(sample)]);
    report.variants.push_back({"rolling origin",
                               absl::StrCat("tested ", DayOf(*tested.begin()), " to ", DayOf(*tested.rbegin()), ", ",
                                            trained.size(), " training issues"),
                               static_cast<int>(scorer.labels().size()), row.calibrated, row.gain_before_pool,
                               own.front().pool_weight});
  }
  return absl::OkStatus();
}

double MetricOf(const NamedMetrics& metrics, const std::string& name) {
  for (const auto& [own, value] : metrics) {
    if (own == name) return value.mean;
  }
  return 0;
}

std::optional<double> DetectableGainOf(const RowScorer& scorer, const BootstrapOptions& bootstrap,
                                       const GatePolicy& gate) {
  std::vector<ReferenceWeek> weeks;
  for (size_t i = 0; i < scorer.weeks().size(); ++i) {
    weeks.push_back({scorer.weeks()[i], 1 - scorer.climatology()[i][0]});
  }
  DetectableGainOptions detectable;
  detectable.min_events = gate.min_event_region_weeks;
  const absl::StatusOr<double> gain = DetectableGain(weeks, bootstrap, detectable);
  return gain.ok() ? std::optional<double>(*gain) : std::nullopt;
}

absl::Status Decide(const EvaluationSet& set, const EvaluateOptions& options, const RowScorer& scorer,
                    const CollectedRow& proposed, EvaluationReport& report) {
  if (!set.ordered_in_time) {
    std::vector<int64_t> counts(static_cast<size_t>(set.view.classes));
    for (int y : scorer.labels()) ++counts[static_cast<size_t>(y)];
    const double majority = static_cast<double>(*std::max_element(counts.begin(), counts.end())) /
                            static_cast<double>(scorer.labels().size());
    report.verdict = absl::StrFormat(
        "no verdict on forecasts: the set has no time order; as a classifier the proposed network is right in %.1f %% "
        "of the test rows (macro recall %.3f), naming the largest class alone in %.1f %%",
        100 * MetricOf(proposed.row.calibrated, "accuracy"), MetricOf(proposed.row.calibrated, "macro_recall"),
        100 * majority);
    return absl::OkStatus();
  }
  report.detectable_gain = DetectableGainOf(scorer, set.Bootstrap(options.bootstrap), options.gate);
  const std::string veto =
      options.placebos ? PlaceboVeto(report.placebos) : "the placebos that can veto the verdict were left out";
  for (size_t s = 0; s < proposed.answers.size(); ++s) {
    const SeedAnswers& answers = proposed.answers[s];
    GateEvidence evidence;
    evidence.test_weeks = scorer.distinct_weeks();
    evidence.event_region_weeks = scorer.event_rows();
    evidence.pool_weight = answers.pool_weight;
    evidence.detectable_gain = report.detectable_gain;
    evidence.suspicious_placebo = veto;
    ASSIGN_OR_RETURN(evidence.gain_over_climatology, scorer.GainInterval(answers.pooled));
    if (answers.twin_pooled.size() == answers.pooled.size()) {
      ASSIGN_OR_RETURN(evidence.gain_over_twin, scorer.GainOver(answers.pooled, answers.twin_pooled));
    }
    if (scorer.catalogue() != nullptr) {
      ASSIGN_OR_RETURN(evidence.gain_over_catalogue,
                       scorer.GainOver(answers.pooled, scorer.catalogue()->probabilities));
    }
    evidence.over_catalogue_rung = set.over_catalogue_rung;
    if (const ReferenceForecast* rung = set.Find(kCatalogueRungRow); rung != nullptr) {
      ASSIGN_OR_RETURN(evidence.gain_over_catalogue_rung, scorer.GainOver(answers.pooled, rung->probabilities));
    }
    const GateVerdict verdict = DecideSkill(evidence, options.gate);
    report.artifacts.push_back({static_cast<int64_t>(options.first_seed + s), answers.pool_weight,
                                evidence.gain_over_climatology, evidence.gain_over_twin, evidence.gain_over_catalogue,
                                verdict.demonstrated_skill, verdict.sentence, evidence.gain_over_catalogue_rung});
  }
  SumUp(report);
  return absl::OkStatus();
}

}  // namespace

void SumUp(EvaluationReport& report) {
  const std::vector<ArtifactVerdict>& artifacts = report.artifacts;
  const auto failed = std::find_if(artifacts.begin(), artifacts.end(),
                                   [](const ArtifactVerdict& artifact) { return !artifact.demonstrated_skill; });
  report.demonstrated_skill = failed == artifacts.end();
  if (artifacts.size() == 1) {
    report.verdict = artifacts.front().sentence;
    return;
  }
  if (report.demonstrated_skill) {
    report.verdict = absl::StrCat("demonstrated skill in each of ", artifacts.size(), " trained models; seed ",
                                  artifacts.front().seed, ": ",
                                  absl::StripPrefix(artifacts.front().sentence, "demonstrated skill "));
    return;
  }
  const auto passed = std::count_if(artifacts.begin(), artifacts.end(),
                                    [](const ArtifactVerdict& artifact) { return artifact.demonstrated_skill; });
  report.verdict = absl::StrCat("no demonstrated skill: ", passed, " of ", artifacts.size(),
                                " trained models passed the gate; seed ", failed->seed, ": ",
                                absl::StripPrefix(failed->sentence, "no demonstrated skill: "));
}

absl::Status EvaluateOptions::Validate() const {
  if (seeds < 1 || placebo_seeds < 1) return absl::InvalidArgumentError("at least one seed is needed");
  // One run has no interval of its own, and by itself says nothing.
  if (shift_runs < 2) return absl::InvalidArgumentError("at least two shifts are needed");
  if (std::find(tables.begin(), tables.end(), StudyTable::kMethods) == tables.end()) {
    return absl::InvalidArgumentError("table IV holds the proposed row, which the verdict is about");
  }
  return training.Validate();
}

absl::StatusOr<EvaluationReport> RunEvaluation(absl::Span<const EvaluationSet> origins, const EvaluateOptions& options,
                                               const Clock& clock) {
  RETURN_IF_ERROR(options.Validate());
  if (origins.empty()) return absl::InvalidArgumentError("nothing to evaluate");
  const absl::Time start = clock.Now();
  const EvaluationSet set = PoolOrigins(origins);
  EvaluationReport report;
  DescribeSet(origins, set, report);
  report.seeds = options.seeds;
  report.first_seed = static_cast<int64_t>(options.first_seed);
  const BootstrapOptions bootstrap = set.Bootstrap(options.bootstrap);
  const RowScorer scorer(set.view, bootstrap, set.Find("catalogue-only"));
  std::vector<CollectedRow> rows;
  AddReferences(origins, set, rows);
  RETURN_IF_ERROR(RunMethods(origins, options, rows, report));
  const CollectedRow* proposed = nullptr;
  for (CollectedRow& row : rows) {
    RETURN_IF_ERROR(scorer.Score(row.answers, row.row));
    if (row.row.table == "IV" && row.row.name == kProposed) proposed = &row;
  }
  if (proposed == nullptr) return absl::InternalError("the study has no proposed row");
  report.proposed = kProposed;
  RETURN_IF_ERROR(AddDiagnostics(set, scorer, proposed->answers, bootstrap, report));
  RETURN_IF_ERROR(AddOrigins(origins, bootstrap, *proposed, report));
  if (options.placebos) {
    if (options.progress) options.progress({"placebos", 0, 1, "runs", "", 0.7});
    const Probabilities answered = AverageOf(proposed->answers, &SeedAnswers::calibrated);
    ASSIGN_OR_RETURN(report.placebos, RunPlacebos(origins, set, options, scorer, answered));
  }
  RETURN_IF_ERROR(Decide(set, options, scorer, *proposed, report));
  for (CollectedRow& row : rows) report.rows.push_back(std::move(row.row));
  ASSIGN_OR_RETURN(std::vector<MethodRow> leaks, RunLeakDemonstrations(origins, options));
  report.rows.insert(report.rows.end(), leaks.begin(), leaks.end());
  ASSIGN_OR_RETURN(std::vector<VariantRow> variants, RunVariants(origins, options));
  report.variants.insert(report.variants.end(), variants.begin(), variants.end());
  report.took = clock.Now() - start;
  return report;
}

}  // namespace tremorcast
