#include "trainer/evaluate/evaluate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "trainer/classical_rows.h"
#include "trainer/evaluate/diagnostics.h"
#include "trainer/evaluate/placebos.h"

namespace tremorcast {
namespace {

constexpr char kProposed[] = "proposed";

// Table and row as the study and the classical models name them; figures as printed in the paper.
struct Published {
  const char* table;
  const char* name;
  PaperFigures figures;
};
constexpr Published kPaper[] = {
    {"II", "implicit", {.8434, .8764, .86}},    {"II", "explicit", {.4695, .5580, .59}},
    {"II", "fused", {.9580, .9580, .95}},       {"III", "Flatten", {.8591, .9281, .85}},
    {"III", "CNN", {.8333, .9292, .83}},        {"III", "decoupled DenseNet classifier", {.9580, .9580, .95}},
    {"IV", "Weighted-DT", {.8996, .8983, .90}}, {"IV", "Weighted-SVM", {.7556, .5500, .70}},
    {"IV", "CNN", {.7885, .3144, .30}},         {"IV", "DenseNet", {.7670, .7970, .83}},
    {"IV", kProposed, {.9580, .9580, .95}},
};

std::optional<PaperFigures> PaperFiguresOf(const std::string& table, const std::string& name) {
  for (const Published& row : kPaper) {
    if (table == row.table && name == row.name) return row.figures;
  }
  return std::nullopt;
}

NetworkConfig NetworkOf(const SetView& view, NetworkConfig network) {
  network.channels = view.samples.source->channels();
  network.input_slots = network.slots = view.samples.source->slots();
  network.classes = view.classes;
  return network;
}

bool Stopped(const EvaluateOptions& options) { return options.stop != nullptr && options.stop->load(); }

// The rows of all seeds by table and name, in the order of the first seed.
struct CollectedRow {
  MethodRow row;
  std::vector<SeedAnswers> answers;
};

// Figures of the paper belong beside forecasts of its five classes only.
bool IsTask(const EvaluationSet& set) { return set.ordered_in_time && set.view.classes == kClasses; }

void Collect(const EvaluationSet& set, const StudyRow& study, const std::string& table,
             std::vector<CollectedRow>& rows) {
  auto it = std::find_if(rows.begin(), rows.end(),
                         [&](const CollectedRow& r) { return r.row.table == table && r.row.name == study.name; });
  if (it == rows.end()) {
    MethodRow row;
    row.table = table;
    row.name = study.name;
    row.parameters = study.parameters;
    if (IsTask(set)) row.paper = PaperFiguresOf(table, study.name);
    it = rows.insert(rows.end(), {std::move(row), {}});
  }
  it->row.chosen = it->row.chosen || study.chosen;
  it->answers.push_back(AnswersOf(study));
  // Without time there is no climatology to fall back to, and nothing is issued.
  if (!set.ordered_in_time) {
    it->answers.back().pooled = it->answers.back().calibrated;
    it->answers.back().pool_weight = 1;
  }
}

ReportCurve CurveOf(const LossCurve& curve) {
  ReportCurve out;
  out.name = curve.name;
  for (const TrainingProgress& epoch : curve.epochs) {
    out.train_loss.push_back(epoch.train_loss);
    out.validation_loss.push_back(epoch.validation_loss);
    if (epoch.improved) out.best_epoch = static_cast<int>(out.train_loss.size());
  }
  return out;
}

absl::Status RunSeeds(const EvaluationSet& set, const EvaluateOptions& options, std::vector<CollectedRow>& rows,
                      EvaluationReport& report) {
  for (int s = 0; s < options.seeds; ++s) {
    StudyOptions study;
    study.network = NetworkOf(set.view, options.network);
    study.training = options.training;
    study.training.seed = options.first_seed + static_cast<uint64_t>(s);
    study.training.stop = options.stop;
    study.tables = options.tables;
    study.progress = [&](const StudyProgress& p) {
      if (!options.progress) return;
      const double done = (s + static_cast<double>(p.finished) / std::max(p.curves, 1)) / options.seeds;
      options.progress(
          {absl::StrCat("seed ", s + 1, " of ", options.seeds), p.finished, p.curves, "trainings",
           absl::StrFormat("%s, epoch %d, validation %.3f", p.what, p.training.epoch, p.training.validation_loss),
           0.7 * done});
    };
    const absl::StatusOr<StudyResult> result = RunStudy(study, set.view.ForStudy());
    if (!result.ok()) return result.status();
    for (const StudyRow& row : result->rows) Collect(set, row, std::string(StudyTableName(row.table)), rows);
    if (s > 0) continue;
    for (const LossCurve& curve : result->curves) report.curves.push_back(CurveOf(curve));
    const absl::StatusOr<std::vector<StudyRow>> classical =
        ClassicalRows(set.view.ForStudy(), study.network, {{}, {}, options.training.min_event_samples});
    if (!classical.ok()) {
      report.caveats.push_back(
          absl::StrCat("no Weighted-DT and Weighted-SVM: ", std::string(classical.status().message())));
      continue;
    }
    for (const StudyRow& row : *classical) Collect(set, row, "IV", rows);
  }
  return absl::OkStatus();
}

void AddReference(const std::string& name, Probabilities p, std::vector<CollectedRow>& rows) {
  CollectedRow row;
  row.row.table = "reference";
  row.row.name = name;
  row.answers.push_back({{}, p, p, 0, 0});
  rows.push_back(std::move(row));
}

void AddReferences(const EvaluationSet& set, const RowScorer& scorer, std::vector<CollectedRow>& rows) {
  const size_t n = set.view.test.size();
  const size_t classes = static_cast<size_t>(set.view.classes);
  std::vector<double> frequencies(classes, 0);
  double total = 0;
  for (const std::vector<int>* slice : {&set.view.train, &set.view.early_stop, &set.view.calibration}) {
    for (int sample : *slice) ++frequencies[static_cast<size_t>(set.view.label(sample))], ++total;
  }
  for (double& f : frequencies) f /= total;
  AddReference("majority class (class frequencies of all regions)", Probabilities(n, Floored(frequencies)), rows);
  AddReference("climatology", scorer.climatology(), rows);
  AddReference("uniform", Probabilities(n, std::vector<double>(classes, 1.0 / static_cast<double>(classes))), rows);
  for (const ReferenceForecast& reference : set.references) AddReference(reference.name, reference.probabilities, rows);
}

SliceFacts FactsOfSlice(const std::string& name, const std::vector<int>& slice, const EvaluationSet& set) {
  SliceFacts facts;
  facts.name = name;
  facts.rows = static_cast<int>(slice.size());
  facts.class_counts.resize(static_cast<size_t>(set.view.classes));
  std::set<absl::Time> issues;
  const WindowSource& source = *set.view.samples.source;
  std::vector<float> values(static_cast<size_t>(source.channels()) * static_cast<size_t>(source.slots()));
  int64_t missing = 0, seen = 0;
  for (int sample : slice) {
    ++facts.class_counts[static_cast<size_t>(set.view.label(sample))];
    issues.insert(set.view.weeks[static_cast<size_t>(sample)]);
    for (int window : set.view.samples.samples[static_cast<size_t>(sample)].windows) {
      if (!source.Read(window, absl::MakeSpan(values)).ok()) continue;
      missing += std::count_if(values.begin(), values.end(), [](float x) { return std::isnan(x); });
      seen += static_cast<int64_t>(values.size());
    }
  }
  facts.issues = static_cast<int>(issues.size());
  if (seen > 0) facts.missing_fraction = static_cast<double>(missing) / static_cast<double>(seen);
  if (set.ordered_in_time && !issues.empty()) {
    facts.first = *issues.begin();
    facts.last = *issues.rbegin();
  }
  return facts;
}

void DescribeSet(const EvaluationSet& set, const EvaluateOptions& options, EvaluationReport& report) {
  report.title = set.title;
  report.data_source = set.source;
  report.data_hash = set.data_hash;
  report.plan_hash = set.plan_hash;
  report.ordered_in_time = set.ordered_in_time;
  report.simulated = set.simulated;
  report.class_names = set.class_names;
  report.published = set.published;
  report.caveats.insert(report.caveats.end(), set.caveats.begin(), set.caveats.end());
  report.seeds = options.seeds;
  report.first_seed = static_cast<int64_t>(options.first_seed);
  report.channels = set.view.samples.source->channels();
  report.steps = set.view.samples.source->slots();
  for (const auto& [region, p] : set.view.climatology) report.regions.push_back(region.value());
  report.slices.push_back(FactsOfSlice("train", set.view.train, set));
  report.slices.push_back(FactsOfSlice("early stop", set.view.early_stop, set));
  report.slices.push_back(FactsOfSlice("calibration", set.view.calibration, set));
  report.slices.push_back(FactsOfSlice("test", set.view.test, set));
}

double MetricOf(const NamedMetrics& metrics, const std::string& name) {
  for (const auto& [own, value] : metrics) {
    if (own == name) return value.mean;
  }
  return 0;
}

void Decide(const EvaluationSet& set, const EvaluateOptions& options, const RowScorer& scorer,
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
    return;
  }
  GateEvidence evidence;
  evidence.test_weeks = scorer.distinct_weeks();
  evidence.event_region_weeks = scorer.event_rows();
  evidence.region_weeks = static_cast<int>(scorer.labels().size());
  evidence.pool_weight = proposed.row.pool_weight.mean;
  evidence.gain_over_climatology = proposed.row.gain_interval;
  evidence.gain_over_catalogue = proposed.row.gain_over_catalogue;
  const GateVerdict verdict = DecideSkill(evidence, options.gate);
  report.verdict = verdict.sentence;
  report.demonstrated_skill = verdict.demonstrated_skill;
  report.minimum_detectable_gain = verdict.minimum_detectable_gain;
}

}  // namespace

absl::Status EvaluateOptions::Validate() const {
  if (seeds < 1 || placebo_seeds < 1) return absl::InvalidArgumentError("at least one seed is needed");
  // One run has no interval of its own, and by itself says nothing.
  if (shift_runs < 2) return absl::InvalidArgumentError("at least two shifts are needed");
  if (std::find(tables.begin(), tables.end(), StudyTable::kMethods) == tables.end()) {
    return absl::InvalidArgumentError("table IV holds the proposed row, which the verdict is about");
  }
  return training.Validate();
}

absl::StatusOr<std::vector<SeedAnswers>> RunProposed(const SetView& view, const EvaluateOptions& options, int seeds) {
  std::vector<SeedAnswers> answers;
  for (int s = 0; s < seeds; ++s) {
    if (Stopped(options)) return absl::CancelledError("stopped");
    TrainOptions training = options.training;
    training.seed = options.first_seed + static_cast<uint64_t>(s);
    training.stop = options.stop;
    absl::StatusOr<std::unique_ptr<TrainedModel>> model =
        Train(NetworkOf(view, options.network), view.ForStudy().training, training);
    if (!model.ok()) return model.status();
    absl::StatusOr<SampleOutputs> out = (*model)->Predict(view.samples, view.test);
    if (!out.ok()) return out.status();
    answers.push_back({std::move(out->balanced), std::move(out->calibrated), std::move(out->pooled),
                       (*model)->calibration().pool_weight, 0});
  }
  return answers;
}

absl::StatusOr<EvaluationReport> RunEvaluation(const EvaluationSet& set, const EvaluateOptions& options,
                                               const Clock& clock) {
  if (absl::Status s = options.Validate(); !s.ok()) return s;
  const absl::Time start = clock.Now();
  EvaluationReport report;
  DescribeSet(set, options, report);
  BootstrapOptions bootstrap = options.bootstrap;
  bootstrap.block_weeks = set.block_weeks;
  const auto catalogue = std::find_if(set.references.begin(), set.references.end(),
                                      [](const ReferenceForecast& r) { return r.name == "catalogue-only"; });
  const RowScorer scorer(set.view, bootstrap, catalogue == set.references.end() ? nullptr : &*catalogue);
  std::vector<CollectedRow> rows;
  AddReferences(set, scorer, rows);
  if (absl::Status s = RunSeeds(set, options, rows, report); !s.ok()) return s;
  const CollectedRow* proposed = nullptr;
  for (CollectedRow& row : rows) {
    if (absl::Status s = scorer.Score(row.answers, row.row); !s.ok()) return s;
    if (row.row.table == "IV" && row.row.name == kProposed) proposed = &row;
  }
  if (proposed == nullptr) return absl::InternalError("the study has no proposed row");
  report.proposed = kProposed;
  Decide(set, options, scorer, *proposed, report);
  if (absl::Status s = AddDiagnostics(set, scorer, proposed->answers, bootstrap, report); !s.ok()) return s;
  for (CollectedRow& row : rows) report.rows.push_back(std::move(row.row));
  if (options.placebos) {
    if (options.progress) options.progress({"placebos", 0, 1, "runs", "", 0.7});
    absl::StatusOr<std::vector<PlaceboRow>> placebos =
        RunPlacebos(set, options, scorer, AverageOf(proposed->answers, /*before_pool=*/true));
    if (!placebos.ok()) return placebos.status();
    report.placebos = *std::move(placebos);
  }
  absl::StatusOr<std::vector<MethodRow>> leaks = RunLeakDemonstrations(set, options);
  if (!leaks.ok()) return leaks.status();
  report.rows.insert(report.rows.end(), leaks->begin(), leaks->end());
  absl::StatusOr<std::vector<VariantRow>> variants = RunVariants(set, options);
  if (!variants.ok()) return variants.status();
  report.variants = *std::move(variants);
  report.took = clock.Now() - start;
  return report;
}

}  // namespace tremorcast
