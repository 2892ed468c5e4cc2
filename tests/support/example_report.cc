#include "tests/support/example_report.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

#include "core/verification/binary_outcome.h"
#include "core/verification/molchan.h"
#include "core/verification/reliability.h"
#include "core/verification/roc.h"

namespace tremorcast {
namespace {

// In [0, 1), even, without a generator's state.
double Scatter(int i) { return std::fmod(0.5 + 0.6180339887498949 * i, 1.0); }

MeanInterval Around(double mean, double half) { return {mean, mean - half, mean + 1.1 * half, 39}; }

NamedMetrics Averages(double accuracy, double macro) {
  const double sd = 0.012;
  return {{"accuracy", {accuracy, sd, 5}},
          {"macro_recall", {macro, sd, 5}},
          {"macro_precision", {macro + 0.02, sd, 5}},
          {"mean_of_f1", {macro - 0.01, sd, 5}},
          {"f1_of_means", {macro + 0.01, sd, 5}},
          {"weighted_f1", {accuracy - 0.02, sd, 5}},
          {"one_vs_rest_accuracy", {(4 + accuracy) / 5, sd, 5}}};
}

MethodRow Row(const std::string& table, const std::string& name, int64_t parameters, double gain) {
  MethodRow row;
  row.table = table;
  row.name = name;
  row.parameters = parameters;
  row.calibrated = Averages(0.9103, 0.2);
  row.log_score = {0.4127 - gain, 0.0021, 5};
  row.brier = {0.1683, 0.0008, 5};
  row.rps = {0.0331, 0.0002, 5};
  row.gain = {gain, 0.0017, 5};
  row.gain_interval = Around(gain, 0.004 + std::fabs(gain) / 2);
  row.gain_over_catalogue = Around(gain - 0.0084, 0.006);
  if (table == "reference") return row;
  row.balanced = Averages(0.7612 + gain, 0.2814);
  row.gain_before_pool = Around(gain - 0.12, 0.07);
  row.pool_weight = {0.14, 0.08, 5};
  row.seconds = {8.4, 0.6, 5};
  return row;
}

void AddRows(EvaluationReport* report) {
  const auto add = [report](MethodRow row, double accuracy = 0, double recall = 0, double f1 = 0) {
    if (accuracy > 0) row.paper = PaperFigures{accuracy, recall, f1};
    report->rows.push_back(std::move(row));
  };
  add(Row("II", "implicit", 46233, -0.0031), 0.8434, 0.8764, 0.86);
  add(Row("II", "explicit", 58673, -0.0062), 0.4695, 0.5580, 0.59);
  add(Row("II", "fused", 73793, 0.0012), 0.9580, 0.9580, 0.95);
  add(Row("III", "Flatten classifier", 1155333, -0.0104), 0.8591, 0.9281, 0.85);
  add(Row("III", "CNN classifier", 98213, -0.0051), 0.8333, 0.9292, 0.83);
  add(Row("III", "decoupled DenseNet classifier", 73793, 0.0012), 0.9580, 0.9580, 0.95);
  add(Row("IV", "Weighted-DT", 0, -0.0211), 0.8996, 0.8983, 0.90);
  add(Row("IV", "Weighted-SVM", 0, -0.0153), 0.7556, 0.5500, 0.70);
  add(Row("IV", "CNN", 61205, -0.0048), 0.7885, 0.3144, 0.30);
  add(Row("IV", "DenseNet", 73793, -0.0022), 0.7670, 0.7970, 0.83);
  add(Row("IV", "proposed", 73793, 0.0012), 0.9580, 0.9580, 0.95);
  add(Row("long tail", "stage 1 + T + pool", 73793, 0.0009));
  report->rows.back().chosen = true;
  add(Row("long tail", "tau-normalised", 73793, 0.0004));
  MethodRow climatology = Row("reference", "climatology", 0, 0);
  climatology.gain_interval = MeanInterval{0, 0, 0, 39};
  add(std::move(climatology));
  add(Row("reference", "majority class", 0, -0.3305));
  add(Row("reference", "uniform", 0, -1.1967));
  add(Row("reference", "catalogue only", 12, 0.0184));
  add(Row("station mode", "proposed, by station", 73793, -0.0071));
}

PlaceboRow Placebo(int number, const std::string& name, const std::string& question, PlaceboOutcome outcome) {
  PlaceboRow row;
  row.number = number;
  row.name = name;
  row.question = question;
  row.outcome = outcome;
  row.runs = 5;
  row.metrics = Averages(0.9038, 0.2);
  row.gain = Around(-0.004 * number, 0.011);
  row.area_roc = 0.52 + 0.01 * number;
  return row;
}

void AddPlacebos(EvaluationReport* report) {
  using enum PlaceboOutcome;
  report->placebos = {
      Placebo(1, "presence mask only", "Do the gaps in the data alone tell weeks apart?", kClean),
      Placebo(2, "station and calendar only", "Does knowing where and when suffice?", kClean),
      Placebo(3, "labels shifted", "Does the gain survive outcomes of other weeks?", kClean),
      Placebo(4, "last week's class", "Do the inputs respond to earthquakes that have happened?", kInformative),
      Placebo(5, "random split", "What would a leak have looked like?", kShowsLeak),
      Placebo(6, "catalogue only", "Is the gain known from the catalogue?", kSuspicious),
      Placebo(7, "another region's stations", "Do the stations of the wrong region do as well?", kNotApplicable)};
  report->placebos[2].p_value = 0.412;
  report->placebos[4].gain = Around(0.061, 0.02);
  report->placebos[5].gain = Around(0.0184, 0.009);
  report->placebos[6].gain.reset();
  report->placebos[6].area_roc.reset();
  report->placebos[6].runs = 0;
  report->placebos[6].comment = "Stations of both regions are needed; this set has them mixed.";
}

ReportCurve Curve(const std::string& name, int epochs, int best) {
  ReportCurve curve;
  curve.name = name;
  curve.best_epoch = best;
  for (int i = 0; i < epochs; ++i) {
    curve.train_loss.push_back(0.9 * std::exp(-0.09 * i) + 0.25 + 0.02 * Scatter(i));
    curve.validation_loss.push_back(0.8 * std::exp(-0.12 * i) + 0.42 + 0.006 * std::abs(i - best) +
                                    0.04 * Scatter(3 * i));
  }
  return curve;
}

void AddDiagrams(EvaluationReport* report) {
  std::vector<BinaryOutcome> before, after;
  for (int i = 0; i < 312; ++i) {
    BinaryOutcome outcome;
    outcome.event = i % 11 == 3;
    outcome.probability = 0.15 + 0.75 * std::pow(Scatter(i), outcome.event ? 1.0 : 1.6);
    before.push_back(outcome);
    outcome.probability = 0.02 + 0.2 * outcome.probability;
    after.push_back(outcome);
  }
  const absl::StatusOr<Reliability> raw = MeasureReliability(before), issued = MeasureReliability(after);
  const absl::StatusOr<RocCurve> roc = BuildRocCurve(after);
  const absl::StatusOr<MolchanDiagram> molchan = BuildMolchanDiagram(after);
  if (!raw.ok() || !issued.ok() || !roc.ok() || !molchan.ok()) return;
  report->event_diagrams = EventDiagrams{*raw, *issued, *roc, *molchan, 0.0897};
  report->event_scores = {{"Peirce score", 0.2113, "alarm where the forecast is at least twice climatology"},
                          {"N-test P(>= observed)", 0.3318, "Poisson-binomial"}};
}

void AddParts(EvaluationReport* report) {
  for (int i = 0; i < 8; ++i) {
    GainPart part;
    part.name = report->regions[static_cast<size_t>(i)];
    part.rows = 39;
    part.event_rows = i == 2 ? 12 : i;
    part.gain = 0.03 * (Scatter(i) - 0.5);
    part.interval = Around(part.gain, 0.012);
    if (part.event_rows >= 10) part.adjusted_p = 0.61;
    if (part.event_rows < 10) part.comment = "fewer than 10 event weeks: no claim";
    report->by_region.push_back(part);
  }
  report->by_class = {{"M >= 3.5", 312, 28, 0.0011, Around(0.0011, 0.006), 0.88, ""},
                      {"M >= 5.0", 312, 1, -0.0002, {}, {}, "fewer than 10 event weeks: no claim"}};
}

SliceFacts Slice(const std::string& name, int issues, absl::Time first, std::vector<int64_t> counts) {
  return {name, issues * 8, issues, first, first + absl::Hours(168) * (issues - 1), std::move(counts), 0.127};
}

}  // namespace

EvaluationReport RichReport() {
  EvaluationReport report;
  report.title = "AETAAreaWeek";
  report.verdict =
      "The proposed network does not forecast these earthquakes better than climatology: its gain of +0.0012 nats per "
      "region-week has an interval that holds 0.";
  report.ordered_in_time = true;
  report.command = "tremorcast-trainer evaluate --dataset=AETAAreaWeek --seeds=5 --placebos --html=report.html";
  report.git_revision = "98b5d17c0ffee0123456789abcdef0123456789a";
  report.runtime = "libtorch 1.13.1, CPU, 2 threads";
  report.data_source = "AETAAreaWeek_TRAIN.ts, AETAAreaWeek_TEST.ts";
  report.data_hash = "sha256:6a1c9d4b7f02e83526f1f0c6c3b1a05d8e77b9431c2d5a60f9e8d7c6b5a49382";
  report.plan_hash = "sha256:b0e4c1573a9628df1e5d7c8b9a60413f2e5d6c7b8a9012345678fedcba987654";
  report.created_at = absl::FromCivil(absl::CivilSecond(2026, 11, 25, 9, 30, 0), absl::UTCTimeZone());
  report.took = absl::Minutes(17) + absl::Seconds(42);
  report.seeds = 5;
  report.first_seed = 1;
  report.class_names = {"none or M < 3.5", "M 3.5 to 4.0", "M 4.0 to 4.5", "M 4.5 to 5.0", "M >= 5.0"};
  for (int i = 1; i <= 8; ++i) report.regions.push_back(absl::StrCat("area-", i));
  const absl::Time start = absl::FromCivil(absl::CivilSecond(2017, 1, 1, 16, 0, 0), absl::UTCTimeZone());
  const auto week = [start](int n) { return start + absl::Hours(168) * n; };
  report.slices = {
      Slice("train", 156, week(0), {1112, 81, 33, 15, 7}), Slice("early stop", 26, week(158), {187, 14, 5, 2, 0}),
      Slice("calibration", 26, week(186), {186, 13, 6, 2, 1}), Slice("test", 39, week(214), {284, 17, 7, 3, 1})};
  report.channels = 143;
  report.steps = 126;
  AddRows(&report);
  report.proposed = "proposed";
  AddPlacebos(&report);
  for (const std::string name : {"stage 1", "proposed, head 1", "proposed, head 2", "CNN"}) {
    report.curves.push_back(Curve(name, name == "stage 1" ? 41 : 24, name == "stage 1" ? 30 : 12));
  }
  report.balanced_confusion =
      ConfusionMatrix({{231, 28, 14, 8, 3}, {9, 5, 2, 1, 0}, {3, 1, 2, 1, 0}, {2, 0, 1, 0, 0}, {1, 0, 0, 0, 0}});
  report.calibrated_confusion =
      ConfusionMatrix({{284, 0, 0, 0, 0}, {17, 0, 0, 0, 0}, {7, 0, 0, 0, 0}, {3, 0, 0, 0, 0}, {1, 0, 0, 0, 0}});
  AddDiagrams(&report);
  AddParts(&report);
  report.shift_p_value = 0.412;
  report.detectable_gain = 0.0143;
  report.variants = {
      {"leave one region out", "area-3 left out of training, tested on it", 39, Averages(0.69, 0.21),
       Around(-0.014, 0.02), 0.1},
      {"horizon", "the last three days left out of the window", 312, Averages(0.91, 0.2), Around(0.0003, 0.005), 0.05}};
  report.published = {"Published accuracy on this test set: 0.827 and 0.859, macro F1 0.43 and 0.34."};
  report.caveats = {"The test period has 28 event region-weeks, one of them of the largest class."};
  return report;
}

EvaluationReport CurvesOnlyReport() {
  EvaluationReport report;
  report.title = "Training run 17";
  report.verdict = "The candidate was trained and waits for the gate.";
  report.ordered_in_time = true;
  report.seeds = 1;
  report.first_seed = 7;
  report.class_names = {"none or M < 3.5", "M >= 3.5"};
  report.slices = {Slice("train", 104, absl::FromUnixSeconds(1600000000), {700, 132})};
  report.curves = {Curve("stage 1", 20, 14)};
  return report;
}

}  // namespace tremorcast
