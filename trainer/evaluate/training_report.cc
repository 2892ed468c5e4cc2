#include "trainer/evaluate/training_report.h"

#include <cstddef>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "model/training/training_course.h"
#include "trainer/evaluate/diagnostics.h"
#include "trainer/evaluate/method_rows.h"
#include "trainer/evaluate/sets/describe_set.h"

namespace tremorcast {
namespace {

constexpr char kTable[] = "This model";

// One curve for stage 1 and one for each head, as the history went through them.
void AddCurves(const std::vector<TrainingProgress>& history, EvaluationReport& report) {
  for (size_t begin = 0; begin < history.size();) {
    size_t end = begin;
    while (end < history.size() && history[end].stage == history[begin].stage &&
           history[end].head == history[begin].head) {
      ++end;
    }
    const std::string name =
        history[begin].stage == 1 ? "stage 1" : absl::StrCat("stage 2, head ", history[begin].head + 1);
    report.curves.push_back(CurveOf(name, absl::MakeConstSpan(history).subspan(begin, end - begin)));
    begin = end;
  }
}

absl::Status AddScores(const EvaluationSet& set, const TrainedRun& run, EvaluationReport& report) {
  const BootstrapOptions bootstrap = set.Bootstrap(run.config.bootstrap);
  const RowScorer scorer(set.view, bootstrap, set.Find("catalogue-only"));
  std::vector<CollectedRow> rows;
  AddReferences({&set, 1}, set, rows);
  ASSIGN_OR_RETURN(SampleOutputs out, run.model.Predict(set.view.samples, set.view.test));
  CollectedRow stage1, candidate;
  stage1.row.table = candidate.row.table = kTable;
  stage1.row.name = "stage 1 + T + pool";
  candidate.row.name = report.proposed = kProposed;
  stage1.answers.push_back({{}, out.stage1_pooled, out.stage1_pooled, run.model.stage1_calibration().pool_weight, 0});
  candidate.answers.push_back({out.balanced,
                               out.calibrated,
                               out.pooled,
                               run.model.calibration().pool_weight,
                               absl::ToDoubleSeconds(run.outcome.train_time),
                               out.twin,
                               out.twin_pooled,
                               {},
                               run.model.calibration().event_reason});
  const std::vector<SeedAnswers> answers = candidate.answers;
  rows.push_back(std::move(stage1));
  rows.push_back(std::move(candidate));
  for (CollectedRow& row : rows) {
    RETURN_IF_ERROR(scorer.Score(row.answers, row.row));
    report.rows.push_back(std::move(row.row));
  }
  return AddDiagnostics(set, scorer, answers, bootstrap, report);
}

}  // namespace

absl::StatusOr<EvaluationReport> ReportTraining(const TrainedRun& run) {
  EvaluationReport report;
  report.ordered_in_time = true;
  report.simulated = run.data->simulated;
  report.data_hash = run.data->data_hash;
  report.plan_hash = run.plan.hash;
  if (!run.plan.slices.test.empty()) {
    ASSIGN_OR_RETURN(EvaluationSet set, DatasetEvaluationSet(run.data, run.plan, run.config));
    DescribeSet({&set, 1}, set, report);
    RETURN_IF_ERROR(AddScores(set, run, report));
  }
  report.title = absl::StrCat("Training run ", run.outcome.run_id);
  report.data_source = "database";
  report.git_revision = run.git_revision;
  report.seeds = 1;
  report.first_seed = static_cast<int64_t>(run.config.training.seed);
  const GateVerdict& verdict = run.outcome.scores->verdict;
  report.verdict = verdict.sentence;
  report.demonstrated_skill = verdict.demonstrated_skill;
  const GateEvidence& evidence = run.outcome.scores->evidence;
  report.detectable_gain = evidence.detectable_gain;
  report.artifacts.push_back({report.first_seed, evidence.pool_weight, evidence.gain_over_climatology,
                              evidence.gain_over_twin, evidence.gain_over_catalogue, verdict.demonstrated_skill,
                              verdict.sentence, evidence.gain_over_catalogue_rung});
  report.took = run.outcome.train_time + run.outcome.score_time;
  AddCurves(run.model.history(), report);
  for (std::string& warning : CourseWarnings(CoursesOf(run.model.history()))) {
    report.caveats.push_back(std::move(warning));
  }
  for (std::string sentence :
       {absl::StrCat(run.outcome.state == TrainingState::kPromoted ? "promoted: " : "not promoted: ",
                     run.outcome.decision),
        absl::StrCat("model ", run.outcome.version.value(), ", sha256 ", run.outcome.weights_sha256),
        absl::StrCat("slices: ", run.plan.summary), absl::StrCat("calibration: ", run.outcome.calibration),
        run.model.calibration().pool_reason,
        std::string(
            "one model: seeds, placebos and the paper's tables are what `tremorcast-trainer evaluate` reports")}) {
    report.caveats.push_back(std::move(sentence));
  }
  return report;
}

}  // namespace tremorcast
